"""How words and formulas call the tensors of a trace: a noun, a LaTeX symbol and the letters of its index.

One letter means one thing in every formula; `LETTERS` is the legend. Knows names, neither operations nor settings.
"""

import math

from model.trace_names import last, plain

LETTERS = {
    "i": "position; in attention, the one that looks",
    "j": "position that is looked at",
    "c": "channel: one of the numbers at a position",
    "h": "head",
    "d": "channel of one head",
    "n": "hidden unit of the MLP; in an update, the number of updates",
    "t": "token of the vocabulary",
    "y": "the right next token",
}

_STREAM, _HEAD, _PAIR = "i,c", "i,d", "i,j"
_SYMBOLS = {  # base, above, below
    "tokens": ("t", "", "i"),
    "targets": ("y", "", "i"),
    "tok_emb": ("x", r"\text{tok}", _STREAM),
    "pos_emb": ("x", r"\text{pos}", _STREAM),
    "embedded": ("x", r"\text{emb}", _STREAM),
    "norm_emb": ("x", r"\text{norm}", _STREAM),
    "resid_pre": ("x", r"\text{pre}", _STREAM),
    "norm1": ("x", r"\text{norm1}", _STREAM),
    "resid_mid": ("x", r"\text{mid}", _STREAM),
    "norm2": ("x", r"\text{norm2}", _STREAM),
    "resid_post": ("x", r"\text{post}", _STREAM),
    "norm_final": ("x", r"\text{final}", _STREAM),
    "q": ("q", "h", _HEAD),
    "k": ("k", "h", _HEAD),
    "v": ("v", "h", _HEAD),
    "q_norm": (r"\hat{q}", "h", _HEAD),
    "k_norm": (r"\hat{k}", "h", _HEAD),
    "q_rot": (r"\tilde{q}", "h", _HEAD),
    "k_rot": (r"\tilde{k}", "h", _HEAD),
    "scores": ("s", "h", _PAIR),
    "masked_scores": (r"\bar{s}", "h", _PAIR),
    "pattern": ("a", "h", _PAIR),
    "z": ("z", "h", _HEAD),
    "attn_out": ("o", "", _STREAM),
    "mlp_pre": ("u", r"\text{pre}", "i,n"),
    "mlp_gate": ("u", r"\text{gate}", "i,n"),
    "mlp_post": ("u", r"\text{post}", "i,n"),
    "mlp_out": ("f", "", _STREAM),
    "logits": (r"\ell", "", "i,t"),
    "token_loss": ("L", "", "i"),
    "loss": ("L", "", ""),
    "tok_emb.table": ("E", "", "t,c"),
    "pos_emb.table": ("P", "", "i,c"),
    "unembed": ("W", "U", "t,c"),
    "w_q": ("W", "Q,h", "d,c"),
    "w_k": ("W", "K,h", "d,c"),
    "w_v": ("W", "V,h", "d,c"),
    "w_o": ("W", "O,h", "c,d"),
    "b_q": ("b", "Q,h", "d"),
    "b_k": ("b", "K,h", "d"),
    "b_v": ("b", "V,h", "d"),
    "b_o": ("b", "O", "c"),
    "w_in": ("W", r"\text{in}", "n,c"),
    "w_gate": ("W", r"\text{gate}", "n,c"),
    "w_out": ("W", r"\text{out}", "c,n"),
    "b_in": ("b", r"\text{in}", "n"),
    "b_gate": ("b", r"\text{gate}", "n"),
    "b_out": ("b", r"\text{out}", "c"),
    "gain": (r"\gamma", "", "c"),
    "bias": (r"\beta", "", "c"),
}

_NOUNS = {
    "tok_emb": "the token embeddings",
    "pos_emb": "the position vectors",
    "embedded": "the embeddings with positions",
    "norm_emb": "the normalised embeddings",
    "resid_pre": "the stream before the block",
    "resid_mid": "the stream between attention and MLP",
    "resid_post": "the stream after the block",
    "norm_final": "the final normalised stream",
    "q": "the queries",
    "k": "the keys",
    "v": "the values",
    "q_norm": "the queries of one length",
    "k_norm": "the keys of one length",
    "q_rot": "the turned queries",
    "k_rot": "the turned keys",
    "scores": "the scores",
    "masked_scores": "the masked scores",
    "pattern": "the attention pattern",
    "z": "the gathered values",
    "attn_out": "attention's output",
    "mlp_pre": "the hidden units' input",
    "mlp_gate": "the hidden units' gates",
    "mlp_post": "the hidden units' output",
    "mlp_out": "the MLP's output",
    "logits": "the logits",
    "token_loss": "the losses of the tokens",
    "loss": "the loss",
    "tok_emb.table": "the token table",
    "pos_emb.table": "the position table",
    "unembed": "the unembedding matrix",
    "w_q": "the query matrix",
    "w_k": "the key matrix",
    "w_v": "the value matrix",
    "w_o": "attention's output matrix",
    "b_q": "the query bias",
    "b_k": "the key bias",
    "b_v": "the value bias",
    "b_o": "attention's output bias",
    "w_in": "the MLP's input matrix",
    "w_gate": "the MLP's gate matrix",
    "w_out": "the MLP's output matrix",
    "b_in": "the MLP's input bias",
    "b_gate": "the MLP's gate bias",
    "b_out": "the MLP's output bias",
}
_NORM_NOUNS = {
    ("norm1", "pre"): "the stream normalised for attention",
    ("norm1", "post"): "the stream normalised after attention",
    ("norm2", "pre"): "the stream normalised for the MLP",
    ("norm2", "post"): "the stream normalised after the MLP",
}


def own_name(name: str) -> str:
    """The name without its block: `grad:blocks.0.attn.q` → `q`; tables and their taps stay apart."""
    tensor = plain(name)
    return tensor if tensor.endswith("_emb.table") else last(tensor)


def noun(name: str, norm_placement: str) -> str:
    """What a tensor is called in a sentence, article included."""
    own = own_name(name)
    if own in ("gain", "bias"):
        return f"the {own} of {plain(name).split('.')[-2]}"
    return _NORM_NOUNS.get((own, norm_placement)) or _NOUNS[own]


def symbol(name: str) -> str:
    """A parameter as a whole: W^{Q}."""
    base, above, _ = _SYMBOLS[own_name(name)]
    above = _of_norm(name) or above.removesuffix(",h")
    return f"{base}^{{{above}}}" if above else base


def cell(name: str, **swapped: str) -> str:
    """One entry of the tensor; `swapped` puts another letter in place of one of the index: i="j"."""
    base, above, below = _SYMBOLS[own_name(name)]
    above = _of_norm(name) or above
    below = ",".join(swapped.get(letter, letter) for letter in below.split(","))
    return base + (f"^{{{above}}}" if above else "") + (f"_{{{below}}}" if below else "")


def letters(name: str) -> tuple[str, str]:
    """The letters above and below that say which entry: ("h", "i,d") for a query."""
    _, above, below = _SYMBOLS[own_name(name)]
    return ("h" if above.endswith("h") else "", below)


def slope(name: str, **swapped: str) -> str:
    """The gradient of one entry: how the loss changes with it."""
    return rf"\frac{{\partial L}}{{\partial {cell(name, **swapped)}}}"


def number(value: float) -> str:
    """A setting in a formula, to six digits: 1 − 0.9 is 0.1."""
    digits, _, exponent = f"{value:.6g}".partition("e")
    return rf"{digits}\cdot 10^{{{int(exponent)}}}" if exponent else digits


def root(width: int) -> str:
    """√16 = 4, or √6."""
    exact = math.isqrt(width)
    return f"√{width}" + (f" = {exact}" if exact**2 == width else "")


def count(n: int, noun: str) -> str:
    """16 numbers, 1 number."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def sentence(noun: str) -> str:
    """The noun as a sentence begins with it."""
    return noun[0].upper() + noun[1:]


def listed(items: list[str]) -> str:
    """a, b and c."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def _of_norm(name: str) -> str:
    """A gain or bias carries the label of its norm."""
    tensor = plain(name)
    if last(tensor) not in ("gain", "bias"):
        return ""
    return _SYMBOLS[tensor.split(".")[-2]][1]

"""The words of the forward pass and of the loss: one function for each value that the transformer's taps show.

Reads beside `model/trace_forward.py`: the same values in the same order. Each says what this operation does, with the
model's own widths in it, why it is there, and the formula of one cell. The norms are in `words_norms.py`.
"""

import math
from collections.abc import Callable

from model import words_attention, words_mlp
from model.words_case import Case, Text
from model.words_norms import norm_text
from model.words_notation import cell, own_name


def forward_text(case: Case) -> Text:
    """What one forward operation, or one of the loss, does."""
    own = own_name(case.operation.name)
    return norm_text(case) if case.operation.kind == "normalise" else _TEXTS[own](case)


def _token_embedding(case: Case) -> Text:
    why = "A network can only calculate with numbers; these rows are numbers that training can adjust, token by token"
    tied = ", and they make the logits at the end too" if case.model.tied_embeddings else ""
    return Text(
        f"Each token is replaced by its own row of the token table: {case.model.d_model} numbers that stand for it.",
        f"{why}{tied}.",
        f"{case.out} = {cell('tok_emb.table', t='t_i')}",
    )


def _position_vector(case: Case) -> Text:
    width = case.model.d_model
    if case.model.positions == "sinusoidal":
        return Text(
            f"Each position gets {width} fixed numbers: sines and cosines of the position, from fast waves to "
            "slow ones.",
            "Attention alone sees the tokens before as a bag in no order; the waves tell positions apart, with "
            "nothing to "
            "learn.",
            rf"x^{{\text{{pos}}}}_{{i,2k}} = \sin\frac{{i}}{{10000^{{2k/{width}}}}},\quad "
            rf"x^{{\text{{pos}}}}_{{i,2k+1}} = \cos\frac{{i}}{{10000^{{2k/{width}}}}}",
        )
    return Text(
        "Position 0 takes row 0 of the position table, position 1 takes row 1, and so on, whatever the tokens are.",
        "Attention alone sees the tokens before as a bag in no order; these learned numbers say which one stands "
        "where.",
        f"{case.out} = {cell('pos_emb.table')}",
    )


def _embedded(case: Case) -> Text:
    return Text(
        "The numbers of the token and the numbers of its position are added, channel by channel.",
        "One list of numbers now says both what the token is and where it stands: the residual stream begins here.",
        f"{case.out} = {cell('tok_emb')} + {cell('pos_emb')}",
    )


def _resid_pre(case: Case) -> Text:
    source = "the embeddings left it" if case.layer == 0 else "the block below left it"
    why = "Every part of a block reads from this stream and adds to it, so what it holds reaches all later blocks."
    if case.model.norm != "none" and case.model.norm_placement == "post":
        why = "Attention and the MLP add to this stream, and a norm after each of them brings it back to size."
    if not case.model.has_residual:
        why = "This is all that the block is given: without residual connections nothing goes around it."
    return Text(f"The stream enters block {case.layer} as {source}; nothing is computed.", why, case.same())


_PARTS = {"attn_out": "attention", "mlp_out": "the MLP"}


def _joined(case: Case) -> Text:
    *x, out = case.operation.inputs
    part = _PARTS[own_name(out)]
    made = "Attention's output" if part == "attention" else "The MLP's output"
    if not x:
        return Text(
            f"{made} becomes the stream; what the stream held before is gone.",
            "Residual connections are switched off in this model: it shows what they are good for in deep stacks.",
            case.same(),
        )
    return Text(
        f"{made} is added to the stream, number by number.",
        f"Adding keeps what the stream held, and lets the gradient pass straight back, around {part}.",
        f"{case.out} = {cell(x[0])} + {cell(out)}",
    )


def _logits(case: Case) -> Text:
    width, V = case.model.d_model, case.model.vocab_size
    made = f"a weighted sum of the position's {width} numbers"
    why = "The larger a token's logit, the more probable the model holds it to be the next token"
    if case.model.tied_embeddings:
        made = f"the position's {width} numbers are multiplied with its own embedding and summed"
        why += ", and tied embeddings let one table serve at both ends"
    return Text(f"For each of the {V} tokens, {made}: its logit.", f"{why}.", case.linear("c"))


def _token_loss(case: Case) -> Text:
    V = case.model.vocab_size
    return Text(
        "At each position softmax turns the logits into probabilities; the loss is minus the logarithm of the right "
        "token's probability.",
        f"It is 0 for certain and right, ln {V} = {math.log(V):.2f} nats when all {V} tokens seem equally "
        "likely, more for "
        "being sure and wrong.",
        rf"{case.out} = \ln\sum_{{t}} e^{{{cell('logits')}}} - {cell('logits', t='y_i')}",
    )


def _loss(case: Case) -> Text:
    return Text(
        "The losses of all positions that count are averaged: one number, in nats.",
        "Training needs one number to lower; every gradient that follows says how this number depends on something.",
        r"L = \frac{1}{\sum_{i} w_i}\sum_{i} w_i\,L_i",
    )


_TEXTS: dict[str, Callable[[Case], Text]] = {
    **words_attention.FORWARD,
    **words_mlp.FORWARD,
    "tok_emb": _token_embedding,
    "pos_emb": _position_vector,
    "embedded": _embedded,
    "resid_pre": _resid_pre,
    "resid_mid": _joined,
    "resid_post": _joined,
    "logits": _logits,
    "token_loss": _token_loss,
    "loss": _loss,
}

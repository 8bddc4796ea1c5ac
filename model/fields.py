"""Every setting of a run as one declared list: type, range, words for the screen.

`FIELDS` is what the settings panel, the query string and `model.config` share, so a value means the same on every way
in. This module validates one value at a time; rules between fields live in `model.config`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

Setting = bool | int | float | str

TASKS = ("copy", "reverse", "sort", "add", "modular", "brackets", "induction")
TRUE_WORDS = ("true", "1")
FALSE_WORDS = ("false", "0")
LONGEST_SHOWN, MOST_SHOWN = 40, 4  # characters of a value in a message, items of a list
MAX_VOCAB_SIZE = 2048  # the tables at both ends of the model have one row a token
MAX_MERGES = MAX_VOCAB_SIZE - 256  # BPE begins with one token a byte


@dataclass(frozen=True)
class Field:
    """One setting: what it is called, what it may be, and how the panel offers it.

    `kind` is int, float, choice, bool or digest (64 hexadecimal digits or nothing). `choices` maps each value to its
    label; an int field may have some too (batch_size: "all"). `slider` is the range a widget offers, inside low..high.
    """

    name: str
    owner: str  # model | train | data
    kind: str
    label: str
    help: str
    unit: str = ""
    low: float = 0
    high: float = 0
    choices: dict[str, str] = field(default_factory=dict)
    slider: tuple[float, float] | None = None
    live: bool = False  # may change while the run trains
    shown: bool = True  # False: set by the data, not by a widget

    @property
    def allowed(self) -> str:
        """What a value may be, in words for an error message."""
        if self.kind == "bool":
            return "true or false"
        if self.kind == "digest":
            return "64 hexadecimal digits or empty"
        words = ", ".join(self.choices)
        if self.kind == "choice":
            return f"one of {words}"
        number = "a whole number" if self.kind == "int" else "a number"
        return f"{number} from {self.low:g} to {self.high:g}" + (f", or {words}" if words else "")

    def check(self, value: object) -> Setting:
        """The value in the field's own type (floats from ints); ValueError naming field, allowed and got."""
        if self.kind == "bool" and isinstance(value, bool):
            return value
        if isinstance(value, str) and value in self.choices:
            return value
        if self.kind == "digest" and isinstance(value, str) and _is_digest(value):
            return value
        if self.kind in ("int", "float") and isinstance(value, int | float) and not isinstance(value, bool):
            in_range = self.low <= value <= self.high  # False for NaN, exact for integers of any size
            if in_range and self.kind == "float":
                return float(value)
            if in_range and value == int(value):
                return int(value)
        raise ValueError(f"{self.name} must be {self.allowed}; got {shown(value)}")

    def parse(self, text: str) -> Setting:
        """The value that a query string's text stands for; ValueError as in `check`."""
        value: object = text
        if self.kind == "bool" and text.lower() in TRUE_WORDS + FALSE_WORDS:
            value = text.lower() in TRUE_WORDS
        elif self.kind in ("int", "float") and text not in self.choices and len(text) <= LONGEST_SHOWN:
            value = _number(text)
        return self.check(value)

    def words(self, value: Setting) -> str:
        """The value as the screen says it: a choice by its label, on or off, a number without idle digits."""
        if isinstance(value, bool):
            return "on" if value else "off"
        if isinstance(value, float):
            return f"{value:g}"
        return self.choices.get(str(value), str(value))

    def change(self, before: Setting, after: Setting) -> str:
        """A change in words: "Learning rate 0.003 → 0.001"."""
        return f"{self.label} {self.words(before)} → {self.words(after)}"


def _is_digest(text: str) -> bool:
    return not text or (len(text) == 64 and set(text) <= set("0123456789abcdef"))


def _number(text: str) -> object:
    """An int or a float when the text is one, else the text itself for the error message."""
    for convert in (int, float):
        try:
            return convert(text)
        except ValueError:
            continue
    return text


def shown(value: object) -> str:
    """A value that came in, as at most one short line: whatever it is, it must not break the message."""
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 64:
        return "an integer of more than 19 digits"
    if isinstance(value, bool | int | float) or value is None:
        return repr(value)
    if isinstance(value, str):
        return repr(value if len(value) <= LONGEST_SHOWN else value[: LONGEST_SHOWN - 1] + "…")
    if isinstance(value, list | tuple) and len(value) <= MOST_SHOWN and not any(_is_nest(each) for each in value):
        return f"[{', '.join(map(shown, value))}]"
    return f"a {type(value).__name__}"


def whole_number(name: str, value: object, low: int, high: int) -> int:
    """A whole number as it came in. ValueError naming what is allowed and what came."""
    if type(value) is not int or not low <= value <= high:
        raise ValueError(f"{name} must be a whole number from {low:,} to {high:,}; got {shown(value)}")
    return value


def _is_nest(value: object) -> bool:
    return isinstance(value, list | tuple | dict)


def _choice(name: str, owner: str, label: str, help: str, choices: dict[str, str], *, live: bool = False) -> Field:
    return Field(name, owner, "choice", label, help, choices=choices, live=live)


def _model_fields() -> list[Field]:
    def flag(name: str, label: str, help: str) -> Field:
        return Field(name, "model", "bool", label, help)

    def count(name: str, label: str, help: str, low: int, high: int, slider: tuple[int, int]) -> Field:
        return Field(name, "model", "int", label, help, low=low, high=high, slider=slider)

    return [
        Field("vocab_size", "model", "int", "Vocabulary", "How many different tokens the model knows.", "tokens",
              low=2, high=MAX_VOCAB_SIZE, shown=False),
        Field("block_size", "model", "int", "Context length", "How many tokens the model sees at once.", "tokens",
              low=4, high=256, slider=(8, 128)),
        count("n_layers", "Layers", "Blocks of attention and MLP, one after another.", 0, 6, (0, 6)),
        count("n_heads", "Heads", "Attention heads in each block; must divide the width.", 1, 8, (1, 8)),
        count("d_model", "Width", "Numbers that carry each token through the model.", 4, 256, (8, 128)),
        flag("has_mlp", "MLP", "A small two-layer network in each block, after attention."),
        count("d_mlp", "MLP width", "Hidden units of each MLP; usually four times the width.", 4, 1024, (16, 512)),
        _choice("positions", "model", "Positions", "How the model knows which token came first.", {
            "none": "none", "sinusoidal": "sinusoidal", "learned": "learned", "rope": "RoPE", "alibi": "ALiBi"}),
        _choice("norm", "model", "Normalisation", "Keeps the size of activations in range.", {
            "none": "none", "layernorm": "LayerNorm", "rmsnorm": "RMSNorm", "batchnorm": "BatchNorm"}),
        flag("norm_gain", "Norm gain", "A learned factor for each channel after normalising."),
        _choice("norm_placement", "model", "Norm placement", "Before each part of a block, or after its addition.", {
            "pre": "before (pre-norm)", "post": "after (post-norm)"}),
        flag("norm_embedding", "Norm after embedding", "Normalise once before the first block."),
        flag("norm_final", "Final norm", "Normalise once more before the logits."),
        _choice("activation", "model", "Activation", "The bend between the MLP's two layers.", {
            "identity": "identity", "relu": "ReLU", "relu2": "ReLU²", "gelu": "GELU", "silu": "SiLU",
            "swiglu": "SwiGLU", "tanh": "tanh"}),
        flag("has_residual", "Residuals", "Each part adds to the stream instead of replacing it."),
        flag("has_bias", "Biases", "Linear layers also add a learned constant."),
        flag("tied_embeddings", "Tied embeddings", "The last layer reuses the token embeddings."),
        flag("qk_norm", "QK-norm", "Normalise queries and keys before their product."),
        _choice("init", "model", "Initialisation", "How the weights are drawn before the first step.", {
            "normal": "normal", "gpt2": "GPT-2", "xavier": "Xavier", "torch": "PyTorch's default"}),
        Field("init_scale", "model", "float", "Initial scale",
              "Standard deviation (normal, GPT-2) or factor (Xavier, PyTorch) of the first weights.",
              low=0, high=10, slider=(0, 1)),
        flag("zero_init_output", "Zero-init outputs", "Each part's last matrix starts at zero: blocks start silent."),
    ]  # fmt: skip


def _train_fields() -> list[Field]:
    def number(name: str, label: str, help: str, low: float, high: float, slider: tuple[float, float],
               unit: str = "") -> Field:  # fmt: skip
        return Field(name, "train", "float", label, help, unit, low, high, slider=slider, live=True)

    def steps(name: str, label: str, help: str, low: int, slider: tuple[int, int], *, live: bool) -> Field:
        return Field(name, "train", "int", label, help, "steps", low, 100_000, slider=slider, live=live)

    return [
        _choice("optimizer", "train", "Optimizer", "The rule that turns gradients into updates.", {
            "sgd": "SGD", "momentum": "momentum", "rmsprop": "RMSProp", "adam": "Adam", "adamw": "AdamW",
            "muon": "Muon"}, live=True),
        number("learning_rate", "Learning rate", "How far one update goes, at the schedule's peak.", 1e-12, 1e12,
               (1e-5, 1.0)),
        number("learning_rate_rest", "Learning rate of the rest",
               "Muon only: AdamW's rate for embeddings, norms and biases.", 1e-12, 1e12, (1e-5, 1.0)),
        _choice("schedule", "train", "Schedule", "How the learning rate falls after warm-up.", {
            "constant": "constant", "cosine": "cosine", "linear": "linear"}, live=True),
        steps("warmup_steps", "Warm-up", "Steps in which the learning rate rises from 0.", 0, (0, 200), live=True),
        number("final_learning_rate", "Final learning rate", "Share of the peak that is left at the last step.", 0, 1,
               (0, 1), "of the peak"),
        steps("n_steps", "Steps", "How many updates the run makes.", 1, (10, 5000), live=True),
        number("beta1", "β₁", "Adam's memory of past gradients.", 0, 0.9999, (0, 0.99)),
        number("beta2", "β₂", "Adam's and RMSProp's memory of squared gradients.", 0, 0.99999, (0.5, 0.999)),
        number("momentum", "Momentum", "Share of the last update kept in the next one (momentum, Muon).", 0, 0.9999,
               (0, 0.99)),
        number("weight_decay", "Weight decay", "Pulls the matrices towards zero at every step.", 0, 100, (0, 1)),
        number("grad_clip", "Gradient clip", "Longest gradient allowed; 0 leaves it alone.", 0, 1e12, (0, 5)),
        Field("batch_size", "train", "int", "Batch size", "Rows that each update learns from.", "rows", 1, 256,
              choices={"all": "the whole table"}, slider=(1, 256), live=True),
        steps("eval_every", "Validate every", "Steps between two looks at unseen text.", 1, (10, 500), live=False),
        _choice("precision", "train", "Precision", "Number format of the matrix products.", {
            "float32": "float32", "bfloat16": "bfloat16 (autocast)"}),
        Field("seed", "train", "int", "Seed", "Equal seeds give equal runs.", low=0, high=2**31 - 1, slider=(0, 9999)),
    ]  # fmt: skip


def _data_fields() -> list[Field]:
    return [
        _choice("dataset", "data", "Data", "What the model learns to continue.", {
            "names": "first names", "prose": "English prose", "shakespeare": "TinyShakespeare", "text": "your own text",
            "copy": "copy", "reverse": "reverse", "sort": "sort", "add": "addition", "modular": "modular addition",
            "brackets": "brackets", "induction": "induction"}),
        _choice("tokenizer", "data", "Tokenizer", "What one token is; tasks always use symbols.", {
            "character": "characters", "byte": "bytes", "bpe": "byte pairs (BPE)", "symbol": "symbols"}),
        Field("n_merges", "data", "int", "Merges", "Byte pairs that become tokens of their own, beside the 256 bytes.",
              "pairs", low=1, high=MAX_MERGES, slider=(10, 500)),
        _choice("layout", "data", "Layout", "One long stream, or one name or line a row.", {
            "stream": "one stream", "document": "one document a row"}),
        _choice("language", "data", "Language", "First names of one language, or of all.", {
            "all": "all languages", "en": "English", "de": "German", "is": "Icelandic", "es": "Spanish", "nl": "Dutch",
            "fr": "French", "sv": "Swedish", "ga": "Irish", "tr": "Turkish", "id": "Indonesian", "ro": "Romanian",
            "da": "Danish", "it": "Italian", "fi": "Finnish"}),
        Field("task_length", "data", "int", "Task length", "Digits or items in each exercise.", "items", 1, 60,
              slider=(2, 16)),
        Field("modulus", "data", "int", "Modulus", "Modular addition: a + b is taken modulo this.", "", 2, 113,
              slider=(5, 113)),
        Field("train_share", "data", "float", "Training share", "Share of the data to learn from; the rest tests.", "",
              0.1, 0.95, slider=(0.1, 0.95)),
        Field("text_sha256", "data", "digest", "Text", "SHA-256 of the run's own text.", shown=False),
    ]  # fmt: skip


FIELDS: dict[str, Field] = {f.name: f for f in _model_fields() + _train_fields() + _data_fields()}

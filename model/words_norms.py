"""The words of the norms, forward and backward, for each norm and each place in the model where one stands."""

from model.words_case import Case, Text
from model.words_notation import cell, letters, own_name, sentence, slope

_MAKES = {
    "layernorm": "each position's {n} numbers are shifted to mean 0 and scaled to variance 1",
    "rmsnorm": "each position's {n} numbers are divided by their root mean square",
    "batchnorm": "each channel is shifted by its running mean and divided by its running standard deviation",
}
_PLACES = {
    ("norm_emb", ""): (
        "Before the first block",
        "The first block then starts from numbers of one size, whatever tokens came in.",
    ),
    ("norm1", "pre"): (
        "Before attention reads the stream",
        "Attention then reads numbers of one size, however large the stream has grown; the stream itself stays "
        "as it was.",
    ),
    ("norm1", "post"): (
        "After attention",
        "What attention has made of the stream comes back to one size before anything reads it.",
    ),
    ("norm2", "pre"): (
        "Before the MLP reads the stream",
        "The MLP then reads numbers of one size, however much attention has added; the stream itself stays as it was.",
    ),
    ("norm2", "post"): (
        "After the MLP",
        "The block hands the stream on at one size, so it does not grow from block to block.",
    ),
    ("norm_final", ""): (
        "After the last block",
        "The logits then depend on the direction in which the stream points, not on how far it has grown.",
    ),
}
_RUNNING = (
    "A training step uses mean and deviation of its batch; here running averages stand in, so no position depends on "
    "another."
)


def norm_text(case: Case) -> Text:
    """A norm on the way forward."""
    own, norm = own_name(case.operation.name), case.operation.settings["norm"]
    if own in ("q_norm", "k_norm"):
        return _query_key_norm(case, norm)
    lead, why = _PLACES.get((own, case.model.norm_placement)) or _PLACES[own, ""]
    made = _MAKES[norm].format(n=case.model.d_model)
    if not case.model.has_residual:  # nothing is added, so nothing grows by adding
        why = "What comes next then reads numbers of one size, whatever size they had."
    return Text(f"{lead}, {made}{_then(case)}.", _RUNNING if norm == "batchnorm" else why, _formula(case, norm))


def _query_key_norm(case: Case, norm: str) -> Text:
    who = "query" if own_name(case.operation.name) == "q_norm" else "key"
    made = _MAKES[norm].format(n=case.model.d_head).replace("each position's", f"each {who}'s")
    why = "With queries and keys of one length only the angle between them counts, so scores cannot run away."
    return Text(f"In every head, {made}.", why, _formula(case, norm))


def _then(case: Case) -> str:
    roles = case.operation.settings["roles"]
    if "gain" not in roles:
        return ""
    return ", then multiplied by the gain" + (" and shifted by the bias" if "bias" in roles else "")


def _formula(case: Case, norm: str) -> str:
    name, x = case.operation.name, case.operation.inputs[0]
    gain = rf"{cell(f'{name}.gain')}\," if f"{name}.gain" in case.operation.inputs else ""
    bias = f" + {cell(f'{name}.bias')}" if f"{name}.bias" in case.operation.inputs else ""
    own = _Row(x)
    if norm == "rmsnorm":
        fraction = rf"\frac{{{cell(x)}}}{{{own.root_mean_square}}}"
    else:
        mean, deviation = (r"\mu_{c}", r"\sigma_{c}") if norm == "batchnorm" else (own.mean, own.deviation)
        fraction = rf"\frac{{{cell(x)} - {mean}}}{{\sqrt{{{deviation}^2 + \varepsilon}}}}"
    return f"{cell(name)} = {gain}{fraction}{bias}"


class _Row:
    """Symbols of what a norm takes from one row: of the stream, or of a query or key."""

    def __init__(self, x: str) -> None:
        above, below = letters(x)
        position, self.channel = below.split(",")
        head = "^{h}" if above else ""
        self.mean, self.deviation = rf"\mu{head}_{{{position}}}", rf"{{\sigma{head}_{{{position}}}}}"
        self.width = "D" if above else "C"
        self.other = f"{self.channel}'"
        square = f"({cell(x, **{self.channel: self.other})})^2"
        self.root_mean_square = rf"\sqrt{{{self.average} {square} + \varepsilon}}"
        self.size = rf"\sqrt{{{self.deviation}^2 + \varepsilon}}"

    @property
    def average(self) -> str:
        """Mean over the row."""
        return rf"\frac{{1}}{{{self.width}}}\sum_{{{self.other}}}"


def norm_gradient_text(case: Case, wanted: str, role: str) -> Text:
    """The gradient of what a norm was given: its input x, its gain or its bias."""
    out = case.operation.forward
    if role == "x":
        return _input_gradient(case, wanted, out)
    total = rf"{slope(wanted)} = \sum_{{i}} {slope(out)}"
    why = f"It says whether the loss would fall with more or with less of {case.noun(wanted)}, channel by channel."
    if role == "bias":
        words = (
            f"{sentence(case.noun(wanted))} was added at every position, so the gradients that arrive there are summed."
        )
        return Text(words, why, total)
    words = (
        f"{sentence(case.noun(wanted))} multiplied the normalised numbers of its channel; gradient times that "
        "number is "
        "summed over the positions."
    )
    return Text(words, why, rf"{total}\,\hat{{x}}_{{i,c}}")


_RULES = {
    "layernorm": "loses its mean and its part along {out}, and is divided by the standard deviation",
    "rmsnorm": "loses its part along {out}, and is divided by the root mean square",
    "batchnorm": "is divided by the running standard deviation of its channel",
}
_REASONS = {
    "layernorm": "Raising or scaling all numbers of a position alike changes nothing behind the norm: so no "
    "gradient asks for it.",
    "rmsnorm": "Scaling all numbers of a position alike changes nothing behind the norm: so no gradient asks for it.",
    "batchnorm": "The running statistics are constants here: no number of this text changes them, so the rule is "
    "a plain "
    "division.",
}


def _input_gradient(case: Case, wanted: str, out: str) -> Text:
    norm = case.operation.settings["norm"]
    has_gain = "gain" in case.operation.settings["roles"]
    arriving = f"The gradient at {case.noun(out)}" + (", times the gain," if has_gain else "")
    words = f"{arriving} {_RULES[norm].format(out='the normalised numbers')}."
    return Text(words, _REASONS[norm], _input_formula(wanted, out, norm, has_gain))


def _input_formula(wanted: str, out: str, norm: str, has_gain: bool) -> str:
    row = _Row(wanted)
    above, below = letters(wanted)
    head = "^{h}" if above else ""
    delta, x_hat = rf"\delta{head}_{{{below}}}", rf"\hat{{x}}{head}_{{{below}}}"
    # δ: the gradient behind the norm times the gain
    gain = rf"{cell(f'{out}.gain')}\," if has_gain else ""
    meaning = rf",\quad {delta} = {gain}{slope(out)}"
    if norm == "batchnorm":
        return rf"{slope(wanted)} = \frac{{{gain or '1'}}}{{\sqrt{{\sigma_{{c}}^2 + \varepsilon}}}}\,{slope(out)}"
    others = below.replace(row.channel, row.other)
    delta_other, x_other = rf"\delta{head}_{{{others}}}", rf"\hat{{x}}{head}_{{{others}}}"
    mean = rf" - {row.average} {delta_other}" if norm == "layernorm" else ""
    size = row.size if norm == "layernorm" else r"\mathrm{RMS}" + rf"{head}_{{i}}"
    inner = rf"{delta}{mean} - {x_hat}\,{row.average} {delta_other}\,{x_other}"
    return rf"{slope(wanted)} = \frac{{1}}{{{size}}}\Bigl({inner}\Bigr){meaning}"

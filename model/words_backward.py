"""The words of the backward pass: for each forward operation, what the gradients of its inputs are.

Every rule is the chain rule once more: the gradient from above times the local derivative, added up where a number has
acted in several ways.
"""

from collections.abc import Callable

from model import words_attention, words_mlp
from model.trace_names import last
from model.words_case import Case, Text
from model.words_norms import norm_gradient_text
from model.words_notation import cell, listed, own_name, sentence, slope


def backward_text(case: Case) -> Text:
    """What one gradient is, and from where it comes."""
    operation = case.operation
    if operation.kind == "elementwise":  # no rule of an operation: the start, and what several readers add up to
        return _start() if operation.settings["function"] == "one" else _sum(case)
    wanted, _, reader = operation.name.removeprefix("grad:").partition("<-")
    text = _RULES[own_name(operation.forward)](case, wanted)
    if not reader:
        return text
    words = f"From {reader}: {text.words[0].lower()}{text.words[1:]}"
    return Text(words, text.why, text.formula.replace(slope(wanted), _part(wanted, reader), 1))


def _part(wanted: str, reader: str) -> str:
    """The part of a gradient that comes back from one reader."""
    return rf"\left.{slope(wanted)}\right|_{{\text{{{reader}}}}}"


def _start() -> Text:
    return Text(
        "The loss changes by exactly as much as the loss changes: its own gradient is 1.",
        "Here the way back begins: every gradient is this 1, multiplied and added up along the ways through the model.",
        r"\frac{\partial L}{\partial L} = 1",
    )


def _sum(case: Case) -> Text:
    wanted = case.operation.name.removeprefix("grad:")
    readers = [name.partition("<-")[2] for name in case.operation.inputs]
    sums = " + ".join(_part(wanted, reader) for reader in readers)
    return Text(
        f"{sentence(case.noun(wanted))} went into {listed(readers)}; the gradients that come back from there are "
        "added.",
        "A number that acts on the loss in several ways changes it by the sum of what each way does.",
        f"{slope(wanted)} = {sums}",
    )


# For each linear map, the letters that number what it makes: over them the gradient of what it reads is summed.
_LINEAR = {
    **dict.fromkeys(("q", "k", "v"), "h,d"),
    **dict.fromkeys(("mlp_pre", "mlp_gate"), "n"),
    **dict.fromkeys(("attn_out", "mlp_out"), "c"),
    "logits": "t",
}


def _linear(case: Case, wanted: str) -> Text:
    others = case.saved
    if not others:
        return _of_bias(case, wanted)
    (other,) = others
    is_weight = last(wanted).startswith(("w_", "unembed", "table"))
    return _of_weight(case, wanted, other) if is_weight else _of_input(case, wanted, other)


def _of_input(case: Case, wanted: str, weight: str) -> Text:
    out = case.operation.forward
    sums = "".join(rf"\sum_{{{letter}}}" for letter in _LINEAR[own_name(out)].split(","))
    model = case.model
    n = {"mlp_pre": model.d_mlp, "mlp_gate": model.d_mlp, "logits": model.vocab_size}.get(own_name(out), model.d_model)
    return Text(
        f"One number of {case.noun(wanted)} fed all {n} of {case.noun(out)} at its position, so their gradients, "
        "each times "
        "the weight between, are added.",
        "A number acts on the loss through everything it was used for; the chain rule adds these effects up.",
        rf"{slope(wanted)} = {sums} {cell(weight)}\,{slope(out)}",
    )


def _of_weight(case: Case, wanted: str, x: str) -> Text:
    out = case.operation.forward
    why = (
        "It says whether the loss would rise or fall if this weight grew; the optimizer will move the weight "
        "the other way."
    )
    if last(wanted) == "table":
        why = (
            "With tied embeddings this table is also the last matrix, so it learns from here as well as from "
            "the lookup."
        )
    return Text(
        f"A weight leads from one number of {case.noun(x)} to one of {case.noun(out)}; the first times the "
        "gradient of the second is summed over the positions.",
        why,
        rf"{slope(wanted)} = \sum_{{i}} {slope(out)}\,{cell(x)}",
    )


def _of_bias(case: Case, wanted: str) -> Text:
    out = case.operation.forward
    return Text(
        f"{sentence(case.noun(wanted))} was added at every position, so the gradients of {case.noun(out)} are "
        "summed over "
        "the positions.",
        "A bias acts alike at all positions; where they disagree about its direction, their gradients cancel.",
        rf"{slope(wanted)} = \sum_{{i}} {slope(out)}",
    )


def _norm(case: Case, wanted: str) -> Text:
    role = last(wanted) if last(wanted) in ("gain", "bias") else "x"
    return norm_gradient_text(case, wanted, role)


def _passed(case: Case, wanted: str) -> Text:
    """Of an addition, and of a value that only goes on under another name."""
    out = case.operation.forward
    formula = f"{slope(wanted)} = {slope(out)}"
    is_sum = case.operation.settings["function"] == "add"
    if not is_sum:
        return Text(
            f"{sentence(case.noun(wanted))} went on unchanged as {case.noun(out)}, so the gradient is the same.",
            "Nothing was computed on the way forward, so nothing is to be done on the way back.",
            formula,
        )
    why = "Adding has slope 1: a summand that grows by 1 makes the sum grow by 1, so both get the same gradient."
    if own_name(out) != "embedded" and own_name(wanted) not in ("attn_out", "mlp_out"):
        why = (
            "This is the short way of the residual stream: the gradient passes the block's part without being "
            "multiplied."
        )
    words = f"An addition hands its gradient on as it is, here from {case.noun(out)} to {case.noun(wanted)}."
    return Text(words, why, formula)


def _lookup(case: Case, wanted: str) -> Text:
    out = case.operation.forward
    if own_name(out) == "pos_emb":
        return Text(
            "Each row of the position table gets the gradient that arrived at its position; rows beyond the text "
            "stay 0.",
            "A position's vector learns from this position alone, in every text that is long enough.",
            f"{slope(wanted)} = {slope(out)}",
        )
    return Text(
        "Each token's row collects the gradients of all positions where the token stands; rows of absent tokens "
        "stay 0.",
        "Only what was used can have changed the loss: a token that is not in the text learns nothing from it.",
        rf"{slope(wanted)} = \sum_{{i:\,t_i = t}} {slope(out)}",
    )


def _token_loss(case: Case, wanted: str) -> Text:
    logit = cell(wanted)
    other = cell(wanted, t="t'")
    return Text(
        "Softmax turns the logits into probabilities; 1 is subtracted at the right token, and all is multiplied by the "
        "position's gradient.",
        "Predictions that were too high are pushed down, the right one is pulled up; a perfect prediction gets "
        "no push.",
        rf"{slope(wanted)} = \Bigl(\frac{{e^{{{logit}}}}}{{\sum_{{t'}} e^{{{other}}}}} - [t = y_i]\Bigr)\,"
        + slope(case.operation.forward),
    )


def _loss(case: Case, wanted: str) -> Text:
    return Text(
        "Each position that counts has an equal part in the mean, so it gets that part as its gradient; the "
        "others get 0.",
        "The loss is an average: with twice as many positions, each one of them moves it half as far.",
        rf"{slope(wanted)} = \frac{{w_i}}{{\sum_{{i'}} w_{{i'}}}}",
    )


_RULES: dict[str, Callable[[Case, str], Text]] = {
    **dict.fromkeys(_LINEAR, _linear),
    **dict.fromkeys(("norm_emb", "norm1", "norm2", "norm_final", "q_norm", "k_norm"), _norm),
    **dict.fromkeys(("embedded", "resid_pre", "resid_mid", "resid_post"), _passed),
    **dict.fromkeys(("tok_emb", "pos_emb"), _lookup),
    **words_attention.BACKWARD,
    **words_mlp.BACKWARD,
    "token_loss": _token_loss,
    "loss": _loss,
}

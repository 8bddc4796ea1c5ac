"""The words of the MLP, forward and backward: its hidden units, their bend or their gates, and what they write."""

from collections.abc import Callable

from model.words_case import Case, Text
from model.words_notation import cell, own_name, slope


def _mlp_pre(case: Case) -> Text:
    hidden, width = case.model.d_mlp, case.model.d_model
    if case.model.activation == "swiglu":
        return Text(
            f"Each of {hidden} hidden units takes a weighted sum of the position's {width} numbers{case.plus_bias}: "
            "its content.",
            "The content is what a unit can contribute; its gate, made from the same numbers, decides how much of it.",
            case.linear("c"),
        )
    return Text(
        f"Each of {hidden} hidden units takes a weighted sum of the position's {width} numbers{case.plus_bias}.",
        "Each unit's weights describe something to look for; the sum is large where the stream fits them.",
        case.linear("c"),
    )


def _mlp_gate(case: Case) -> Text:
    return Text(
        f"A second weighted sum of the same {case.model.d_model} numbers{case.plus_bias} gives each of the "
        f"{case.model.d_mlp} hidden units its gate.",
        "So the input itself decides, unit by unit, how much of the content passes on.",
        case.linear("c"),
    )


_BENDS = {
    "identity": ("Every hidden unit passes its number on unchanged: there is no bend.", "{u}"),
    "relu": ("ReLU: a hidden unit's negative number becomes 0, a positive one stays as it is.", r"\max(0, {u})"),
    "relu2": (
        "ReLU squared: a hidden unit's negative number becomes 0, a positive one is multiplied by itself.",
        r"\max(0, {u})^2",
    ),
    "gelu": (
        "GELU: a large positive number stays almost as it is, a large negative one becomes almost 0, smoothly in "
        "between.",
        r"{u}\,\Phi({u})",
    ),
    "silu": (
        "SiLU: each number is multiplied by its own sigmoid, so large ones stay almost as they are and negative ones "
        "shrink to near 0.",
        r"\frac{{u}}{1 + e^{-{u}}}",
    ),
    "tanh": ("Tanh: every number is squeezed between −1 and 1; around 0 it hardly changes.", r"\tanh({u})"),
    "swiglu": (
        "Each unit's content is multiplied by SiLU of its gate: a strongly negative gate shuts it, a positive one lets "
        "it through.",
        r"\frac{{g}}{1 + e^{-{g}}}\,{u}",
    ),
}


def _mlp_post(case: Case) -> Text:
    function = case.operation.settings["function"]
    words, formula = _BENDS[function]
    u, gate = case.operation.inputs[-1], case.operation.inputs[0]
    why = "Without a bend between them, the two matrices of the MLP could be replaced by a single one."
    if function == "identity":
        why = "It shows what a bend is for: without one, the MLP's two matrices can do no more than a single matrix."
    elif function == "swiglu":
        why = (
            "A product of two sums bends more freely than a fixed curve; without any bend, one matrix could "
            "replace the MLP."
        )
    return Text(words, why, f"{case.out} = " + formula.replace("{u}", cell(u)).replace("{g}", cell(gate)))


def _mlp_out(case: Case) -> Text:
    return Text(
        f"The {case.model.d_mlp} hidden units are mixed by a matrix into {case.model.d_model} numbers for the stream"
        f"{case.then_bias}.",
        "Each unit that answered adds its own column of the matrix: this is how it tells what it has found.",
        case.linear("n"),
    )


_SLOPES = {
    "identity": ("There was no bend: the gradient passes unchanged.", ""),
    "relu": ("Where the unit's input was above 0 the gradient passes unchanged; elsewhere it becomes 0.", r"[{u} > 0]"),
    "relu2": (
        "Where the unit's input was above 0, the gradient is multiplied by twice that input; elsewhere it becomes 0.",
        r"2\max(0, {u})",
    ),
    "gelu": (
        "The gradient is multiplied by the slope of GELU: near 1 for large positive inputs, near 0 for large "
        "negative ones.",
        r"\bigl(\Phi({u}) + {u}\,\varphi({u})\bigr)",
    ),
    "silu": (
        "The gradient is multiplied by the slope of SiLU: near 1 for large positive inputs, near 0 for large "
        "negative ones.",
        r"\sigma({u})\bigl(1 + {u}\,(1 - \sigma({u}))\bigr)",
    ),
    "tanh": (
        "The gradient is multiplied by the slope of tanh: 1 where the input was 0, almost 0 where the output is "
        "near −1 or 1.",
        r"\bigl(1 - \tanh^2({u})\bigr)",
    ),
}
_FLAT = (
    "A unit answers only with the slope it has where it stands: where its curve is flat, it learns nothing "
    "from this text."
)


def _bend_back(case: Case, wanted: str) -> Text:
    function, out = case.operation.settings["function"], case.operation.forward
    if function == "swiglu":
        return _gated_back(case, wanted)
    words, local = _SLOPES[function]
    why = "A straight line has slope 1 everywhere, so it changes no gradient." if function == "identity" else _FLAT
    factor = local.replace("{u}", cell(wanted)) + (r"\," if local else "")
    return Text(words, why, f"{slope(wanted)} = {factor}{slope(out)}")


def _gated_back(case: Case, wanted: str) -> Text:
    out = case.operation.forward
    block = out.rpartition(".")[0]
    u, gate = cell(f"{block}.mlp_pre"), cell(f"{block}.mlp_gate")
    if own_name(wanted) == "mlp_pre":
        return Text(
            "The content was multiplied by SiLU of its gate, so its gradient is multiplied by the same.",
            "A unit whose gate was shut hears almost nothing: what it had to say did not reach the loss.",
            rf"{slope(wanted)} = {gate}\,\sigma({gate})\,{slope(out)}",
        )
    return Text(
        "The gradient is multiplied by the unit's content and by the slope of SiLU at the gate.",
        "How far opening the gate would change the loss depends on what stands behind it: the content.",
        rf"{slope(wanted)} = {u}\,\sigma({gate})\bigl(1 + {gate}\,(1 - \sigma({gate}))\bigr)\,{slope(out)}",
    )


FORWARD: dict[str, Callable[[Case], Text]] = {
    "mlp_pre": _mlp_pre,
    "mlp_gate": _mlp_gate,
    "mlp_post": _mlp_post,
    "mlp_out": _mlp_out,
}
BACKWARD: dict[str, Callable[[Case, str], Text]] = {"mlp_post": _bend_back}

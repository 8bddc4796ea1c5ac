"""The backward pass, written down as operations: each follows from a forward one by the rule of its kind.

A gradient is made from the gradient of what was computed with it (the upstream gradient) and from recorded values. An
einsum's gradients are einsums, a lookup's is a scatter, and a function's is its slope times the gradient from above.
It computes nothing: what torch computed must come out when these operations are replayed, and tests say it does.
"""

from collections.abc import Callable, Mapping
from typing import Any

from model.functions import FUNCTIONS
from model.records import Operation
from model.trace_names import axes_of, in_code, last

Shape = tuple[int, ...]
Shapes = Mapping[str, Shape]
Settings = dict[str, Any]
# From a forward operation and the number of the input whose gradient is wanted: kind, inputs, settings and code of the
# gradient.
Gradient = tuple[str, tuple[str, ...], Settings, str]
Rule = Callable[[Operation, int, Shapes], Gradient]


def backward_operations(forward: list[Operation], readers: Mapping[str, list[str]], shapes: Shapes) -> list[Operation]:
    """The gradients of everything that has one, from the loss back to the embeddings, in the order autograd takes.

    `readers` says which operations read each value that has a gradient: where there are several, each contributes
    `grad:x<-reader`, and their sum is `grad:x`. `shapes` are those of the values.
    """
    code = "grad_loss = torch.ones_like(loss)"
    found = [Operation("grad:loss", "backward", "elementwise", ("loss",), {"function": "one"}, code, "loss", "loss")]
    for operation in reversed(forward):
        for i, name in reversed(list(enumerate(operation.inputs))):  # what it owns first, then what it passes on
            if name not in readers:  # a constant: nothing learns from it
                continue
            is_shared = len(readers[name]) > 1
            output = _branch(name, operation.name) if is_shared else f"grad:{name}"
            kind, inputs, settings, code = RULES[operation.kind](operation, i, shapes)
            *before, result = code.split("\n")
            line = "\n".join([*before, f"{in_code(output)} = {result}"])
            found.append(Operation(output, "backward", kind, inputs, settings, line, operation.block, operation.name))
            if is_shared and operation.name == readers[name][0]:  # the first to read is the last to answer
                found.append(_sum(name, readers[name], operation))
    return found


def _branch(name: str, reader: str) -> str:
    return f"grad:{name}<-{last(reader)}"


def _sum(name: str, readers: list[str], operation: Operation) -> Operation:
    """All that the readers of a value contribute to its gradient, added up."""
    inputs = tuple(_branch(name, reader) for reader in reversed(readers))
    code = f"{in_code(f'grad:{name}')} = {' + '.join(map(in_code, inputs))}"
    made_by = operation.name if name == "tok_emb.table" else name  # tied: the one parameter with two readers
    return Operation(
        f"grad:{name}", "backward", "elementwise", inputs, {"function": "add"}, code, operation.block, made_by
    )


def _upstream(operation: Operation) -> tuple[str, str]:
    """The gradient of an operation's output: its name, and its variable."""
    name = f"grad:{operation.name}"
    return name, in_code(name)


def _of_gather(operation: Operation, i: int, shapes: Shapes) -> Gradient:
    g, g_code = _upstream(operation)
    rows, shape = operation.inputs[1], shapes[operation.inputs[0]]
    code = f"torch.zeros({shape}).index_add(0, {rows}, {g_code})"
    return "scatter", (g, rows), {"n_rows": shape[0]}, code


def _of_einsum(operation: Operation, i: int, shapes: Shapes) -> Gradient:
    """Swap the output with the input in question: out = Σ a · b makes grad_a = Σ grad_out · b."""
    g, g_code = _upstream(operation)
    left, out = operation.settings["subscripts"].split("->")
    letters, sizes = left.split(","), operation.settings["sizes"]
    is_bias = i == len(letters)
    others = [] if is_bias else [j for j in range(len(letters)) if j != i]
    wanted = operation.settings["bias"] if is_bias else letters[i]
    subscripts = f"{','.join([out, *(letters[j] for j in others)])}->{wanted}"
    shape = shapes[operation.inputs[i]]
    scale = 1.0 if is_bias else operation.settings["scale"]
    inputs = (g, *(operation.inputs[j] for j in others))
    operands = [g_code, *(_seen_as(operation.inputs[j], letters[j]) for j in others)]
    code = f'torch.einsum("{subscripts}", {", ".join(operands)})'
    code += "" if scale == 1 else SCALE_CODE[operation.part]
    code += _stored_as(wanted, len(shape))
    settings = {"subscripts": subscripts, "sizes": sizes, "scale": scale, "bias": "", "shape": list(shape)}
    return "einsum", inputs, settings, code


SCALE_CODE = {"forward": " / math.sqrt(d_head)", "loss": " / weights.sum()"}


def _seen_as(name: str, letters: str) -> str:
    """Code that shows a tensor with an axis for each letter."""
    sizes = {"c": "d_model", "h": "n_heads", "d": "d_head"}
    is_stored_so = len(axes_of(name)) == len(letters)
    return in_code(name) if is_stored_so else f"{in_code(name)}.view({', '.join(sizes[k] for k in letters)})"


def _stored_as(letters: str, n_axes: int) -> str:
    """Code that puts heads and their channels side by side again where a tensor stores them so."""
    return "" if n_axes == len(letters) else f".flatten({letters.index('h')}, {letters.index('d')})"


def _of_elementwise(operation: Operation, i: int, shapes: Shapes) -> Gradient:
    g, g_code = _upstream(operation)
    function = FUNCTIONS[operation.settings["function"]]
    inputs = () if function.is_sum else operation.inputs  # a sum's slope is 1, whatever its inputs
    slope = function.slope_code[i].format(*map(in_code, inputs))
    code = g_code if slope == "1" else f"{g_code} * {slope}"
    return "elementwise_backward", (g, *inputs), {"function": operation.settings["function"], "wrt": i}, code


def _of_rotate(operation: Operation, i: int, shapes: Shapes) -> Gradient:
    g, g_code = _upstream(operation)
    code = f"{g_code} * rope_cos - {g_code}.roll(d_head // 2, -1) * rope_sin"
    return "rotate", (g, *operation.inputs[1:]), {"direction": -1}, code


def _of_mask(operation: Operation, i: int, shapes: Shapes) -> Gradient:
    g, g_code = _upstream(operation)
    return "mask", (g,), {"fill": "0"}, f"{g_code}.masked_fill(keys > queries, 0)"


def _of_softmax(operation: Operation, i: int, shapes: Shapes) -> Gradient:
    g, g_code = _upstream(operation)
    p = in_code(operation.name)
    code = f"{p} * ({g_code} - ({g_code} * {p}).sum(dim=-1, keepdim=True))"
    return "softmax_backward", (g, operation.name), {}, code


def _of_normalise(operation: Operation, i: int, shapes: Shapes) -> Gradient:
    """Of the bias a sum over positions, of the gain that sum weighted by the normalised value, of x the Jacobian."""
    g, g_code = _upstream(operation)
    own, role = operation.settings, operation.settings["roles"][i]
    code = {r: in_code(name) for r, name in zip(own["roles"], operation.inputs, strict=True)} | {"g": g_code}
    if role == "bias":
        T, C = shapes[operation.name]
        settings = {"subscripts": "tc->c", "sizes": {"t": T, "c": C}, "scale": 1.0, "bias": "", "shape": [C]}
        return "einsum", (g,), settings, f"{g_code}.sum(dim=0)"
    skipped = ("bias", "gain") if role == "gain" else ("bias",)
    kept = {r: name for r, name in zip(own["roles"], operation.inputs, strict=True) if r not in skipped}
    settings = {"norm": own["norm"], "eps": own["eps"], "roles": ["upstream", *kept]}
    if role == "gain":
        line = f"({{g}} * {X_HAT_CODE[own['norm']]}).sum(dim=0)"
        return "normalise_gain", (g, *kept.values()), settings, line.format(**code)
    code["g"] += " * {gain}".format(**code) if "gain" in code else ""
    return "normalise_backward", (g, *kept.values()), settings, NORM_BACKWARD_CODE[own["norm"]].format(**code)


X_HAT_CODE = {
    "layernorm": "F.layer_norm({x}, {x}.shape[-1:], eps=eps)",
    "rmsnorm": "F.rms_norm({x}, {x}.shape[-1:], eps=eps)",
    "batchnorm": "(({x} - {running_mean}) * torch.rsqrt({running_var} + eps))",
}
NORM_BACKWARD_CODE = {
    "layernorm": f"""g, x_hat = {{g}}, {X_HAT_CODE["layernorm"]}
shared = g.mean(-1, keepdim=True) + x_hat * (g * x_hat).mean(-1, keepdim=True)
(g - shared) * torch.rsqrt({{x}}.var(-1, correction=0, keepdim=True) + eps)""",
    "rmsnorm": f"""g, x_hat = {{g}}, {X_HAT_CODE["rmsnorm"]}
shared = x_hat * (g * x_hat).mean(-1, keepdim=True)
(g - shared) * torch.rsqrt({{x}}.square().mean(-1, keepdim=True) + eps)""",
    "batchnorm": "{g} * torch.rsqrt({running_var} + eps)",
}


def _of_cross_entropy(operation: Operation, i: int, shapes: Shapes) -> Gradient:
    g, g_code = _upstream(operation)
    code = f"{g_code}[:, None] * (logits.softmax(dim=-1) - F.one_hot(targets, vocab_size))"
    return "cross_entropy_backward", (g, *operation.inputs), {}, code


RULES: dict[str, Rule] = {
    "gather": _of_gather,
    "einsum": _of_einsum,
    "elementwise": _of_elementwise,
    "rotate": _of_rotate,
    "mask": _of_mask,
    "softmax": _of_softmax,
    "normalise": _of_normalise,
    "cross_entropy": _of_cross_entropy,
}

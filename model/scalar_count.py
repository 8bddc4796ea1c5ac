"""How many scalars one iteration makes, and how many of them stand behind one cell.

As a scalar engine counts: every parameter is one number, and every product, sum, power and function makes one more; a
sum of n numbers is n − 1 additions. Looking up, masking and copying make none. The backward pass makes no new numbers,
it fills in their gradients. Read from a trace's operations, whose shapes and kinds say it all. Torch-free.
"""

import math
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from model.operands import Index
from model.records import Array, Operation, Trace

Needed = NDArray[np.bool_]
OF_FUNCTION = {"identity": 0, "add": 1, "relu": 1, "relu2": 2, "tanh": 1, "gelu": 2, "silu": 2, "swiglu": 3}
# Which cells of its inputs an operation reads for the needed cells of its output, and how many scalars it makes.
Counted = tuple[int, dict[str, Needed]]


def count_scalars(trace: Trace, tensor: str | None = None, index: Index = ()) -> int:
    """The scalars of the forward pass and the loss, parameters included; with `tensor`, of the part that its cell at
    `index` needs. The iteration's own scalar is the loss."""
    tensors = {name: recorded.value for name, recorded in trace.tensors.items()}
    root = tensor or "loss"
    needed = {root: _one(tensors[root], index)}
    total = 0
    for operation in reversed([o for o in trace.operations if o.part in ("forward", "loss")]):
        if operation.name not in needed:
            continue
        made, inputs = COUNTS[operation.kind](operation, tensors, needed[operation.name])
        total += made
        for name, cells in inputs.items():
            needed[name] = cells | needed.get(name, np.zeros((), bool))
    return total + sum(int(cells.sum()) for name, cells in needed.items() if trace.tensors[name].role == "parameter")


def _one(tensor: Array, index: Index) -> Needed:
    cells = np.zeros(tensor.shape, bool)
    cells[index] = True
    return cells


def _gather(operation: Operation, tensors: Mapping[str, Array], cells: Needed) -> Counted:
    table, rows = operation.inputs
    read = np.zeros(tensors[table].shape, bool)
    np.logical_or.at(read, tensors[rows], cells)
    return 0, {table: read}


def _einsum(operation: Operation, tensors: Mapping[str, Array], cells: Needed) -> Counted:
    s = operation.settings
    left, out = s["subscripts"].split("->")
    factors = left.split(",")
    seen = cells.reshape([s["sizes"][k] for k in out])
    n_summed = math.prod(s["sizes"][k] for k in set("".join(factors)) - set(out))
    products = n_summed if len(factors) > 1 else 0
    each = products + n_summed - 1 + (s["scale"] != 1) + bool(s["bias"])
    read = {}
    for name, letters in zip(operation.inputs, [*factors, *([s["bias"]] if s["bias"] else [])], strict=True):
        lacking = tuple(axis for axis, k in enumerate(out) if k not in letters)
        kept = [k for k in out if k in letters]
        reached = np.asarray(seen.any(axis=lacking))  # an axis for each letter that both have, in the output's order
        shape = [s["sizes"][k] for k in letters]
        ordered = reached.transpose([kept.index(k) for k in letters if k in kept])
        spread = ordered.reshape([s["sizes"][k] if k in kept else 1 for k in letters])
        read[name] = np.broadcast_to(spread, shape).reshape(tensors[name].shape)
    return each * int(cells.sum()), read


def _elementwise(operation: Operation, tensors: Mapping[str, Array], cells: Needed) -> Counted:
    made = OF_FUNCTION[operation.settings["function"]] * int(cells.sum())
    read: dict[str, Needed] = {}
    for name in operation.inputs:
        shape = tensors[name].shape
        read[name] = cells.reshape(shape)
    return made, read


def _rotate(operation: Operation, tensors: Mapping[str, Array], cells: Needed) -> Counted:
    partner = np.roll(cells, cells.shape[-1] // 2, axis=-1)
    return 3 * int(cells.sum()), {operation.inputs[0]: cells | partner}


def _mask(operation: Operation, tensors: Mapping[str, Array], cells: Needed) -> Counted:
    return 0, {operation.inputs[0]: cells & np.tri(cells.shape[-1], dtype=bool)}


def _softmax(operation: Operation, tensors: Mapping[str, Array], cells: Needed) -> Counted:
    """A row's exponentials and their sum serve all its cells; each cell is one division."""
    (name,) = operation.inputs
    is_open = tensors[name] > -np.inf
    rows = np.asarray(cells.any(axis=-1, keepdims=True))
    shared = (2 * is_open.sum(axis=-1) - 1) * rows[..., 0]
    return int(shared.sum()) + int((cells & is_open).sum()), {name: rows & is_open}


def _cross_entropy(operation: Operation, tensors: Mapping[str, Array], cells: Needed) -> Counted:
    logits = operation.inputs[0]
    T, V = tensors[logits].shape
    return (2 * V + 1) * int(cells.sum()), {logits: np.broadcast_to(cells[:, None], (T, V))}


def _normalise(operation: Operation, tensors: Mapping[str, Array], cells: Needed) -> Counted:
    """Mean and size of a row serve all its cells, as in `model/scalar_openings.py`."""
    s = operation.settings
    by_role = dict(zip(s["roles"], operation.inputs, strict=True))
    n, rows = cells.shape[-1], np.asarray(cells.any(axis=-1, keepdims=True))
    size = n + n - 1 + 3  # squares, their sum, its share, + ε, the root
    shared = {"layernorm": n - 1 + 1 + n + size, "rmsnorm": size, "batchnorm": 0}[s["norm"]]
    each = 1 + ("gain" in by_role) + ("bias" in by_role) + 3 * (s["norm"] == "batchnorm")
    whole = rows if s["norm"] != "batchnorm" else cells
    read = {by_role["x"]: np.broadcast_to(whole, cells.shape)}
    for role in ("gain", "bias"):
        if role in by_role:
            read[by_role[role]] = np.asarray(cells.any(axis=tuple(range(cells.ndim - 1))))
    return shared * int(rows.sum()) + each * int(cells.sum()), read


COUNTS: dict[str, Callable[[Operation, Mapping[str, Array], Needed], Counted]] = {
    "gather": _gather,
    "einsum": _einsum,
    "elementwise": _elementwise,
    "rotate": _rotate,
    "mask": _mask,
    "softmax": _softmax,
    "cross_entropy": _cross_entropy,
    "normalise": _normalise,
}

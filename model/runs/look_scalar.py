"""Looks of the Autograd page's scalar tabs: a window into an iteration, a gradient that is checked, and its flow."""

import math
from collections.abc import Sequence
from dataclasses import asdict, replace

import numpy as np

from model.fields import shown, whole_number
from model.gradient_check import STEPS, Measured, check_gradient
from model.gradient_flow import fresh_config, measure_flow
from model.records import Batch, Trace, finite
from model.runs.job import Job
from model.runs.looked_at import Answer, described, model_of, row_of
from model.runs.wire import Arrays, Header
from model.scalar_count import count_scalars
from model.scalar_openings import Cell
from model.trace import trace_iteration
from model.trace_capture import parameters_by_name
from model.trace_names import axes_of, block_of, in_code
from model.transformer import Transformer
from model.trying import largest_slope
from model.window import MAX_DEPTH, MAX_TERMS, Pane, checked_cell, open_window


def window(job: Job, order: Header) -> Answer:
    """The cell `index` of `tensor`, opened `depth` times, `terms` summands of each sum shown; and which tensors there
    are, at an earlier step none of the update: what the optimizer remembered then is not kept. `nodes` in an order in
    which each stands behind its `inputs`, the cell last.

    Arrays, by node: `values`, `gradients` (NaN where there is none), `outside` (the part of the gradient that other
    readers contribute), `held` and `held_gradients` (the tensors' own entries, NaN for what is none), `largest` and
    `largest_gradients` (the largest finite size in each of these tensors, by which an entry counts as equal);
    `slopes`, the local derivatives, node after node, input after input.
    """
    depth = whole_number("depth", order.get("depth", 2), 1, MAX_DEPTH)
    terms = whole_number("terms", order.get("terms", 3), 1, MAX_TERMS)
    row = row_of(job, order)
    trace = _traced(job, order, row)
    if not math.isfinite(trace.loss):
        raise ValueError("The numbers of this model are no longer finite, so there is no sum to open.")
    cell = checked_cell(trace, order.get("tensor", "loss"), order.get("index", []))
    panes = open_window(trace, *cell, depth, terms)
    header = {"at": trace.step, "cell": [cell[0], list(cell[1])], "nodes": [_node(pane) for pane in panes]}
    return {**header, **_listed(trace), **_counted(trace, cell), **described(job, row)}, _numbers(trace, panes)


def _traced(job: Job, order: Header, row: Batch) -> Trace:
    """The iteration that follows now, or the one that followed step `at`, as far as its weights and the row tell it."""
    if order.get("at") is None:
        return job.trainer.trace(row.tokens[0].tolist(), row.targets[0].tolist(), row.weights[0].tolist())
    model, at = model_of(job, order)
    trace = trace_iteration(model, row, job.dataset.tokenizer, job.trainer.config, step=at)
    known = {name: tensor for name, tensor in trace.tensors.items() if tensor.role not in ("state", "update")}
    operations = tuple(operation for operation in trace.operations if operation.part != "update")
    return replace(trace, operations=operations, tensors=known)


def _node(pane: Pane) -> Header:
    return {
        "kind": pane.kind, "rule": pane.value.rule, "label": pane.value.label if not pane.cell else "",
        "inputs": list(pane.inputs), "n_hidden": pane.n_hidden, "is_open": pane.is_open,
        "name": _written(pane.cell) if pane.cell else "",
        "tensor": pane.cell[0] if pane.cell else "", "index": list(pane.cell[1]) if pane.cell else [],
        "is_fixed": pane.value.is_fixed,
    }  # fmt: skip


def _written(cell: Cell) -> str:
    return in_code(cell[0]) + (f"[{', '.join(map(str, cell[1]))}]" if cell[1] else "")


def _listed(trace: Trace) -> Header:
    """Every tensor that a cell can be chosen of, in the order of the iteration: name, shape, axes, role, block."""
    blocks = {operation.name: operation.block for operation in trace.operations}
    floats = {name: t for name, t in trace.tensors.items() if t.value.dtype == np.float32 and t.role != "constant"}
    tensors = [[name, list(t.value.shape), list(t.axes), t.role, blocks.get(name, "")] for name, t in floats.items()]
    return {"tensors": tensors, "vocabulary": list(trace.vocabulary)}


def _counted(trace: Trace, cell: Cell) -> Header:
    """How many scalars the iteration makes, and how many the cell needs (None: it is no value)."""
    is_value = trace.tensors[cell[0]].role in ("value", "parameter")
    return {"n_scalars": count_scalars(trace), "n_behind": count_scalars(trace, *cell) if is_value else None}


def _numbers(trace: Trace, panes: Sequence[Pane]) -> Arrays:
    has_gradients = panes[-1].cell is not None and f"grad:{panes[-1].cell[0]}" in trace.tensors
    gradients = [p.value.grad if has_gradients and not p.value.is_fixed else math.nan for p in panes]
    found = {
        "values": [p.value.data for p in panes],
        "gradients": gradients,
        "outside": [p.outside for p in panes],
        "held": [_held(trace, p.cell, "") for p in panes],
        "held_gradients": [_held(trace, p.cell, "grad:") for p in panes],
        "largest": [_largest(trace, p.cell, "") for p in panes],
        "largest_gradients": [_largest(trace, p.cell, "grad:") for p in panes],
        "slopes": [slope for p in panes for slope in p.slopes],
    }
    return {name: np.array(numbers, np.float32) for name, numbers in found.items()}


def _held(trace: Trace, cell: Cell | None, prefix: str) -> float:
    if cell is None or prefix + cell[0] not in trace.tensors:
        return math.nan
    return float(trace.tensors[prefix + cell[0]].value[cell[1]])


def _largest(trace: Trace, cell: Cell | None, prefix: str) -> float:
    if cell is None or prefix + cell[0] not in trace.tensors:
        return math.nan
    sizes = np.abs(trace.tensors[prefix + cell[0]].value)
    return float(sizes.max(initial=0, where=np.isfinite(sizes)))


def gradient_check(job: Job, order: Header) -> Answer:
    """The slope of the row's loss by the weight `index` of the parameter `name`, by autograd and by finite differences,
    in float32 and float64; without a name, of the weight whose slope is the largest.

    Numbers go as JSON, not as arrays: of a float64 all digits are the subject.
    """
    model, at = model_of(job, order)
    row = row_of(job, order)
    name, index = order.get("name"), order.get("index", [])
    if name is None or not index:
        name, index = largest_slope(model, row, name)
    measured = check_gradient(model, row, name, index)
    listed = parameters_by_name(model)
    parameters = [[each, list(tensor.shape), list(axes_of(each)), block_of(each)] for each, tensor in listed.items()]
    vocabulary = job.dataset.tokenizer.labels(range(model.config.vocab_size))
    header = {"at": at, "name": name, "index": list(index), "parameters": parameters, "vocabulary": vocabulary}
    weight = listed[name][tuple(index)].item()
    answers = {precision: _measured(each) for precision, each in measured.items()}
    return {**header, "weight": weight, "measured": answers, "steps_tried": list(STEPS), **described(job, row)}, {}


def _measured(each: Measured) -> Header:
    numbers = asdict(each) | {"quotients": each.quotients(STEPS)}
    return {name: [*map(finite, n)] if isinstance(n, list) else finite(n) for name, n in numbers.items()}


def gradient_flow(job: Job, order: Header) -> Answer:
    """The flow through the model, and with `fresh`, a dict of settings, that through a fresh model with these."""
    model, at = model_of(job, order)
    row, changes = row_of(job, order), order.get("fresh")
    header = {"at": at, "own": asdict(measure_flow(model, row)), "config": asdict(model.config), **described(job, row)}
    if changes is None:
        return header, {}
    if not isinstance(changes, dict):
        raise ValueError(f"fresh must be a set of settings; got {shown(changes)}")
    config = fresh_config(model.config, changes)
    fresh = Transformer(config, job.trainer.config.train.seed)
    return {**header, "fresh": asdict(measure_flow(fresh, row))}, {}

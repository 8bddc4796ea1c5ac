"""The boxes around the nodes of autograd's graph: operations, and the parts of the model.

A node that only shows numbers in another shape is folded into the operation that it belongs to; a parameter into its
reader, if it has only one; operations lie in the parts of the model that made them. So every node has a path of boxes
around it, and a picture shows of each path the outermost box that is closed: the browser folds and unfolds
(`viz/components/graph/autograd_graph.js`), with the sums of gradients that are made here. Nothing is left out: an edge
between two boxes is all edges between what they hold.
"""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

import networkx as nx
from torch import Tensor

from model.trace_names import last

# Operations after which the numbers are the same, in another shape or another place.
SAME_NUMBERS = frozenset({
    "View", "UnsafeView", "ReshapeAlias", "Alias", "Transpose", "T", "Permute", "Expand", "Clone", "Squeeze",
    "Unsqueeze", "Slice", "Select", "AsStrided",
})  # fmt: skip

# The part of the model in which a value is made, by its tap's name, for values in a block by the last piece of it.
_PARTS = {
    **dict.fromkeys(("tok_emb", "pos_emb", "embedded", "norm_emb"), "embedding"),
    **dict.fromkeys(("norm_final", "logits"), "unembedding"),
    **dict.fromkeys(("token_loss", "loss"), "loss"),
}
_IN_BLOCK = {"attn_out": ".attn"} | dict.fromkeys(("mlp_pre", "mlp_gate", "mlp_post", "mlp_out"), ".mlp")
# What torch does in several operations and a reader sees as one: these have a box of their own.
_STEPS = frozenset({"norm_emb", "norm1", "norm2", "norm_final", "q_norm", "k_norm", "q_rot", "k_rot"})


def part_of(tap: str) -> str:
    """The part of the model that makes a value: `blocks.0.attn.q` → `blocks.0.attn`, `logits` → `unembedding`."""
    pieces = tap.split(".")
    if pieces[0] != "blocks":
        return _PARTS[tap]
    return ".".join(pieces[:2]) + (".attn" if pieces[2] == "attn" else _IN_BLOCK.get(pieces[-1], ""))


def short_name(operation: str) -> str:
    """`AddmmBackward0` → `Addmm`, `torch::autograd::AccumulateGrad` → `AccumulateGrad`."""
    return re.sub(r"Backward\d*$", "", operation.rpartition("::")[2])


def _is_view(graph: nx.DiGraph, node: int) -> bool:
    return short_name(graph.nodes[node]["operation"]) in SAME_NUMBERS


def folds(graph: nx.DiGraph) -> dict[int, int]:
    """For every node the one that stands for its operation.

    Views, transposes, expands and clones go with who reads them; those behind which a tapped value stands end an
    operation, and go with what they show. A parameter with one reader goes with it.
    """
    into: dict[int, int] = {}
    for node in graph:
        if _is_view(graph, node) and (graph.nodes[node]["taps"] or graph.out_degree(node) != 1):
            into |= _shown_by(graph, node, into)
    for node in graph:
        is_parameter = bool(graph.nodes[node]["parameter"])
        if node not in into and (is_parameter or _is_view(graph, node)) and graph.out_degree(node) == 1:
            into[node] = next(iter(graph.successors(node)))
    return {node: _end(node, into) for node in graph}


def _shown_by(graph: nx.DiGraph, view: int, into: Mapping[int, int]) -> dict[int, int]:
    """The last of some views, and those before it, folded into the operation whose numbers they show."""
    chain = [view]
    (source,) = graph.predecessors(view)
    while _is_view(graph, source) and source not in into and graph.out_degree(source) == 1:
        chain.append(source)
        (source,) = graph.predecessors(source)
    if graph.nodes[source]["parameter"]:  # part of a table: the view is all there is of the operation
        return dict.fromkeys(chain[1:], view)
    return dict.fromkeys(chain, source)


def _end(node: int, into: Mapping[int, int]) -> int:
    while node in into:
        node = into[node]
    return node


def paths(graph: nx.DiGraph) -> dict[int, tuple[str, ...]]:
    """For every node the boxes around it, outermost first: `("blocks.0", "blocks.0.attn", "op 17")`.

    Boxes are parts of the model, steps such as `step blocks.0.norm1` that torch takes in several operations, and
    operations of several nodes.
    """
    stands_for = folds(graph)
    of_step = {node: graph.nodes[operation]["leads_to"] for node, operation in stands_for.items()}
    n_nodes = Counter(stands_for.values())
    n_operations = Counter(of_step[operation] for operation in n_nodes)
    found = {}
    for node, operation in stands_for.items():
        step = of_step[node]
        is_step = last(step) in _STEPS and n_operations[step] > 1
        inner = (*((f"step {step}",) if is_step else ()), *((f"op {operation}",) if n_nodes[operation] > 1 else ()))
        found[node] = (*_parts_around(part_of(step)), *inner)
    return found


def _parts_around(part: str) -> tuple[str, ...]:
    return (part.rpartition(".")[0], part) if part.endswith((".attn", ".mlp")) else (part,)


def flows(graph: nx.DiGraph) -> dict[tuple[int, str | int], Tensor]:
    """What comes back to each value from each of its readers; from every box that holds readers of it but not the value
    itself; and, as `beyond` a box, from all its readers outside of a box that holds it. With these numbers every wire
    can be drawn, whatever is open."""
    around = paths(graph)
    found: dict[tuple[int, str | int], Tensor] = {}
    for source, reader, edge in graph.edges(data=True):
        entered = [box for box in around[reader] if box not in around[source]]
        left = [f"beyond {box}" for box in around[source] if box not in around[reader]]
        for place in (*entered, *left, reader):
            found = _with(found, (source, place), edge["gradient"])
    return found


def _with(sums: dict[Any, Tensor], key: Any, gradient: Tensor) -> dict[Any, Tensor]:
    """`sums` with a gradient added to one of them."""
    sums[key] = sums[key] + gradient if key in sums else gradient
    return sums

"""The look `autograd`: the graph behind the loss of one iteration, its numbers, and all about one node of it.

The numbers change with every step, the graph only with the model and the text, so who already knows the graph (by its
`digest`) gets the numbers alone.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import networkx as nx
import numpy as np
import torch
from torch import Tensor

from model import sizes
from model.autograd import iterate
from model.autograd_views import flows, paths, short_name
from model.config import ModelConfig
from model.fields import shown
from model.records import Batch, finite
from model.runs.job import Job
from model.runs.looked_at import Answer, described, model_of, row_of
from model.runs.wire import Arrays, Header

MAX_BYTES = 200_000_000  # of an iteration on a batch: more of its rows do not go through
MAX_NUMBERS = 200_000  # of a tensor shown whole; of a longer one come the first rows


def autograd(job: Job, order: Header) -> Answer:
    """The graph of an iteration on the row, or on the run's next training batch (`rows` is "batch"), of whose
    `batch_size` rows the first `n_rows` go through: as many as fit into memory. Of torch's fused attention where
    `is_fused`. `known` is the digest of a graph that the asker has, `node` one to be shown whole.

    Arrays: `flows` (n_flows, 3), `gradients` and `values` (n_nodes, 3): norm, lowest and highest; `order` (n_nodes).
    With `node` also its `value`, its `gradient`, and `from 17`: what the reader 17 contributes to that.
    """
    model, at = model_of(job, order)
    is_fused, node = bool(order.get("is_fused")), order.get("node")
    whole = _next_batch(job) if order.get("rows") == "batch" else row_of(job, order)
    row = _first_rows(whole, model.config, is_fused)
    graph = iterate(model, row, is_fused)
    if node is not None and (type(node) is not int or node not in graph):
        raise ValueError(f"node must be a number from 0 to {len(graph) - 1}; got {shown(node)}")
    carried = flows(graph)
    drawn = graph_header(graph, list(carried))
    digest = hashlib.sha256(json.dumps(drawn).encode()).hexdigest()[:16]
    header = {"at": at, "loss": finite(graph.graph["loss"]), "digest": digest, "n_rows": len(row.tokens),
              "batch_size": len(whole.tokens), "node": node, **described(job, row)}  # fmt: skip
    header |= {} if order.get("known") == digest else {"graph": drawn}
    return header, _numbers(graph, list(carried.values())) | ({} if node is None else _whole(graph, node))


def _next_batch(job: Job) -> Batch:
    """What the next step trains on. A copy of the run's generator draws it, so the run draws the same."""
    draws = np.random.default_rng()
    draws.bit_generator.state = job.trainer.draws.bit_generator.state
    config = job.trainer.config
    return job.dataset.draw(draws, config.train.batch_size, config.model.block_size)  # type: ignore[arg-type]


def _first_rows(batch: Batch, config: ModelConfig, is_fused: bool) -> Batch:
    """As many rows as MAX_BYTES hold, but two: BatchNorm's statistics are those of a batch."""
    row_bytes = sizes.iteration_bytes(config, 1, batch.tokens.shape[1], is_fused)
    n_rows = max(2, int(MAX_BYTES / row_bytes))
    return Batch(batch.tokens[:n_rows], batch.targets[:n_rows], batch.weights[:n_rows])


def graph_header(graph: nx.DiGraph, carried: list[tuple[int, str | int]]) -> Header:
    """The graph as JSON: `nodes`, each with the `path` of boxes around it; `edges` [value, reader, its inputs]; `flows`
    [value, reader or box of readers], in the order of the array of their numbers."""
    around = paths(graph)
    nodes = [
        {
            "operation": node["operation"], "kind": short_name(node["operation"]), "shape": node["shape"],
            "path": around[i], "taps": node["taps"], "parameter": node["parameter"],
            "saved": [[each.name, each.shape, each.n_bytes, each.of] for each in node["saved"]],
        }
        for i, node in graph.nodes(data=True)
    ]  # fmt: skip
    edges = [[*edge, inputs] for *edge, inputs in graph.edges(data="inputs")]
    return {"nodes": nodes, "edges": edges, "flows": carried}


def _numbers(graph: nx.DiGraph, carried: list[Tensor]) -> Arrays:
    nodes = [node for _, node in graph.nodes(data=True)]
    return {
        "flows": _sizes(carried),
        "gradients": _sizes([node["gradient"] for node in nodes]),
        "values": _sizes([node["value"] for node in nodes]),
        "order": np.array([node["order"] for node in nodes], np.int32),
    }


def _sizes(tensors: Sequence[Tensor | None]) -> Any:
    """Norm, lowest and highest of each, (n, 3) float32; NaN for what is not there."""
    found = np.full((len(tensors), 3), np.nan, np.float32)
    there = [i for i, tensor in enumerate(tensors) if tensor is not None]
    known = [tensor for tensor in tensors if tensor is not None]
    found[there, 0] = torch.stack(torch._foreach_norm(known)).numpy()
    found[there, 1:] = torch.stack([torch.stack(tensor.aminmax()) for tensor in known]).numpy()
    return found


def _whole(graph: nx.DiGraph, node: int) -> Arrays:
    data = graph.nodes[node]
    parts = {f"from {reader}": edge["gradient"] for _, reader, edge in graph.out_edges(node, data=True)}
    found = {"gradient": data["gradient"], **parts} | ({} if data["value"] is None else {"value": data["value"]})
    return {name: _cut(tensor) for name, tensor in found.items()}


def _cut(tensor: Tensor) -> Any:
    """A copy as (rows, columns), heads and sequences below each other; at most MAX_NUMBERS of it, from the top."""
    rows = tensor.detach().float().reshape(-1, tensor.shape[-1] if tensor.dim() else 1)
    return rows[: max(1, MAX_NUMBERS // rows.shape[1])].contiguous().numpy()

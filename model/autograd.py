"""Autograd's graph behind the loss of one real iteration, with the gradient that flowed through each of its edges.

While torch computes forward, it notes every operation as a node that knows how to go back: `loss.grad_fn` is the last
of them, `next_functions` lead to those before it, and the first ones are the parameters. Here the graph is walked, and
hooks listen while the engine runs it backward: in which order, and what goes through each edge.

The iteration runs on a copy of the model, in float32, so the run that is looked at stays as it is. Nothing is computed
a second time to be shown. How the graph is folded for a picture is told by `model/autograd_views.py`.
"""

import copy
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import networkx as nx
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.graph import Node
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from model.records import Batch
from model.transformer import Transformer


@dataclass(frozen=True)
class Saved:
    """A tensor that a node keeps for the way back: PyTorch's name for it, its shape, and whose numbers it shares."""

    name: str
    shape: tuple[int, ...]
    n_bytes: int
    of: str


class _Heard(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """What a forward pass says while it runs: every tensor it makes, and the tapped value that every node leads to."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.made: list[Tensor] = []
        self.taps: dict[Node, list[str]] = defaultdict(list)
        self.operations: dict[Node, str] = {}  # the tap that every node leads to

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Below autograd a result has no node yet; looked at when the pass is over, it does."""
        result = func(*args, **(kwargs or {}))
        self.made += [each for each in tree_leaves(result) if isinstance(each, Tensor)]
        return result

    def tap(self, name: str, value: Tensor) -> Tensor:
        """Name the node that made `value`, and claim for it all nodes that led here and that nobody has claimed."""
        if value.grad_fn is not None:
            self.taps[value.grad_fn].append(name)
            self._claim(value.grad_fn, name)
        return value

    def _claim(self, node: Node, tap: str) -> None:
        if node not in self.operations:
            self.operations[node] = tap
            for source in _sources(node):
                self._claim(source, tap)

    def values(self) -> dict[Node, Tensor]:
        """What each node gave, where torch showed it."""
        found: dict[Node, Tensor] = {}
        for value in self.made:
            if value.grad_fn is not None:
                found.setdefault(value.grad_fn, value.detach())
        return found


def _sources(node: Node) -> Iterator[Node]:
    return (source for source, _ in node.next_functions if source is not None)


def iterate(model: Transformer, batch: Batch, is_fused: bool = False) -> nx.DiGraph:
    """The graph of one iteration on `batch`, tokens (B, T): of attention step by step, or of torch's fused attention.

    More than one row is a training batch: then BatchNorm takes this batch's statistics, as in training.
    """
    model = copy.deepcopy(model)
    tokens, targets, weights = (torch.from_numpy(each) for each in (batch.tokens, batch.targets, batch.weights))
    heard = _Heard()
    with torch.enable_grad(), heard, model.watch(heard.tap, step_by_step=not is_fused):
        model.train(len(tokens) > 1)
        logits = model(tokens)  # (B, T, V)
        token_loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")  # (B * T,)
        heard.tap("token_loss", token_loss)
        loss = heard.tap("loss", (token_loss * weights.flatten()).sum() / weights.sum())  # ()
    return autograd_graph(loss, heard, {parameter: name for name, parameter in model.named_parameters()})


def autograd_graph(loss: Tensor, heard: _Heard, parameters: dict[Tensor, str]) -> nx.DiGraph:
    """Walk the graph behind `loss`, run it backward, and return it: an edge leads from a value to who reads it.

    Nodes are numbered in the order of the forward pass. Each has `operation` (PyTorch's name), `shape` of its output,
    `taps` (names of its output), `leads_to` (the next tapped value), `parameter` ("" but for leaves), `saved`, `value`
    (None where torch shows none), `gradient` (d loss / d output) and `order` (when the engine ran it, from 0). An edge
    has `inputs`, the places at which the reader takes the value, and `gradient`, what the reader contributes to the
    gradient of the value.
    """
    nodes = _in_forward_order(loss)
    numbers = {node: i for i, node in enumerate(nodes)}
    values, owners = heard.values(), _owners(heard, parameters)
    first_readers = {source: node for node in reversed(nodes) for source in _sources(node)}
    graph = nx.DiGraph(loss=loss.item())
    for node, i in numbers.items():
        leaf = getattr(node, "variable", None)
        graph.add_node(
            i, operation=node.name(), shape=tuple(node._input_metadata[0].shape),
            taps=tuple(heard.taps.get(node, ())),
            leads_to=heard.operations[node if leaf is None else first_readers[node]],
            parameter="" if leaf is None else parameters[leaf],
            saved=_saved(node, owners), value=values.get(node) if leaf is None else leaf.detach(),
        )  # fmt: skip
        for place, (source, _) in enumerate(node.next_functions):
            if source is not None:
                known = graph.edges.get((numbers[source], i), {"inputs": ()})
                graph.add_edge(numbers[source], i, inputs=(*known["inputs"], place))
    _run_backward(loss, graph, numbers)
    return graph


def _in_forward_order(loss: Tensor) -> list[Node]:
    """Every node behind `loss` in the order in which they were made, a parameter before its first reader."""
    assert loss.grad_fn is not None
    found, waiting = set[Node](), [loss.grad_fn]
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting.extend(_sources(node))
    made = sorted((node for node in found if not hasattr(node, "variable")), key=lambda node: node._sequence_nr())
    with_leaves = [each for node in made for each in (*(s for s in _sources(node) if hasattr(s, "variable")), node)]
    return list(dict.fromkeys(with_leaves))


def _owners(heard: _Heard, parameters: dict[Tensor, str]) -> dict[int, str]:
    """Names by where in memory their numbers lie: parameters, and tapped values."""
    tapped = {value.data_ptr(): heard.taps[value.grad_fn][0] for value in heard.made if value.grad_fn in heard.taps}
    return tapped | {parameter.data_ptr(): name for parameter, name in parameters.items()}


_saved_names: dict[type, list[str]] = {}


def _saved(node: Node, owners: dict[int, str]) -> list[Saved]:
    """The tensors that a node keeps for the way back. They are let go when it has run."""
    kind = type(node)
    if kind not in _saved_names:
        _saved_names[kind] = [name for name in dir(node) if name.startswith("_saved_")]
    found = {name.removeprefix("_saved_"): getattr(node, name) for name in _saved_names[kind]}
    return [
        Saved(name, tuple(value.shape), value.numel() * value.element_size(), owners.get(value.data_ptr(), ""))
        for name, value in found.items() if isinstance(value, Tensor)
    ]  # fmt: skip


def _run_backward(loss: Tensor, graph: nx.DiGraph, numbers: dict[Node, int]) -> None:
    """Let the engine go back from `loss`, and listen at every node."""
    order: list[int] = []

    def listen(i: int, node: Node) -> Any:
        def heard(grad_inputs: tuple[Tensor | None, ...], grad_outputs: tuple[Tensor | None, ...]) -> None:
            graph.nodes[i]["order"] = len(order)
            order.append(i)
            assert grad_outputs[0] is not None, i
            graph.nodes[i]["gradient"] = grad_outputs[0]
            for (source, _), flow in zip(node.next_functions, grad_inputs, strict=bool(grad_inputs)):
                if source is not None:
                    assert flow is not None, (i, source)
                    _add_flow(graph, numbers[source], i, flow)

        return heard

    hooks = [node.register_hook(listen(i, node)) for node, i in numbers.items()]
    loss.backward()  # type: ignore[no-untyped-call]
    for hook in hooks:
        hook.remove()


def _add_flow(graph: nx.DiGraph, source: int, reader: int, flow: Tensor) -> None:
    """What was repeated to fit (a bias at every position) gets the sum of what comes back: the engine does the same."""
    flow = flow.sum_to_size(graph.nodes[source]["shape"])
    edge = graph.edges[source, reader]
    edge["gradient"] = edge["gradient"] + flow if "gradient" in edge else flow

"""What torch itself computes in a training iteration: every tapped value, its gradient, and where gradients add up.

Values come through the taps. Gradients come from autograd: in total for each value, and, where several operations read
the same value, one contribution each, caught on the edges of the graph behind the loss. Nothing is computed here.
"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.graph import Node

from model.norms import RMSNorm
from model.trace_names import traced
from model.transformer import Transformer


@dataclass
class Captured:
    """Tensors by name, as torch made them. `branches` holds, by value and reader, the contributions to a gradient that
    several readers add up to."""

    values: dict[str, Tensor] = field(default_factory=dict)
    gradients: dict[str, Tensor] = field(default_factory=dict)
    branches: dict[tuple[str, str], Tensor] = field(default_factory=dict)
    readers: dict[str, list[str]] = field(default_factory=dict)

    def tap(self, name: str, value: Tensor) -> Tensor:
        """Keep a value. The view that goes on is the same numbers under a node of its own in autograd's graph, so that
        where one operation ends and the next begins can be read from the graph."""
        self.values[name] = value.view_as(value)
        return self.values[name]


def parameters_by_name(model: Transformer) -> dict[str, Tensor]:
    """The model's parameters under the names that a trace gives them."""
    return {traced(name): parameter for name, parameter in model.named_parameters()}


def capture(model: Transformer, tokens: Tensor, targets: Tensor, weights: Tensor) -> Captured:
    """Forward, loss and backward of one sequence: tokens, targets, weights (T,). The model is left as it was: gradients
    are handed over, not added to its parameters."""
    seen = Captured()
    with torch.enable_grad(), model.watch(seen.tap), _reading_once(model):
        logits = model(tokens[None])[0]  # (T, V)
        token_loss = seen.tap("token_loss", F.cross_entropy(logits, targets, reduction="none"))  # (T,)
        loss = seen.tap("loss", (token_loss * weights).sum() / weights.sum())  # ()
        named = {name: value for name, value in seen.values.items() if value.requires_grad}
        named |= parameters_by_name(model)
        edges = Edges(named)
        seen.readers = edges.readers()
        edges.listen(seen)
        gradients = torch.autograd.grad(loss, list(named.values()))
    seen.gradients = dict(zip(named, gradients, strict=True))
    return seen


@contextmanager
def _reading_once(model: Transformer) -> Iterator[None]:
    """RMSNorm reads a value twice, for the division and for its size. Behind a view of its own it reads it once, and
    autograd adds the two up before they join what other readers contribute."""
    norms = [module for module in model.modules() if isinstance(module, RMSNorm)]
    hooks = [norm.register_forward_pre_hook(lambda _, inputs: (inputs[0].view_as(inputs[0]),)) for norm in norms]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


class Edges:
    """Autograd's graph behind a loss, cut into operations at the named tensors: who reads what, through which edges."""

    def __init__(self, named: dict[str, Tensor]) -> None:
        # `nodes`: where each named tensor is made; `inner`: the operation that every node is part of. A node's identity
        # lasts only as long as somebody holds it, so they are held here.
        self.nodes: dict[str, Node] = {n: torch.autograd.graph.get_gradient_edge(t).node for n, t in named.items()}
        self._names = {node: name for name, node in self.nodes.items()}
        self._edges: dict[str, list[tuple[str, Node, int]]] = {name: [] for name in named}
        self.inner: dict[Node, str] = {}
        for name, node in self.nodes.items():
            self._walk(node, name)

    def _walk(self, node: Node, reader: str) -> None:
        """Follow the edges from an operation's output back to the named tensors it was made from."""
        self.inner[node] = reader
        for i, (source, _) in enumerate(node.next_functions):
            if source in self._names:
                self._edges[self._names[source]].append((reader, node, i))
            elif source is not None and source not in self.inner:
                self._walk(source, reader)

    def readers(self) -> dict[str, list[str]]:
        """Which operations read each named tensor, in the order of the forward pass."""
        return {name: list(dict.fromkeys(reader for reader, _, _ in edges)) for name, edges in self._edges.items()}

    def listen(self, seen: Captured) -> None:
        """Record what flows into each tensor that has several readers, reader by reader."""
        wanted: dict[Node, list[tuple[int, tuple[str, str]]]] = defaultdict(list)
        for name, readers in self.readers().items():
            if len(readers) > 1:
                for reader, node, i in self._edges[name]:
                    wanted[node].append((i, (name, reader)))
        for node, places in wanted.items():
            node.register_hook(_recorder(seen, places))


def _recorder(seen: Captured, places: list[tuple[int, tuple[str, str]]]) -> Any:
    def record(grad_inputs: tuple[Tensor | None, ...], grad_outputs: tuple[Tensor | None, ...]) -> None:
        for i, place in places:
            flow = grad_inputs[i]
            assert flow is not None, place
            assert place not in seen.branches, place
            seen.branches[place] = flow

    return record

"""All parameters of a model in one piece of memory, and all their gradients in another. Knows no transformer.

A small model spends more time on the forty calls around its forty parameters than on the arithmetic. Laid side by
side, one call updates them, one finds the norm of the gradient, one copies the whole state. Each parameter of the
model stays what it was, a tensor with a name and a shape: it is only a view now.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

ALIGNMENT = 16  # floats: every parameter starts on a cache line of its own; the gap is zero and stays zero


@dataclass(frozen=True)
class Span:
    """Where one named parameter lies in the flat memory."""

    start: int
    stop: int
    shape: torch.Size


@dataclass(frozen=True)
class Piece:
    """Neighbouring parameters that an optimizer updates as one; `parameter` shares memory with the model's own."""

    name: str
    parameter: nn.Parameter
    start: int
    spans: dict[str, Span]

    def parts(self, tensor: Tensor) -> dict[str, Tensor]:
        """Views of `tensor`, which has this piece's size, by parameter name and in its shape."""
        flat = tensor.view(-1)
        return {
            name: flat[span.start - self.start : span.stop - self.start].view(span.shape)
            for name, span in self.spans.items()
        }


def is_hidden_matrix(name: str, parameter: Tensor) -> bool:
    """Whether it is a matrix inside a block (Muon's share), neither an embedding nor the unembedding."""
    return name.startswith("blocks.") and parameter.ndim == 2


class FlatParameters:
    """Moves a model's parameters and gradients into flat memory: hidden matrices, other matrices, vectors.

    Autograd leaves each gradient in a tensor of its own; `collect_gradients` brings them together in `grads`. (Adding
    into `grads` right away would save the copy, and is 1–3 % of a step slower: every parameter is then read as well.)
    """

    def __init__(self, model: nn.Module) -> None:
        named = list(model.named_parameters())
        hidden = [(n, p) for n, p in named if is_hidden_matrix(n, p)]
        rest = [(n, p) for n, p in named if p.ndim >= 2 and not is_hidden_matrix(n, p)]
        vectors = [(n, p) for n, p in named if p.ndim < 2]
        self._spans = _lay_out([*hidden, *rest, *vectors])
        self._lengths = [_padded(span.stop) - span.start for span in self._spans.values()]  # with the gap behind each
        self.values, self.grads = torch.zeros(sum(self._lengths)), torch.zeros(sum(self._lengths))
        for name, p in named:
            span = self._spans[name]
            self.values[span.start : span.stop].copy_(p.detach().flatten())
            p.data = self.values[span.start : span.stop].view(span.shape)
        self.whole = self._piece("whole", [name for name, _ in named])
        self._parameters = [p for _, p in named]
        self._collected = list(self.whole.parts(self.grads).values())
        self.hidden = [self._matrix(name) for name, _ in hidden]
        self.matrices = self._piece("matrices", [n for n, _ in hidden + rest])
        self.rest = self._piece("rest", [n for n, _ in rest])
        self.remainder = self._piece("remainder", [n for n, _ in rest + vectors])

    def collect_gradients(self) -> None:
        """Move the parameters' gradients of one backward pass into `grads`; every parameter must have one."""
        torch._foreach_copy_(self._collected, [p.grad for p in self._parameters if p.grad is not None])
        for p in self._parameters:
            p.grad = None

    def _matrix(self, name: str) -> Piece:
        """One matrix in its own shape."""
        span = self._spans[name]
        parameter = nn.Parameter(self.values[span.start : span.stop].view(span.shape))
        parameter.grad = self.grads[span.start : span.stop].view(span.shape)
        return Piece(name, parameter, span.start, {name: span})

    def _piece(self, name: str, names: list[str]) -> Piece:
        spans = {n: self._spans[n] for n in names}
        start = min((s.start for s in spans.values()), default=0)
        stop = max((_padded(s.stop) for s in spans.values()), default=0)
        parameter = nn.Parameter(self.values[start:stop])
        parameter.grad = self.grads[start:stop]
        return Piece(name, parameter, start, spans)

    def broken(self) -> list[str]:
        """Names of the parameters with a value that is not finite."""
        return [name for name, part in self.whole.parts(self.values).items() if not part.isfinite().all()]

    def group_norms(self, tensor: Tensor, group_of: Callable[[str], str]) -> dict[str, float]:
        """Euclidean norm of a flat `tensor` within each group of parameters."""
        squares: dict[str, float] = {}
        norms = torch.stack(torch._foreach_norm(tensor.split_with_sizes(self._lengths))).tolist()
        for name, norm in zip(self._spans, norms, strict=True):
            squares[group_of(name)] = squares.get(group_of(name), 0.0) + norm**2
        return {group: square**0.5 for group, square in squares.items()}


def _padded(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT


def _lay_out(named: list[tuple[str, nn.Parameter]]) -> dict[str, Span]:
    spans, start = {}, 0
    for name, p in named:
        spans[name] = Span(start, start + p.numel(), p.shape)
        start = _padded(start + p.numel())
    return spans

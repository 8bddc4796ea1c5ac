"""Is the gradient right? One weight is moved up and down by ever smaller steps, and the slope of the loss is measured.

(L(w + ε) − L(w − ε)) / 2ε is not the slope but nearly: it leaves out how the loss bends (the truncation, which shrinks
with ε²), and it subtracts two numbers that are almost equal (the rounding, which grows with 1/ε). Both are seen in
float32 and in float64. Works on copies of a model; knows no run.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from model.records import Batch
from model.trace_capture import parameters_by_name
from model.transformer import Transformer
from model.trying import loss_of, weight

STEPS = tuple(10.0 ** (-k / 3) for k in range(34))  # 1 … 1e-11, three in every tenfold
PRECISIONS = {"float32": torch.float32, "float64": torch.float64}


@dataclass(frozen=True)
class Measured:
    """One precision's answers: the loss (nats), autograd's slope, and for each ε the loss above and below."""

    loss: float
    gradient: float
    above: list[float]
    below: list[float]

    def quotients(self, steps: Sequence[float]) -> list[float]:
        """The measured slope for each ε."""
        return [(up - down) / (2 * e) for e, up, down in zip(steps, self.above, self.below, strict=True)]


def check_gradient(
    model: Transformer, batch: Batch, name: str, index: Sequence[int], steps: Sequence[float] = STEPS
) -> dict[str, Measured]:
    """Measure the slope of a row's loss by one weight, in each precision. ValueError, one sentence, for no such one."""
    weight(model, name, index)
    return {called: _measure(model, dtype, batch, name, tuple(index), steps) for called, dtype in PRECISIONS.items()}


def _measure(
    model: Transformer, dtype: torch.dtype, batch: Batch, name: str, index: tuple[int, ...], steps: Sequence[float]
) -> Measured:
    own = copy.deepcopy(model).to(dtype)
    parameter = parameters_by_name(own)[name]
    with torch.enable_grad():
        loss = loss_of(own, batch)
        (gradient,) = torch.autograd.grad(loss, [parameter])
    with torch.no_grad():
        before = parameter[index].clone()

        def moved(step: float) -> float:
            parameter[index] = before + step
            return float(loss_of(own, batch))

        above, below = [moved(step) for step in steps], [moved(-step) for step in steps]
    return Measured(loss.item(), float(gradient[index]), above, below)

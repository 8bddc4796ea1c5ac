"""Trying things on a model: how well it reads one text, and what one weight has to do with it.

It reads and writes single weights of the model it is given; whose model that is, and what is kept of a try, is known
elsewhere. A text is read as in a trace: float32, attention step by step, BatchNorm with its running statistics.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from model.fields import shown
from model.measure import batch_loss
from model.operands import checked_index
from model.records import Batch
from model.trace_capture import parameters_by_name
from model.transformer import Transformer

N_LIKELIEST = 10
LARGEST_WEIGHT = 1e6

Reading = dict[str, NDArray[Any]]


@torch.no_grad()
def read(model: Transformer, batch: Batch) -> Reading:
    """How the model reads a batch of one row: for each of its T targets `token_loss` (nats) and `target_probability`,
    (T,), and what it held for the likeliest, `likeliest` (ids) and `likeliest_probability`, (T, up to 10)."""
    targets = torch.from_numpy(batch.targets[0])
    logits = _logits(model, batch)[0]  # (T, V)
    loss = F.cross_entropy(logits, targets, reduction="none")  # (T,)
    likeliest = logits.softmax(dim=-1).topk(min(N_LIKELIEST, logits.size(-1)))  # (T, up to 10)
    return {
        "token_loss": loss.numpy(),
        "target_probability": (-loss).exp().numpy(),
        "likeliest": likeliest.indices.numpy().astype(np.int32),
        "likeliest_probability": likeliest.values.numpy(),
    }


def loss_of(model: Transformer, batch: Batch) -> Tensor:
    """Mean cross-entropy (nats) of the targets that count, in the model's own precision, to go back from: a scalar."""
    return batch_loss(_logits(model, batch), batch)


def slope(model: Transformer, batch: Batch, name: str, index: Sequence[int]) -> float:
    """The derivative of a batch's loss by one weight: its entry in the gradient. ValueError as for `weight`."""
    _check(model, name, index)
    parameter = parameters_by_name(model)[name]
    with torch.enable_grad():
        (gradient,) = torch.autograd.grad(loss_of(model, batch), [parameter])
    return float(gradient[tuple(index)])


def largest_slope(model: Transformer, batch: Batch, name: str | None = None) -> tuple[str, list[int]]:
    """The weight that the batch's loss depends on most, of all parameters or of the one called `name`."""
    parameters = parameters_by_name(model)
    if name is not None:
        _check(model, name, [0] * parameters[name].dim() if isinstance(name, str) and name in parameters else [])
        parameters = {name: parameters[name]}
    with torch.enable_grad():
        gradients = torch.autograd.grad(loss_of(model, batch), list(parameters.values()))
    sizes = {name: gradient.abs() for name, gradient in zip(parameters, gradients, strict=True)}
    top = max(sizes, key=lambda each: float(sizes[each].max()))
    return top, [int(i) for i in np.unravel_index(int(sizes[top].argmax()), sizes[top].shape)]


def weight(model: Transformer, name: str, index: Sequence[int]) -> float:
    """One weight, by the parameter's name in a trace. ValueError, one sentence, where the model has no such weight."""
    _check(model, name, index)
    return float(parameters_by_name(model)[name][tuple(index)].item())


@torch.no_grad()
def set_weight(model: Transformer, name: str, index: Sequence[int], value: float) -> float:
    """Give one weight another value; returns it as float32 keeps it. ValueError for no such weight or a wild value."""
    _check(model, name, index)
    if type(value) not in (int, float) or not abs(value) <= LARGEST_WEIGHT:
        largest = f"{LARGEST_WEIGHT:,.0f}"
        raise ValueError(f"value must be a number from −{largest} to {largest}; got {shown(value)}")
    parameters_by_name(model)[name][tuple(index)] = value
    return weight(model, name, index)


def _logits(model: Transformer, batch: Batch) -> Tensor:
    """(1, T, V), on the path that a trace shows."""
    with model.watch(lambda name, value: value):
        return model(torch.from_numpy(batch.tokens))  # type: ignore[no-any-return]


def _check(model: Transformer, name: object, index: object) -> None:
    parameters = parameters_by_name(model)
    if not isinstance(name, str) or name not in parameters:
        raise ValueError(f"name must be a parameter of this model, such as {next(iter(parameters))}; got {shown(name)}")
    checked_index(index, name, tuple(parameters[name].shape))

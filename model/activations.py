"""Activation functions: the bend between the two matrices of an MLP, without which they would be one matrix.

SwiGLU is not here: it takes a third matrix, so it is an MLP of its own (`model/transformer.py`).
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor


def identity(x: Tensor) -> Tensor:
    """No bend at all: shows what the others are for."""
    return x


def relu2(x: Tensor) -> Tensor:
    """ReLU squared (So et al., 2021, Primer)."""
    return F.relu(x).square()


ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "identity": identity,
    "relu": F.relu,
    "relu2": relu2,
    "gelu": F.gelu,
    "silu": F.silu,
    "tanh": torch.tanh,
}

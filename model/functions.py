"""The elementwise functions of a trace: value, local derivatives, their names and their lines of code, side by side.

NumPy only; `model/activations.py` has the same functions as the transformer runs them.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from model.operands import Floats

_ROOT_2, _ROOT_2_PI = math.sqrt(2), math.sqrt(2 * math.pi)


@dataclass(frozen=True)
class Function:
    """A function of entries at the same place. `slopes` has the derivative by each input, `slope_code` its line."""

    label: str
    value: Callable[..., Floats]
    slopes: tuple[Callable[..., Floats], ...]
    slope_labels: tuple[str, ...]
    slope_code: tuple[str, ...]
    is_sum: bool = False


def _erf(x: Floats) -> Floats:
    return np.asarray(np.frompyfunc(math.erf, 1, 1)(x), np.float64)


def _sigmoid(x: Floats) -> Floats:
    return 0.5 * (1 + np.tanh(x / 2))  # no overflow, however negative x is


def _normal_share(x: Floats) -> Floats:
    """How much of a standard normal distribution lies below x."""
    return 0.5 * (1 + _erf(np.asarray(x) / _ROOT_2))


def _silu(x: Floats) -> Floats:
    return x * _sigmoid(x)


def _silu_slope(x: Floats) -> Floats:
    return _sigmoid(x) * (1 + x * (1 - _sigmoid(x)))


def _one(*inputs: Floats) -> Floats:
    return np.ones(())


_SILU_CODE = "torch.sigmoid({0}) * (1 + {0} * (1 - torch.sigmoid({0})))"

FUNCTIONS = {
    "identity": Function("x", lambda x: x, (_one,), ("1",), ("1",), is_sum=True),
    "add": Function("a + b", lambda *x: sum(x[1:], start=x[0]), (_one, _one), ("1", "1"), ("1", "1"), is_sum=True),
    "relu": Function(
        "relu(x)", lambda x: np.maximum(x, 0), (lambda x: np.where(x > 0, 1.0, 0.0),), ("relu′(x)",), ("({0} > 0)",)
    ),
    "relu2": Function(
        "relu(x)²", lambda x: np.maximum(x, 0) ** 2, (lambda x: 2 * np.maximum(x, 0),), ("2 relu(x)",),
        ("2 * F.relu({0})",),
    ),
    "tanh": Function(
        "tanh(x)", np.tanh, (lambda x: 1 - np.tanh(x) ** 2,), ("1 − tanh²(x)",), ("(1 - torch.tanh({0}) ** 2)",)
    ),
    "gelu": Function(
        "gelu(x)",
        lambda x: x * _normal_share(x),
        (lambda x: _normal_share(x) + x * np.exp(-(x**2) / 2) / _ROOT_2_PI,),
        ("gelu′(x)",),
        ("(torch.special.ndtr({0}) + {0} * torch.exp(-({0} ** 2) / 2) / math.sqrt(2 * math.pi))",),
    ),
    "silu": Function("silu(x)", _silu, (_silu_slope,), ("silu′(x)",), (_SILU_CODE,)),
    "swiglu": Function(
        "silu(gate) · x",
        lambda gate, x: _silu(gate) * x,
        (lambda gate, x: _silu_slope(gate) * x, lambda gate, x: _silu(gate)),
        ("silu′(gate) · x", "silu(gate)"),
        (f"{_SILU_CODE} * {{1}}", "F.silu({0})"),
    ),
    "one": Function("1", _one, (), (), ()),
}  # fmt: skip

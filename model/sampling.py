"""From logits to one token: temperature, top-k, top-p and the draw, each stage by itself. Knows no model; torch-free.

The browser computes the same in viz/components/generate/sampling.js, so that bars follow a slider without a question to
the model; a test holds the two against each other. Ties: of equal logits the token that stands first in the vocabulary
counts as the likelier one, everywhere. Temperature 0 gives everything to the likeliest. Top-p: Holtzman et al., 2020.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.fields import shown

Floats = NDArray[np.float64]
_WORD = 0xFFFFFFFF  # 32 bits


@dataclass(frozen=True)
class Rule:
    """How a token is chosen. top_k 0 keeps every token, top_p 1 too. ValueError names a field that is out of range."""

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0

    def __post_init__(self) -> None:
        _check("temperature", self.temperature, 0 <= _number(self.temperature) <= 100, "a number from 0 to 100")
        _check("top_k", self.top_k, type(self.top_k) is int and self.top_k >= 0, "a whole number, 0 for all")
        _check("top_p", self.top_p, 0 < _number(self.top_p) <= 1, "a number above 0, at most 1")


@dataclass(frozen=True)
class Stages:
    """Every token's probability after each stage, (V,) float64 by token id; each sums to 1. `order` (V,) lists the ids
    from the likeliest to the least likely."""

    order: NDArray[np.intp]
    tempered: Floats
    top_k: Floats
    top_p: Floats


def stages(logits: NDArray[Any], rule: Rule) -> Stages:
    """The stages that logits (V,) go through. ValueError when they are not finite: there is nothing to draw from."""
    values = logits.astype(np.float64)
    if not np.isfinite(values).all():
        raise ValueError("the model's logits are no longer finite numbers, so there is nothing to draw from")
    order = np.argsort(-values, kind="stable")  # (V,)
    tempered = _softmax(values, rule.temperature, order[0])
    kept_k = order[: rule.top_k] if rule.top_k else order
    top_k = _only(tempered, kept_k)
    return Stages(order, tempered, top_k, _only(top_k, _nucleus(top_k, kept_k, rule.top_p)))


def _softmax(values: Floats, temperature: float, best: np.intp) -> Floats:
    if temperature == 0:
        return np.asarray(np.eye(1, len(values), int(best))[0])
    weights = np.exp((values - values[best]) / max(temperature, 1e-300))  # at most 1, so nothing overflows
    return np.asarray(weights / weights.sum())


def _only(probs: Floats, kept: NDArray[np.intp]) -> Floats:
    """The same shares among the kept tokens alone."""
    left = np.zeros_like(probs)
    left[kept] = probs[kept]
    return np.asarray(left / left.sum())


def _nucleus(probs: Floats, ranked: NDArray[np.intp], top_p: float) -> NDArray[np.intp]:
    """The fewest of the likeliest whose probabilities reach `top_p`."""
    if top_p == 1:
        return ranked
    return ranked[: int(np.searchsorted(np.cumsum(probs[ranked]), top_p)) + 1]


def draw(probs: Floats, order: NDArray[np.intp], u: float) -> int:
    """The token on whose piece of the line u in [0, 1) falls; the pieces lie in `order`, the likeliest first."""
    ends = np.cumsum(probs[order])
    last = int(np.count_nonzero(probs[order])) - 1  # rounding may leave the line's end a little short of 1
    return int(order[min(int(np.searchsorted(ends, u, side="right")), last)])


def uniform(seed: int, i: int) -> float:
    """Random number `i` of `seed`, in [0, 1): 53 bits of a hash of both, so that every draw can be had by itself.

    The hash mixes 32-bit words (lowbias32, Wellons 2018); two words make a number as in MT19937's genrand_res53.
    """
    high, low = (_mix(_mix(seed ^ 0x9E3779B9) ^ _mix(word + 0x85EBCA6B)) for word in (2 * i, 2 * i + 1))
    return ((high >> 5) * 67108864 + (low >> 6)) / 9007199254740992


def _mix(x: int) -> int:
    x &= _WORD
    x = ((x ^ (x >> 16)) * 0x7FEB352D) & _WORD
    x = ((x ^ (x >> 15)) * 0x846CA68B) & _WORD
    return x ^ (x >> 16)


def _number(value: Any) -> float:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else math.nan


def _check(name: str, value: object, is_allowed: bool, allowed: str) -> None:
    if not is_allowed:
        raise ValueError(f"{name} must be {allowed}; got {shown(value)}")

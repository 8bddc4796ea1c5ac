"""The norms and their gradients: out = gain · (x − mean) / deviation + bias along the last axis.

LayerNorm takes mean and deviation from the row itself, RMSNorm has mean 0 and takes the root mean square, BatchNorm
reads both from its running statistics. `roles` names the inputs, as not every norm has every one.
"""

from typing import NamedTuple

import numpy as np

from model.operands import Floats, Index, Kind, Operands, product
from model.records import Factor, Term


class Statistics(NamedTuple):
    """What a norm subtracts and what it multiplies by; they broadcast over x."""

    mean: Floats
    rate: Floats  # one over the deviation


def statistics(x: Operands) -> Statistics:
    """Mean and rate of the input `x`, as this norm takes them."""
    value, eps, norm = x.role("x"), x.number("eps"), x.settings["norm"]
    if norm == "batchnorm":
        return Statistics(x.role("running_mean", 0), 1 / np.sqrt(x.role("running_var", 1) + eps))
    mean = value.mean(axis=-1, keepdims=True) * (norm == "layernorm")
    return Statistics(mean, 1 / np.sqrt(np.square(value - mean).mean(axis=-1, keepdims=True) + eps))


def _at(x: Operands, index: Index) -> tuple[float, float]:
    """Mean and rate that hold for one cell."""
    shape = x.role("x").shape
    mean, rate = statistics(x)
    return float(np.broadcast_to(mean, shape)[index]), float(np.broadcast_to(rate, shape)[index])


class Normalise:
    """out = gain · (x − mean) · rate + bias."""

    @staticmethod
    def replay(x: Operands) -> Floats:
        """See above."""
        mean, rate = statistics(x)
        return (x.role("x") - mean) * rate * x.role("gain", 1) + x.role("bias", 0)

    @staticmethod
    def terms(x: Operands, index: Index) -> list[Term]:
        """The value and the mean, both made to size; then the bias."""
        mean, rate = _at(x, index)
        gain, row = x.entry("gain", index[-1:]), _row(x, index)
        found = [product(rate, x.factor(0, index), *gain, label="1 / deviation", of=row)]
        if mean:
            found.append(product(-mean * rate, *gain, label="−mean / deviation", of=row))
        return found + [product(1, bias) for bias in x.entry("bias", index[-1:])]


def _row(x: Operands, index: Index) -> tuple[Factor, ...]:
    """The entries that mean and deviation were made from."""
    if x.settings["norm"] == "batchnorm":
        return (*x.entry("running_mean", index[-1:]), *x.entry("running_var", index[-1:]))
    width = x.role("x").shape[-1]
    return tuple(entry for k in range(width) for entry in x.entry("x", (*index[:-1], k)))


class NormaliseBackward:
    """out[j] = Σ_k g[k] · gain[k] · rate · (δ_jk − 1/n − x̂[j] x̂[k] / n), with x̂ the normalised value.

    A number can only stand out: raising all of a row alike, or its size, changes nothing. RMSNorm has no −1/n, and
    BatchNorm, whose statistics are constants here, neither of the two.
    """

    @staticmethod
    def replay(x: Operands) -> Floats:
        """See above."""
        mean, rate = statistics(x)
        g, norm = x.role("upstream") * x.role("gain", 1), x.settings["norm"]
        if norm == "batchnorm":
            return g * rate
        own = (x.role("x") - mean) * rate
        shared = own * (g * own).mean(axis=-1, keepdims=True) + g.mean(axis=-1, keepdims=True) * (norm == "layernorm")
        gradient: Floats = rate * (g - shared)
        return gradient

    @staticmethod
    def terms(x: Operands, index: Index) -> list[Term]:
        """One for each channel of the row; for BatchNorm the channel alone."""
        *before, j = index
        mean, rate = _at(x, index)
        row, norm = x.role("x")[tuple(before)], x.settings["norm"]
        own, of = (row - mean) * rate, _row(x, index)
        found = []
        for k in [j] if norm == "batchnorm" else range(len(row)):
            local = rate * (k == j)
            if norm != "batchnorm":
                local -= rate * ((norm == "layernorm") + own[j] * own[k]) / len(row)
            found.append(product(local, x.factor(0, (*before, k)), *x.entry("gain", (k,)), label="∂x̂′/∂x", of=of))
        return found


class NormaliseGain:
    """out[c] = Σ_t g[t, c] · x̂[t, c]: the gradient of a norm's gain."""

    @staticmethod
    def replay(x: Operands) -> Floats:
        """See above."""
        mean, rate = statistics(x)
        gradient: Floats = (x.role("upstream") * (x.role("x") - mean) * rate).sum(axis=0)
        return gradient

    @staticmethod
    def terms(x: Operands, index: Index) -> list[Term]:
        """One for each position."""
        mean, rate = statistics(x)
        column = ((x.role("x") - mean) * rate)[:, index[0]]
        cells = [(t, index[0]) for t in range(len(column))]
        return [product(column[c[0]], x.factor(0, c), label="x̂", of=_row(x, c)) for c in cells]


KINDS: dict[str, Kind] = {
    "normalise": Normalise(),
    "normalise_backward": NormaliseBackward(),
    "normalise_gain": NormaliseGain(),
}

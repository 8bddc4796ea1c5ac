"""Kinds of the update: learning rate, gradient norm, clipping, what the optimizers remember, and the new weight.

`roles` names the inputs, as not every update has every one. Weight decay appears where the optimizer has it: SGD,
momentum, RMSProp and Adam add it to the gradient, AdamW and Muon shrink the weight itself.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from model.operands import Floats, Index, Kind, Operands, product
from model.records import Term

Settings = dict[str, Any]


class Schedule:
    """The learning rate of update number `step`: `peak` × the schedule's share, as `optim.schedule_share` gives it."""

    @staticmethod
    def replay(x: Operands) -> Floats:
        """See above."""
        s = x.settings
        if s["step"] < s["warmup_steps"]:
            return np.asarray(s["peak"] * s["step"] / s["warmup_steps"])
        if s["schedule"] == "constant":
            return np.asarray(s["peak"])
        progress = min(1.0, (s["step"] - s["warmup_steps"]) / max(1, s["n_steps"] - s["warmup_steps"]))
        remaining = 1 - progress if s["schedule"] == "linear" else (1 + math.cos(math.pi * progress)) / 2
        return np.asarray(s["peak"] * (s["final"] + (1 - s["final"]) * remaining))

    @staticmethod
    def terms(x: Operands, index: Index) -> list[Term]:
        """One: peak × share."""
        return [product(float(Schedule.replay(x)), label="peak · share")]


class GradientNorm:
    """out = √ Σ g² over all entries of all gradients."""

    @staticmethod
    def replay(x: Operands) -> Floats:
        """See above."""
        return np.asarray(math.sqrt(sum(GradientNorm._squares(x))))

    @staticmethod
    def terms(x: Operands, index: Index) -> list[Term]:
        """One for each gradient: its part of the sum of squares, over the norm."""
        norm = float(GradientNorm.replay(x)) or 1.0
        squares = zip(GradientNorm._squares(x), x.names, strict=True)
        return [product(square / norm, label=f"‖{name}‖² / norm") for square, name in squares]

    @staticmethod
    def _squares(x: Operands) -> list[float]:
        return [float(np.square(x[i]).sum()) for i in range(len(x))]


class Clip:
    """out = g · max_norm / (norm + 1e-6) where the norm is above max_norm, else g. Inputs: g, norm."""

    @staticmethod
    def replay(x: Operands) -> Floats:
        """See above."""
        return x[0] * Clip._share(x)

    @staticmethod
    def terms(x: Operands, index: Index) -> list[Term]:
        """One: the gradient and what is left of it."""
        return [product(Clip._share(x), x.factor(0, index), label="share kept", of=(x.factor(1, ()),))]

    @staticmethod
    def _share(x: Operands) -> float:
        norm, most = float(x[1]), x.number("max_norm")
        return most / (norm + 1e-6) if norm > most else 1.0


def _decayed(x: Operands) -> Floats:
    """The gradient, with the weight decay that some optimizers add to it."""
    return x.role("gradient") + x.number("weight_decay") * x.role("weight")


class Average:
    """out = keep · old + add · (gradient + weight_decay · weight): a running mean, or a sum where add is 1."""

    @staticmethod
    def replay(x: Operands) -> Floats:
        """See above."""
        return x.number("keep") * x.role("old") + x.number("add") * _decayed(x)

    @staticmethod
    def terms(x: Operands, index: Index) -> list[Term]:
        """One for each input."""
        keep, add, decay = x.number("keep"), x.number("add"), x.number("weight_decay")
        shares = {"old": keep, "gradient": add, "weight": add * decay}
        return [product(share, entry) for role, share in shares.items() for entry in x.entry(role, index)]


class AverageSquare:
    """out = keep · old + (1 − keep) · (gradient + weight_decay · weight)²."""

    @staticmethod
    def replay(x: Operands) -> Floats:
        """See above."""
        keep = x.number("keep")
        return keep * x.role("old") + (1 - keep) * np.square(_decayed(x))

    @staticmethod
    def terms(x: Operands, index: Index) -> list[Term]:
        """The old mean and the square, multiplied out where weight decay makes it the square of a sum."""
        keep, decay = x.number("keep"), x.number("weight_decay")
        (old,), (g,) = x.entry("old", index), x.entry("gradient", index)
        found = [product(keep, old), product(1 - keep, g, g)]
        for w in x.entry("weight", index):
            found += [product(2 * (1 - keep) * decay, g, w), product((1 - keep) * decay**2, w, w)]
        return found


def _plain(settings: Settings, v: Floats) -> Floats:
    return np.ones_like(v)


def _over_root(settings: Settings, v: Floats) -> Floats:
    return 1 / (np.sqrt(v) + float(settings["eps"]))


def _over_root_unbiased(settings: Settings, v: Floats) -> Floats:
    """Both means started at zero: dividing by 1 − β^n makes up for that."""
    start1, start2 = (1 - float(settings[beta]) ** settings["n_updates"] for beta in ("beta1", "beta2"))
    size: Floats = 1 / start1 / (np.sqrt(v / start2) + float(settings["eps"]))
    return size


def _scaled(settings: Settings, v: Floats) -> Floats:
    return np.full_like(v, settings["scale"])


@dataclass(frozen=True)
class Descend:
    """new = weight − learning_rate · size · direction − learning_rate · pull · weight: one optimizer's way down.

    `direction` is the role of the input that says where to, `size` what it is multiplied by, from the mean square v
    where the optimizer keeps one, and `pull` how weight decay comes in: with the gradient (as large as its size), apart
    from it, or not here, because what the optimizer remembers already has it.
    """

    direction: str
    size: Callable[[Settings, Floats], Floats]
    size_label: str
    pull: str  # with the gradient | apart | not here

    def replay(self, x: Operands) -> Floats:
        """See above."""
        size = self.size(x.settings, x.role("v"))
        step = size * x.role(self.direction) + self._pull(x, size) * x.role("weight")
        return x.role("weight") - x.role("learning_rate") * step

    def terms(self, x: Operands, index: Index) -> list[Term]:
        """The weight; the step; weight decay, where it comes in here."""
        (weight,), (rate,), v = x.entry("weight", index), x.entry("learning_rate", ()), x.entry("v", index)
        size = self.size(x.settings, np.asarray(v[0].value if v else 0.0))
        step = product(-float(size), rate, *x.entry(self.direction, index), label=self.size_label, of=v)
        pull = float(self._pull(x, size))
        decay = [product(-pull, rate, weight, label="weight decay", of=v)] if pull else []
        return [product(1, weight), step, *decay]

    def _pull(self, x: Operands, size: Floats) -> Floats:
        decay = x.number("weight_decay")
        return {"with the gradient": decay * size, "apart": decay * np.ones_like(size)}.get(self.pull, 0 * size)


def _bfloat16(x: ArrayLike) -> NDArray[np.float32]:
    """Rounded to the nearest number that bfloat16 has: the upper half of a float32, ties to even."""
    bits = np.array(x, np.float32, order="C").view(np.uint32)  # 0-d stays 0-d
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) & np.uint32(0xFFFF0000)).view(np.float32)


class NewtonSchulz:
    """The nearest orthogonal matrix, roughly: all singular values pushed towards 1 by `n_rounds` of a quintic.

    Rounded to bfloat16 after every product, as Muon computes it (`optim.orthogonalise`).
    """

    @staticmethod
    def replay(x: Operands) -> Floats:
        """See above."""
        is_standing = x[0].shape[0] > x[0].shape[1]
        a, b, c = x.settings["coefficients"]
        m = _bfloat16(x[0].T if is_standing else x[0])
        m = _bfloat16(m / max(float(_bfloat16(np.linalg.norm(m))), 1e-7))
        for _ in range(x.settings["n_rounds"]):
            gram = _bfloat16(m @ m.T)
            m = _bfloat16(a * m + _bfloat16(b * gram + c * (gram @ gram)) @ m)
        return (m.T if is_standing else m).astype(np.float64)

    @staticmethod
    def terms(x: Operands, index: Index) -> list[Term]:
        """One: every entry of the matrix plays a part."""
        return [product(float(NewtonSchulz.replay(x)[index]), label="Newton–Schulz", of=(x.factor(0, index),))]


KINDS: dict[str, Kind] = {
    "schedule": Schedule(),
    "gradient_norm": GradientNorm(),
    "clip": Clip(),
    "average": Average(),
    "average_square": AverageSquare(),
    "newton_schulz": NewtonSchulz(),
    "sgd": Descend("gradient", _plain, "", "with the gradient"),
    "momentum": Descend("m", _plain, "", "not here"),
    "rmsprop": Descend("gradient", _over_root, "1 / (√v + ε)", "with the gradient"),
    "adam": Descend("m", _over_root_unbiased, "1 / (√v̂ + ε), m̂ for m", "not here"),
    "adamw": Descend("m", _over_root_unbiased, "1 / (√v̂ + ε), m̂ for m", "apart"),
    "muon": Descend("orthogonal", _scaled, "√(out / in)", "apart"),
}

"""Kinds whose cells are sums of products of entries: gather, scatter, einsum, rotate, mask.

The gradient of each is again one of them: of a gather a scatter, of an einsum two, of a rotation the rotation back.
"""

import math
from itertools import product as combinations

import numpy as np

from model.operands import Floats, Index, Kind, Operands, product
from model.records import Factor, Term


class Gather:
    """out[t, c] = table[rows[t], c]: looking up is reading rows."""

    @staticmethod
    def replay(x: Operands) -> Floats:
        """See above."""
        return x[0][x.ids(1)]

    @staticmethod
    def terms(x: Operands, index: Index) -> list[Term]:
        """One: the entry of the table."""
        return [product(1, x.factor(0, (x.ids(1)[index[0]], index[1])))]


class Scatter:
    """out[r, c] = Σ_t g[t, c] over the positions t that looked up row r; `n_rows` rows."""

    @staticmethod
    def replay(x: Operands) -> Floats:
        """See above."""
        out = np.zeros((x.settings["n_rows"], x[0].shape[1]))
        np.add.at(out, x.ids(1), x[0])
        return out

    @staticmethod
    def terms(x: Operands, index: Index) -> list[Term]:
        """One for each position that looked up the row; none if there was none."""
        return [product(1, x.factor(0, (t, index[1]))) for t, row in enumerate(x.ids(1)) if row == index[0]]


class Einsum:
    """out = scale · Σ a · b, summed over the letters that the output does not have, + bias.

    `subscripts` names the index of each input and of the output by letters, `sizes` says how far each counts, `bias`
    has the letters of the last input where that is added. A tensor is read as if it had one axis per letter: the memory
    is the same, row by row, however it is stored. `shape` is the shape in which the output is stored.
    """

    @staticmethod
    def replay(x: Operands) -> Floats:
        """See above."""
        letters, out, sizes = Einsum._letters(x)
        views = [x[i].reshape([sizes[k] for k in own]) for i, own in enumerate(letters)]
        factors = views[: len(views) - bool(x.settings["bias"])]
        made: Floats = x.number("scale") * np.einsum(x.settings["subscripts"], *factors, optimize=True)
        if x.settings["bias"]:  # its letters stand in the order of the output's
            made = made + x[-1].reshape([sizes[k] if k in letters[-1] else 1 for k in out])
        return made.reshape(x.settings["shape"])

    @staticmethod
    def terms(x: Operands, index: Index) -> list[Term]:
        """One for each combination of the letters summed over, then the bias."""
        letters, out, sizes = Einsum._letters(x)
        at = dict(zip(out, _moved(index, x.settings["shape"], [sizes[k] for k in out]), strict=True))
        bias = [product(1, Einsum._factor(x, len(letters) - 1, letters[-1], at))] if x.settings["bias"] else []
        multiplied = letters[: len(letters) - len(bias)]
        summed = list(dict.fromkeys(k for own in multiplied for k in own if k not in out))
        found = []
        for counts in combinations(*(range(sizes[k]) for k in summed)):
            here = at | dict(zip(summed, counts, strict=True))
            factors = [Einsum._factor(x, i, own, here) for i, own in enumerate(multiplied)]
            found.append(product(x.number("scale"), *factors))
        return found + bias

    @staticmethod
    def _letters(x: Operands) -> tuple[list[str], str, dict[str, int]]:
        left, out = x.settings["subscripts"].split("->")
        bias = x.settings["bias"]
        return left.split(",") + ([bias] if bias else []), out, x.settings["sizes"]

    @staticmethod
    def _factor(x: Operands, i: int, letters: str, at: dict[str, int]) -> Factor:
        seen_as = [x.settings["sizes"][k] for k in letters]
        return x.factor(i, _moved(tuple(at[k] for k in letters), seen_as, x.shape(i)))


def _moved(index: Index, shape: list[int], other: list[int] | tuple[int, ...]) -> Index:
    """The same place in memory, when what has `shape` is seen with another shape of equal size."""
    flat = 0
    for k, size in zip(index, shape, strict=True):
        flat = flat * size + k
    return tuple(flat // math.prod(other[i + 1 :]) % size for i, size in enumerate(other))


class Rotate:
    """RoPE: out[d] = x[d] · cos[d] + direction · x[d′] · sin[d], with d′ half a head away; direction −1 turns back."""

    @staticmethod
    def replay(x: Operands) -> Floats:
        """See above."""
        T, D = x[0].shape[-2:]
        return x[0] * x[1][:T] + x.number("direction") * np.roll(x[0], D // 2, axis=-1) * x[2][:T]

    @staticmethod
    def terms(x: Operands, index: Index) -> list[Term]:
        """Two: of the channel itself and of its partner."""
        *before, t, d = index
        D = x[0].shape[-1]
        partner = (*before, t, (d + D // 2) % D)
        own = product(1, x.factor(0, index), x.factor(1, (t, d)))
        return [own, product(x.number("direction"), x.factor(0, partner), x.factor(2, (t, d)))]


class Mask:
    """out[i, j] = x[i, j] where key j is not later than query i, else `fill` (−inf forward, 0 for gradients)."""

    @staticmethod
    def replay(x: Operands) -> Floats:
        """See above."""
        T = x[0].shape[-1]
        return np.where(np.tri(T, dtype=bool), x[0], x.number("fill"))

    @staticmethod
    def terms(x: Operands, index: Index) -> list[Term]:
        """The entry itself, or what is filled in."""
        is_allowed = index[-1] <= index[-2]
        return [product(1, x.factor(0, index)) if is_allowed else Term(fill := x.number("fill"), fill)]


KINDS: dict[str, Kind] = {
    "gather": Gather(),
    "scatter": Scatter(),
    "einsum": Einsum(),
    "rotate": Rotate(),
    "mask": Mask(),
}

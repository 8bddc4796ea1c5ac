"""What an operation works on: its settings and the arrays of its inputs, by place or by role."""

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from model.fields import shown
from model.records import Array, Factor, Operation, Term

Index = tuple[int, ...]
Floats = NDArray[np.float64]


def checked_index(index: object, name: str, shape: tuple[int, ...]) -> Index:
    """Where in the tensor `name` a cell stands, as it came from a browser. ValueError, one sentence, for nowhere."""
    if not isinstance(index, list | tuple) or len(index) != len(shape):
        raise ValueError(f"index must have {len(shape)} numbers, as {name} has the shape {shape}; got {shown(index)}")
    if not all(type(i) is int and 0 <= i < n for i, n in zip(index, shape, strict=True)):
        raise ValueError(f"index must lie within {name}'s shape {shape}; got {shown(list(index))}")
    return tuple(index)


class Operands:
    """The inputs of one operation, as float64 so that replaying adds no rounding of its own."""

    def __init__(self, operation: Operation, tensors: Mapping[str, Array]) -> None:
        self.settings: dict[str, Any] = operation.settings
        self.names = operation.inputs
        self._arrays = [tensors[name] for name in operation.inputs]
        self._roles: list[str] = operation.settings.get("roles", [])

    def __len__(self) -> int:
        return len(self._arrays)

    def __getitem__(self, i: int) -> Floats:
        """The numbers of input i."""
        return self._arrays[i].astype(np.float64)

    def shape(self, i: int) -> tuple[int, ...]:
        """The shape of input i."""
        return self._arrays[i].shape

    def ids(self, i: int) -> list[int]:
        """Input i, where it holds token ids or positions."""
        return [int(k) for k in self._arrays[i]]

    def number(self, setting: str) -> float:
        """A setting that is a number."""
        return float(self.settings[setting])

    def place(self, role: str) -> int | None:
        """Which input plays a role, if one does; some kinds name theirs, as not every model has all."""
        return self._roles.index(role) if role in self._roles else None

    def role(self, role: str, default: float = 0.0) -> Floats:
        """The input that plays a role, or `default` where the model has none."""
        place = self.place(role)
        return np.asarray(default) if place is None else self[place]

    def factor(self, i: int, index: Index) -> Factor:
        """One entry of input i."""
        return Factor(self.names[i], tuple(int(k) for k in index), float(self._arrays[i][index]))

    def entry(self, role: str, index: Index) -> tuple[Factor, ...]:
        """One entry of the input that plays a role; none where the model has no such input."""
        place = self.place(role)
        return () if place is None else (self.factor(place, index),)


def product(coefficient: float, *factors: Factor, label: str = "", of: tuple[Factor, ...] = ()) -> Term:
    """A term: the coefficient times the factors; `of` are the entries that a labelled coefficient was made from."""
    value = float(coefficient)
    for factor in factors:
        value *= factor.value
    return Term(value, float(coefficient), factors, label, of)


class Kind(Protocol):
    """How one kind of operation works."""

    def replay(self, x: Operands) -> Floats:
        """The whole output."""

    def terms(self, x: Operands, index: Index) -> list[Term]:
        """The summands of the output's entry at `index`."""

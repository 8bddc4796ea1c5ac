"""What a layered drawing is made of: items and the lanes of values that pass them, wires, and their steps."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Wire(NamedTuple):
    """A value on its way from the item that makes or brings it to one that takes it."""

    value: int
    source: str
    target: str


class Lane(NamedTuple):
    """Where a value passes a row."""

    value: int
    row: int


Place = str | Lane
Steps = Mapping[tuple[Place, Place], int]  # from one row to the next, each with its value


def neighbours(steps: Steps) -> tuple[dict[Place, list[Place]], dict[Place, list[Place]]]:
    """For each place those it is joined to in the row below, and in the row above."""
    below: dict[Place, list[Place]] = {}
    above: dict[Place, list[Place]] = {}
    for low, high in steps:
        below.setdefault(high, []).append(low)
        above.setdefault(low, []).append(high)
    return below, above


def mean(values: Sequence[float], otherwise: float) -> float:
    """The mean, or something else where there is nothing to take it of."""
    return sum(values) / len(values) if values else otherwise

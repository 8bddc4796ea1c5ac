"""Layered drawing of one flat graph: which row, in which order, how far to the right. Pure; pixels in, pixels out.

After Sugiyama, Tagawa and Toda (1981). Rows come from the longest path; a wire that passes rows gets a place in each of
them (a lane); barycentres put each row in an order with few crossings; then every place moves as close to its
neighbours as the others let it, chains and lanes as one. What carries straight values (the residual stream) is the
spine: it stands on the left, one above the other.
"""

from bisect import bisect_right, insort
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

GAP, LANE = 22.0, 12.0           # pixels between two places of a row; the width of a lane
N_ORDERINGS, N_MOVES = 8, 16     # sweeps, each up and down
FIXED = 1e6                      # the weight of a place that does not move


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


@dataclass(frozen=True)
class Sheet:
    """A drawn graph: rows from the bottom up, each from left to right, and the middle of every place in pixels."""

    rows: tuple[tuple[Place, ...], ...]
    x: Mapping[Place, float]
    wires: tuple[Wire, ...]


def sheet(
    items: Sequence[str], wires: Sequence[Wire], widths: Mapping[str, float],
    bottom: Collection[str] = (), top: Collection[str] = (), straight: Collection[int] = (),
) -> Sheet:  # fmt: skip
    """Lay out `items`, given in an order that seems natural. `bottom` and `top` are items for a row of their own there;
    `straight` values run along the spine."""
    row_of = rows_of(items, wires, bottom, top)
    steps = _steps(wires, row_of)
    spine = _spine(steps, straight, top)
    rows = _ordered(_first_order(items, steps, row_of, spine), steps, spine)
    x = _moved(rows, steps, widths, spine)
    return Sheet(tuple(map(tuple, rows)), x, tuple(wires))


def rows_of(
    items: Sequence[str], wires: Sequence[Wire], bottom: Collection[str], top: Collection[str]
) -> dict[str, int]:
    """The longest way to each item from below; what nothing leads to stands right below its first reader."""
    sources: dict[str, list[str]] = {item: [] for item in items}
    targets: dict[str, list[str]] = {item: [] for item in items}
    for wire in wires:
        sources[wire.target].append(wire.source)
        targets[wire.source].append(wire.target)
    rows: dict[str, int] = {}
    lowest = 1 if bottom else 0
    for item in _sorted(items, targets, sources):
        rows[item] = 0 if item in bottom else max([lowest, *(rows[source] + 1 for source in sources[item])])
    for item in items:
        if not sources[item] and targets[item] and item not in bottom:
            rows[item] = min(rows[target] for target in targets[item]) - 1
    above = max((rows[item] for item in items if item not in top), default=-1) + 1
    return rows | dict.fromkeys(top, above)


def _sorted(items: Sequence[str], targets: Mapping[str, list[str]], sources: Mapping[str, list[str]]) -> list[str]:
    """Every item after all that lead to it."""
    waiting = {item: len(sources[item]) for item in items}
    ready, found = [item for item in items if not waiting[item]], []
    while ready:
        found.append(ready.pop())
        for target in targets[found[-1]]:
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    assert len(found) == len(items), "the graph has a cycle"
    return found


def _steps(wires: Sequence[Wire], row_of: Mapping[str, int]) -> dict[tuple[Place, Place], int]:
    """The wires cut into steps from one row to the next, each with its value. A value has one lane for all who read it
    further up."""
    found: dict[tuple[Place, Place], int] = {}
    for value, source, target in wires:
        lanes = [Lane(value, row) for row in range(row_of[source] + 1, row_of[target])]
        places: list[Place] = [source, *lanes, target]
        for below, above in pairwise(places):
            found[below, above] = value
    return found


def _spine(
    steps: Mapping[tuple[Place, Place], int], straight: Collection[int], top: Collection[str]
) -> set[Place]:
    """What makes, brings or carries a straight value."""
    makers = {low for (low, _), value in steps.items() if value in straight}
    return makers | {high for (_, high), value in steps.items() if value in straight and high in top}


def _first_order(
    items: Sequence[str], steps: Mapping[tuple[Place, Place], int], row_of: Mapping[str, int], spine: Collection[Place]
) -> list[list[Place]]:
    """Rows in which each place stands after where it comes from; what passes by stands left of what is made there."""
    rows: list[list[Place]] = [[] for _ in range(max(row_of.values(), default=-1) + 1)]
    lanes = list(dict.fromkeys(place for step in steps for place in step if isinstance(place, Lane)))
    for lane in lanes:
        rows[lane.row].append(lane)
    for item in items:
        rows[row_of[item]].append(item)
    below = _neighbours(steps)[0]
    for lower, upper in pairwise(rows):
        at = {place: i for i, place in enumerate(lower)}
        upper.sort(key=lambda p: (p not in spine, _mean([at[source] for source in below.get(p, ())], len(at))))
    return rows


def _neighbours(steps: Mapping[tuple[Place, Place], int]) -> tuple[dict[Place, list[Place]], dict[Place, list[Place]]]:
    below: dict[Place, list[Place]] = {}
    above: dict[Place, list[Place]] = {}
    for low, high in steps:
        below.setdefault(high, []).append(low)
        above.setdefault(low, []).append(high)
    return below, above


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def crossings(rows: Sequence[Sequence[Place]], steps: Collection[tuple[Place, Place]]) -> int:
    """How many pairs of steps cross."""
    at = {place: i for row in rows for i, place in enumerate(row)}
    row_of = {place: i for i, row in enumerate(rows) for place in row}
    total, passed, row = 0, [], -1
    for low, high in sorted(steps, key=lambda step: (row_of[step[0]], at[step[0]], at[step[1]])):
        if row_of[low] != row:
            row, passed = row_of[low], list[int]()
        total += len(passed) - bisect_right(passed, at[high])
        insort(passed, at[high])
    return total


def _ordered(
    rows: list[list[Place]], steps: Mapping[tuple[Place, Place], int], spine: Collection[Place]
) -> list[list[Place]]:
    """The order with the fewest crossings among those that sweeps of barycentres find; at first the given one."""
    below, above = _neighbours(steps)
    best, fewest = [row[:] for row in rows], crossings(rows, steps)
    for sweep in range(2 * N_ORDERINGS):
        if not fewest:
            break
        is_up = sweep % 2 == 0
        order, near = (range(1, len(rows)), below) if is_up else (range(len(rows) - 2, -1, -1), above)
        for i in order:
            at = {place: k for k, place in enumerate(rows[i - 1 if is_up else i + 1])}
            own = {place: k for k, place in enumerate(rows[i])}
            rows[i].sort(key=lambda p: (p not in spine, _mean([at[each] for each in near.get(p, ())], own[p])))
        found = crossings(rows, steps)
        if found < fewest:
            best, fewest = [row[:] for row in rows], found
    return best


def _moved(
    rows: Sequence[Sequence[Place]], steps: Mapping[tuple[Place, Place], int], widths: Mapping[str, float],
    spine: Collection[Place],
) -> dict[Place, float]:  # fmt: skip
    """The middle of every place: as close to its neighbours as the order allows, in least squares, row by row."""
    chain = _chains(steps, spine)
    pulls: dict[Place, list[Place]] = {}
    for low, high in steps:
        if chain.get(low, low) != chain.get(high, high):
            pulls.setdefault(chain.get(low, low), []).append(high)
            pulls.setdefault(chain.get(high, high), []).append(low)
    middle = max((_width(place, widths) for place in spine), default=0.0) / 2
    x = {place: at for row in rows for place, at in zip(row, _side_by_side(row, widths), strict=True)}
    for sweep in range(2 * N_MOVES):
        for row in rows if sweep % 2 == 0 else reversed(rows):
            wanted = [
                (middle, FIXED) if place in spine else _pulled(x, place, pulls.get(chain.get(place, place), ()))
                for place in row
            ]
            x |= zip(row, _settled(wanted, _side_by_side(row, widths)), strict=True)
    x |= _in_line(rows, x, chain, widths, spine)
    left = min((at - _width(place, widths) / 2 for place, at in x.items()), default=0.0)
    return {place: at - left for place, at in x.items()}


def _in_line(
    rows: Sequence[Sequence[Place]], x: Mapping[Place, float], chain: Mapping[Place, Place],
    widths: Mapping[str, float], spine: Collection[Place],
) -> dict[Place, float]:  # fmt: skip
    """Chains of which a wide member was held off by its neighbour: the others follow it."""
    right: dict[Place, float] = {}
    for place, first in chain.items():
        right[first] = max(right.get(first, 0.0), x[place])
    found: dict[Place, float] = {}
    for row in rows:
        wanted = [(right[chain[p]] if p in chain else x[p], FIXED if p in spine else 1.0) for p in row]
        found |= zip(row, _settled(wanted, _side_by_side(row, widths)), strict=True)
    return found


def _chains(steps: Mapping[tuple[Place, Place], int], spine: Collection[Place]) -> dict[Place, Place]:
    """For the places of each lane, and of each row of items that only follow one another, the one that stands for all:
    they are pulled together, so they stay in one line."""
    below, above = _neighbours(steps)
    first: dict[Place, Place] = {}
    for low, high in sorted(steps, key=lambda step: isinstance(step[0], Lane), reverse=True):
        in_lane = isinstance(low, Lane) and isinstance(high, Lane)
        follows = len(above[low]) == len(below[high]) == 1 and not isinstance(low, Lane) and not isinstance(high, Lane)
        if (in_lane or follows) and low not in spine and high not in spine:
            old, new = first.setdefault(high, high), first.setdefault(low, low)
            first |= {place: new for place, each in first.items() if each == old}
    return first


def _width(place: Place, widths: Mapping[str, float]) -> float:
    return LANE if isinstance(place, Lane) else widths[place]


def _side_by_side(row: Sequence[Place], widths: Mapping[str, float]) -> list[float]:
    """The middles of a row's places when they stand as close as they may."""
    found, right = [], 0.0
    for place in row:
        width = _width(place, widths)
        found.append(right + width / 2)
        right += width + GAP
    return found


def _pulled(x: Mapping[Place, float], place: Place, others: Sequence[Place]) -> tuple[float, float]:
    """Where a place wants to be, and how much."""
    return _mean([x[other] for other in others], x[place]), max(0.1, len(others))


def _settled(wanted: Sequence[tuple[float, float]], closest: Sequence[float]) -> list[float]:
    """The middles that come nearest to the wanted ones (in weighted squares) and keep the distances of `closest`: where
    some would overlap, they move as one block (pooling of adjacent violators)."""
    blocks: list[tuple[float, float, int]] = []  # mean shift from `closest`, weight, how many
    for (at, weight), base in zip(wanted, closest, strict=True):
        shift, mass, n = at - base, weight, 1
        while blocks and blocks[-1][0] > shift:
            other, other_mass, other_n = blocks.pop()
            shift = (shift * mass + other * other_mass) / (mass + other_mass)
            mass, n = mass + other_mass, n + other_n
        blocks.append((shift, mass, n))
    shifts = [shift for shift, _, n in blocks for _ in range(n)]
    return [base + shift for base, shift in zip(closest, shifts, strict=True)]

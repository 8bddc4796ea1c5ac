"""Layered drawing of one flat graph: which row, in which order, how far to the right. Pure; pixels in, pixels out.

After Sugiyama, Tagawa and Toda (1981). Rows come from the longest path; a wire that passes rows gets a place in each of
them (a lane); barycentres put each row in an order with few crossings (`row_order.py`); then every place moves as close
to its neighbours as the others let it, chains and lanes as one (`row_places.py`). What carries straight values (the
residual stream) is the spine: it stands on the left, one above the other.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from viz.lanes import Lane, Place, Wire
from viz.row_order import first_order, ordered
from viz.row_places import moved


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
    rows = ordered(first_order(items, steps, row_of, spine), steps, spine)
    x = moved(rows, steps, widths, spine)
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

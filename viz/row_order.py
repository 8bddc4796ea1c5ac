"""The order of each row of a layered drawing, so that few wires cross: barycentres, then swaps of neighbours."""

from bisect import bisect_right, insort
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise

from viz.lanes import Lane, Place, Steps, mean, neighbours

N_ORDERINGS, N_SWAPS = 6, 6      # sweeps; rounds of swaps


def first_order(
    items: Sequence[str], steps: Steps, row_of: Mapping[str, int], spine: Collection[Place]
) -> list[list[Place]]:
    """Rows in which each place stands after where it comes from; what passes by stands left of what is made there."""
    rows: list[list[Place]] = [[] for _ in range(max(row_of.values(), default=-1) + 1)]
    lanes = list(dict.fromkeys(place for step in steps for place in step if isinstance(place, Lane)))
    for lane in lanes:
        rows[lane.row].append(lane)
    for item in items:
        rows[row_of[item]].append(item)
    below = neighbours(steps)[0]
    for lower, upper in pairwise(rows):
        at = {place: i for i, place in enumerate(lower)}
        upper.sort(key=lambda p: (p not in spine, mean([at[source] for source in below.get(p, ())], len(at))))
    return rows


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


def ordered(rows: list[list[Place]], steps: Steps, spine: Collection[Place]) -> list[list[Place]]:
    """The order with the fewest crossings among those that sweeps of barycentres find, from below and from above, each
    with its neighbours swapped; at first the given one."""
    below, above = neighbours(steps)
    best = _swapped(rows, below, above, spine)
    fewest = crossings(best, steps)
    for begins_up in (True, False):
        now = [row[:] for row in rows]
        for sweep in range(N_ORDERINGS):
            if not fewest:
                return best
            _swept(now, below if (sweep % 2 == 0) == begins_up else above, (sweep % 2 == 0) == begins_up, spine)
            found = _swapped(now, below, above, spine)
            n = crossings(found, steps)
            if n < fewest:
                best, fewest = found, n
    return best


def _swept(
    rows: list[list[Place]], near: Mapping[Place, list[Place]], is_up: bool, spine: Collection[Place]
) -> None:
    """Put each row in the order of the means of where its neighbours in the row before stand."""
    for i in range(1, len(rows)) if is_up else range(len(rows) - 2, -1, -1):
        at = {place: k for k, place in enumerate(rows[i - 1 if is_up else i + 1])}
        means = {place: mean([at[each] for each in near.get(place, ())], k) for k, place in enumerate(rows[i])}
        rows[i].sort(key=lambda place: (place not in spine, means[place]))


def _swapped(
    rows: list[list[Place]], below: Mapping[Place, list[Place]], above: Mapping[Place, list[Place]],
    spine: Collection[Place],
) -> list[list[Place]]:  # fmt: skip
    """A copy in which neighbours have changed places wherever fewer of their own steps cross then."""
    rows = [row[:] for row in rows]
    at = {place: i for row in rows for i, place in enumerate(row)}
    for _ in range(N_SWAPS):
        has_swapped = False
        for row in rows:
            for i in range(len(row) - 1):
                left, right = row[i], row[i + 1]
                now = sum(_crossed(near.get(left, ()), near.get(right, ()), at) for near in (below, above))
                then = sum(_crossed(near.get(right, ()), near.get(left, ()), at) for near in (below, above))
                if then < now and left not in spine and right not in spine:
                    row[i], row[i + 1], at[left], at[right], has_swapped = right, left, i + 1, i, True
        if not has_swapped:
            break
    return rows


def _crossed(left: Sequence[Place], right: Sequence[Place], at: Mapping[Place, int]) -> int:
    """How many steps of two neighbours cross, the first of which stands left."""
    return sum(at[one] > at[other] for one in left for other in right)

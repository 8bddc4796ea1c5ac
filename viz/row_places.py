"""How far to the right everything in a layered drawing stands, its rows and their order being given."""

from collections.abc import Collection, Mapping, Sequence

from viz.lanes import Lane, Place, Steps, mean, neighbours

GAP, LANE = 22.0, 12.0           # pixels between two places of a row; the width of a lane
N_MOVES = 16                     # sweeps, each up and down
FIXED = 1e9                      # the weight of a place that does not move


def moved(
    rows: Sequence[Sequence[Place]], steps: Steps, widths: Mapping[str, float],
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
        right[first] = max(right.get(first, x[place]), x[place])
    found: dict[Place, float] = {}
    for row in rows:
        wanted = [(right[chain[p]] if p in chain else x[p], FIXED if p in spine else 1.0) for p in row]
        found |= zip(row, _settled(wanted, _side_by_side(row, widths)), strict=True)
    return found


def _chains(steps: Steps, spine: Collection[Place]) -> dict[Place, Place]:
    """For the places of each lane, and of each row of items that only follow one another, the one that stands for all:
    they are pulled together, so they stay in one line."""
    below, above = neighbours(steps)
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
    return mean([x[other] for other in others], x[place]), max(0.1, len(others))


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

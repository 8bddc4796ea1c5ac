"""The layout of a graph whose nodes lie in boxes within boxes: every box is laid out once, on its own.

A wire enters a box through a port at its bottom and leaves through one at its top, so nothing inside depends on what is
outside, nor on which boxes are open. Putting the sheets together is left to the browser: opening a box moves others
aside and changes no order. Pure: numbers of nodes, names of boxes and pixels.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from viz.lanes import Lane, Place, Wire
from viz.layers import Sheet, sheet

ROOT = ""
PORT = 16.0                      # pixels that a port takes in its row


def entry(value: int) -> str:
    """The port through which a value enters a box."""
    return f"in {value}"


def exit_of(value: int) -> str:
    """The port through which a value leaves a box."""
    return f"out {value}"


def sheets(
    paths: Sequence[Sequence[str]], edges: Sequence[tuple[int, int]], widths: Mapping[str, float],
    straight: Collection[int] = (),
) -> dict[str, Sheet]:  # fmt: skip
    """A sheet for every box, and ROOT's. Node i lies in the boxes `paths[i]`, outermost first; an edge leads from the
    node that makes a value to one that reads it; an item, "17" or a box's name, is as wide as `widths` says, closed."""
    items: dict[str, dict[str, None]] = {ROOT: {}}
    for node, path in enumerate(paths):
        for box, item in zip((ROOT, *path), (*path, str(node)), strict=True):
            items.setdefault(box, {})[item] = None
    wires = _wires(paths, edges)
    return {box: _sheet(list(inside), wires.get(box, []), widths, straight) for box, inside in items.items()}


def _wires(paths: Sequence[Sequence[str]], edges: Sequence[tuple[int, int]]) -> dict[str, list[Wire]]:
    """The wires inside each box."""
    found: dict[str, dict[Wire, None]] = {}
    for source, reader in edges:
        up, down = (*paths[source], str(source)), (*paths[reader], str(reader))
        n = next(i for i, (one, other) in enumerate(zip(up, down, strict=False)) if one != other)
        shared = up[n - 1] if n else ROOT
        for box, inner in zip(up[n:], up[n + 1 :], strict=False):
            found.setdefault(box, {})[Wire(source, inner, exit_of(source))] = None
        found.setdefault(shared, {})[Wire(source, up[n], down[n])] = None
        for box, inner in zip(down[n:], down[n + 1 :], strict=False):
            found.setdefault(box, {})[Wire(source, entry(source), inner)] = None
    return {box: list(wires) for box, wires in found.items()}


def _sheet(items: list[str], wires: list[Wire], widths: Mapping[str, float], straight: Collection[int]) -> Sheet:
    bottom = list(dict.fromkeys(w.source for w in wires if w.source.startswith("in ")))
    top = list(dict.fromkeys(w.target for w in wires if w.target.startswith("out ")))
    sizes = {item: widths[item] for item in items} | dict.fromkeys((*bottom, *top), PORT)
    return sheet([*bottom, *items, *top], wires, sizes, bottom, top, straight)


def to_json(found: Mapping[str, Sheet]) -> dict[str, Any]:
    """The sheets as JSON: `rows` of [item, middle], a lane by the number of its value; `wires` [value, from, to]."""
    return {box: {"rows": [[_placed(each, place) for place in row] for row in each.rows], "wires": each.wires}
            for box, each in found.items()}  # fmt: skip


def _placed(found: Sheet, place: Place) -> tuple[str | int, float]:
    return place.value if isinstance(place, Lane) else place, round(found.x[place], 1)

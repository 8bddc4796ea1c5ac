"""A window into a traced iteration: one cell of one tensor, opened down to the scalars that it was made from.

Cells open one into the next, to a chosen depth. Of every long sum the largest summands are shown; the others are one
"rest", which is the sum of its own products and never what is missing. Values are computed again, forward, by the
scalar engine from the entries at which the window ends. A gradient has two parts: what comes back through the cells
that the window opens, and what comes from all other readers of the number (`outside`), which is the same sum that torch
adds up, with the opened cells left out. So both must come out equal to what the tensors hold. Torch-free.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from model.fields import shown
from model.operands import Index, checked_index
from model.operations import replay
from model.records import Factor, Operation, Trace
from model.scalar import Value, backward, ordered
from model.scalar_openings import Cell, Scalars, opening

MAX_NODES, MAX_DEPTH, MAX_TERMS = 200, 8, 12
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Pane:
    """One number of the window as it is drawn. `inputs` are places among the window's panes, `slopes` the local
    derivatives by them. `kind`: entry (of `cell`) | operation | rest (of `n_hidden` summands) | number."""

    value: Value
    kind: str
    inputs: tuple[int, ...]
    slopes: tuple[float, ...]
    cell: Cell | None = None
    outside: float = 0.0
    n_hidden: int = 0
    is_open: bool = False


@dataclass
class Window:
    """Grows from one cell; `panes()` is what there is to draw once it has grown."""

    trace: Trace
    n_terms: int
    opened: dict[Cell, Value] = field(default_factory=dict)
    rests: dict[int, int] = field(default_factory=dict)  # by a rest's identity: how many summands it hides

    def __post_init__(self) -> None:
        self.tensors = {name: recorded.value for name, recorded in self.trace.tensors.items()}
        self.producers = {operation.name: operation for operation in self.trace.operations}
        constants = {name for name, recorded in self.trace.tensors.items() if recorded.role == "constant"}
        self.scalars = Scalars(frozenset(constants))
        self.cells = self.scalars.cells

    def open(self, cell: Cell) -> None:
        """Let a cell show how it was made. A parameter or constant stays what it is."""
        name, index = cell
        if cell in self.opened or name not in self.producers:
            return
        value = self.scalars.entries[cell]
        value.rule, value.inputs = opening(self.producers[name], self.tensors, index, self.scalars)
        self.opened[cell] = value
        for inner in self._inside(value):
            self._shorten(inner)

    def close(self, cell: Cell) -> None:
        """Take back the opening of a cell that nothing else was opened behind."""
        value = self.opened.pop(cell)
        value.rule, value.inputs, value.slopes = "", (), ()
        value.data = float(self.tensors[cell[0]][cell[1]])

    def _inside(self, value: Value) -> Iterator[Value]:
        """A cell and what it was made from, as far as the next entries."""
        yield value
        for each in value.inputs:
            if id(each) not in self.cells:
                yield from self._inside(each)

    def _shorten(self, value: Value) -> None:
        """Leave the largest summands of a long sum, and put the others together."""
        if value.rule != "+" or len(value.inputs) <= self.n_terms + 1 or id(value) in self.rests:
            return
        largest = sorted(value.inputs, key=lambda each: -abs(each.data))
        kept = {id(each) for each in largest[: self.n_terms]}
        hidden = tuple(each for each in value.inputs if id(each) not in kept)
        rest = Value(rule="+", inputs=hidden, label="rest")
        self.rests[id(rest)] = len(hidden)
        value.inputs = (*(each for each in value.inputs if id(each) in kept), rest)

    def in_view(self, root: Value) -> dict[int, Value]:
        """What is drawn, by identity: everything behind the root that is not behind a rest alone."""
        seen, waiting = {id(root): root}, [root]
        while waiting:
            value = waiting.pop()
            inputs = () if id(value) in self.rests else value.inputs
            waiting.extend(each for each in inputs if id(each) not in seen)
            seen.update((id(each), each) for each in inputs)
        return seen

    def outside(self, cells: list[Cell]) -> dict[Cell, float]:
        """Of each cell's gradient the part that comes from readers outside the opened cells: the backward operations,
        replayed with nothing coming from above at the cells that are open."""
        found: dict[str, Floats] = {}
        for name in {name for name, _ in cells}:
            shape = self.tensors[name].shape
            found[name] = sum((self._replayed(each) for each in self._contributions(name)), start=np.zeros(shape))
        return {(name, index): float(found[name][index]) for name, index in cells}

    def _contributions(self, name: str) -> list[Operation]:
        branches = [o for o in self.trace.operations if o.name.startswith(f"grad:{name}<-")]
        total = self.producers.get(f"grad:{name}")
        return branches or ([total] if total else [])

    def _replayed(self, operation: Operation) -> Floats:
        upstream = operation.inputs[0]
        cells = [index for name, index in self.opened if f"grad:{name}" == upstream]
        if not cells:
            return replay(operation, self.tensors)
        masked = self.tensors[upstream].astype(np.float64)
        for index in cells:
            masked[index] = 0.0
        return replay(operation, {**self.tensors, upstream: masked})


def open_window(trace: Trace, tensor: str, index: Index, depth: int, n_terms: int, most: int = MAX_NODES) -> list[Pane]:
    """The window at one cell, the cell last. `depth`: how often cells open into those they were made from; `n_terms`:
    how many summands of a sum are shown. ValueError, a sentence, for a cell that is not there."""
    cell = checked_cell(trace, tensor, index)
    window = Window(trace, n_terms)
    root = window.scalars.entry(Factor(*cell, float(window.tensors[tensor][cell[1]])))
    edge = [cell]
    for _ in range(depth):
        edge = _opened(window, root, edge, most)
    return _panes(window, root)


def _opened(window: Window, root: Value, edge: list[Cell], most: int) -> list[Cell]:
    """Open the cells at the edge, as far as there is room; returns the new edge."""
    for cell in edge:
        window.open(cell)
        if len(window.in_view(root)) > most:
            window.close(cell)
            break
    return [window.cells[id(value)] for value in window.in_view(root).values() if _is_shut(window, value)]


def _is_shut(window: Window, value: Value) -> bool:
    return id(value) in window.cells and window.cells[id(value)] not in window.opened


def _panes(window: Window, root: Value) -> list[Pane]:
    everything = ordered(root)
    for value in everything:
        value.compute()
    in_view = window.in_view(root)
    drawn = [value for value in everything if id(value) in in_view]
    places = {id(value): i for i, value in enumerate(drawn)}
    cells = [window.cells[id(value)] for value in drawn if id(value) in window.cells]
    has_gradient = window.trace.tensors[cells[-1][0]].role in ("value", "parameter")
    outside = window.outside(cells) if has_gradient else {}
    for value in everything:
        value.grad = outside.get(window.cells.get(id(value), ("", ())), 0.0)
    for _ in backward(everything):
        pass
    return [_pane(window, value, places, outside) for value in drawn]


def _pane(window: Window, value: Value, places: dict[int, int], outside: dict[Cell, float]) -> Pane:
    inputs, slopes = value.inputs, value.slopes
    n_hidden = window.rests.get(id(value), 0)
    if n_hidden:
        inputs, slopes = _through(value, places)
    cell = window.cells.get(id(value))
    kind = "rest" if n_hidden else "entry" if cell else "operation" if value.rule else "number"
    return Pane(
        value, kind, tuple(places[id(each)] for each in inputs), slopes, cell,
        outside.get(cell, 0.0) if cell else 0.0, n_hidden, cell in window.opened,
    )  # fmt: skip


def _through(rest: Value, places: dict[int, int]) -> tuple[tuple[Value, ...], tuple[float, ...]]:
    """The drawn numbers that what a rest hides was made from, and how fast the rest changes with each."""
    behind = [value for value in ordered(rest) if value is not rest]
    rate = {id(rest): 1.0}
    reached: dict[int, Value] = {}
    for value in [rest, *reversed(behind)]:
        if value is not rest and id(value) in places:
            if id(value) in rate:
                reached[id(value)] = value
            continue
        for each, slope in zip(value.inputs, value.slopes, strict=True):
            if not each.is_fixed and id(value) in rate:
                rate[id(each)] = rate.get(id(each), 0.0) + slope * rate[id(value)]
    return tuple(reached.values()), tuple(rate[key] for key in reached)


def checked_cell(trace: Trace, tensor: object, index: object) -> Cell:
    """A cell that a browser named. ValueError, one sentence, where the trace has no such cell."""
    if not isinstance(tensor, str) or tensor not in trace.tensors:
        raise ValueError(f"tensor must name a tensor of this iteration, such as blocks.0.attn.z; got {shown(tensor)}")
    return tensor, checked_index(index, tensor, trace.tensors[tensor].value.shape)

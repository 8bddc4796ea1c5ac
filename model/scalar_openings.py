"""How one cell of a tensor opens into scalars: for each kind of operation the small expression that makes a cell.

A cell arrives as the entries it was made from and leaves as a rule of the scalar engine with its inputs. Sums of
products come from the vocabulary of a trace (`model/operations.py`), which lists a cell's terms; what bends (softmax,
norms, activations, cross-entropy) is written out here in exponentials, products and powers. Torch-free.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from model.operands import Index, Operands
from model.operations import KINDS
from model.records import Array, Factor, Operation
from model.scalar import Value

Cell = tuple[str, Index]
Made = tuple[str, tuple[Value, ...]]  # a rule and its inputs
STEEP = 80.0  # beyond this, e^x is written with the largest taken off, as torch does


@dataclass
class Scalars:
    """The scalars of an iteration, as far as somebody asked for them: one for each entry of a tensor, whoever reads it,
    and those that all cells of a row share. Entries of the tensors named in `fixed` get no gradient."""

    fixed: frozenset[str] = frozenset()
    entries: dict[Cell, Value] = field(default_factory=dict)
    cells: dict[int, Cell] = field(default_factory=dict)  # by the identity of an entry's scalar
    rows: dict[tuple[str, Index], tuple[Value, ...]] = field(default_factory=dict)

    def entry(self, factor: Factor) -> Value:
        """The scalar that stands for an entry."""
        cell = factor.tensor, factor.index
        if cell not in self.entries:
            self.entries[cell] = Value(factor.value, is_fixed=factor.tensor in self.fixed, label=factor.tensor)
            self.cells[id(self.entries[cell])] = cell
        return self.entries[cell]

    def row(self, operation: str, before: Index, make: Callable[[], tuple[Value, ...]]) -> tuple[Value, ...]:
        """What the cells of a row of an operation share, made once."""
        key = operation, before
        if key not in self.rows:
            self.rows[key] = make()
        return self.rows[key]


def opening(operation: Operation, tensors: Mapping[str, Array], index: Index, scalars: Scalars) -> Made:
    """How the output's cell at `index` is made."""
    x = Operands(operation, tensors)
    own = OPENINGS.get(operation.kind)
    if own is None or (operation.kind == "elementwise" and operation.settings["function"] not in FUNCTIONS):
        return _summed(operation, x, index, scalars)
    return own(operation, x, index, scalars)


def number(value: float, label: str = "") -> Value:
    """A plain number."""
    return Value(value, is_fixed=True, label=label)


def _sum(*inputs: Value) -> Value:
    return Value(rule="+", inputs=inputs)


def _product(*inputs: Value) -> Value:
    return Value(rule="*", inputs=inputs)


def _summed(operation: Operation, x: Operands, index: Index, scalars: Scalars) -> Made:
    """A sum of the cell's terms, each a product of entries and perhaps a number; a number that most terms have in
    common, such as 1/√d of the scores, multiplies their sum."""
    terms = KINDS[operation.kind].terms(x, index)
    scale = float(x.settings.get("scale", 1))
    common = [term for term in terms if term.coefficient == scale != 1]
    if len(common) > 1:
        own = [_term(tuple(map(scalars.entry, term.factors))) for term in common]
        others = [_term(tuple(map(scalars.entry, term.factors))) for term in terms if term not in common]
        scaled = (_sum(*own), number(scale))
        return ("+", (_product(*scaled), *others)) if others else ("*", scaled)
    parts = []
    for term in terms:
        factors = tuple(map(scalars.entry, term.factors))
        is_plain = term.coefficient == 1 and factors
        parts.append(_term(factors if is_plain else (number(term.coefficient, term.label), *factors)))
    if len(parts) == 1 and parts[0].rule == "*" and id(parts[0]) not in scalars.cells:
        return parts[0].rule, parts[0].inputs
    return "+", tuple(parts)


def _term(factors: tuple[Value, ...]) -> Value:
    return factors[0] if len(factors) == 1 else _product(*factors)


def _row(x: Operands, i: int, before: Index, scalars: Scalars) -> list[Value]:
    """The entries of input i along its last axis that are not masked."""
    row = [x.factor(i, (*before, k)) for k in range(x.shape(i)[-1])]
    return [scalars.entry(factor) for factor in row if factor.value > -np.inf]


def _powers(row: list[Value]) -> tuple[Value, ...]:
    """e^x of each, and their sum; where x is large, with the largest taken off, which is then the last."""
    top = max((each.data for each in row), default=0.0)
    if top < STEEP:
        powers = [Value(rule="exp", inputs=(each,)) for each in row]
        return (*powers, _sum(*powers))
    largest = number(top, "largest of the row")
    powers = [Value(rule="exp", inputs=(Value(rule="-", inputs=(each, largest)),)) for each in row]
    return (*powers, _sum(*powers), largest)


def _softmax(operation: Operation, x: Operands, index: Index, scalars: Scalars) -> Made:
    """e^x over the sum of them all."""
    own = x.factor(0, index)
    if own.value == -np.inf:
        return "+", (number(0.0, "masked"),)
    row = _row(x, 0, index[:-1], scalars)
    powers = scalars.row(operation.name, index[:-1], lambda: _powers(row))
    return "/", (powers[row.index(scalars.entry(own))], powers[len(row)])


def _cross_entropy(operation: Operation, x: Operands, index: Index, scalars: Scalars) -> Made:
    """ln Σ e^x − x of the target."""
    row = _row(x, 0, index, scalars)
    powers = _powers(row)
    whole = Value(rule="log", inputs=(powers[len(row)],))
    if len(powers) > len(row) + 1:
        whole = _sum(whole, powers[-1])
    return "-", (whole, scalars.entry(x.factor(0, (*index, x.ids(1)[index[0]]))))


def _normalise(operation: Operation, x: Operands, index: Index, scalars: Scalars) -> Made:
    """(x − mean) · (mean square of that + ε)^−½ · gain + bias."""
    place, last = x.place("x"), index[-1:]
    assert place is not None
    if x.settings["norm"] == "batchnorm":
        (mean,), (variance,) = (tuple(map(scalars.entry, x.entry(f"running_{of}", last))) for of in ("mean", "var"))
        own = scalars.entry(x.factor(place, index))
        centred, rate = Value(rule="-", inputs=(own, mean)), _rate(variance, x.number("eps"))
    else:
        row = _row(x, place, index[:-1], scalars)
        is_centred = x.settings["norm"] == "layernorm"
        made = scalars.row(operation.name, index[:-1], lambda: _statistics(row, is_centred, x.number("eps")))
        centred, rate = made[index[-1]], made[-1]
    factors = (centred, rate, *map(scalars.entry, x.entry("gain", last)))
    bias = tuple(map(scalars.entry, x.entry("bias", last)))
    return ("+", (_product(*factors), *bias)) if bias else ("*", factors)


def _statistics(row: list[Value], is_centred: bool, eps: float) -> tuple[Value, ...]:
    """Every x − mean of a row (or x), and one over their size."""
    share, columns = number(1 / len(row)), row
    if is_centred:
        mean = _product(_sum(*row), share)
        columns = [Value(rule="-", inputs=(each, mean)) for each in row]
    variance = _product(_sum(*(Value(rule="**", inputs=(each, number(2))) for each in columns)), share)
    return (*columns, _rate(variance, eps))


def _rate(variance: Value, eps: float) -> Value:
    return Value(rule="**", inputs=(_sum(variance, number(eps, "ε")), number(-0.5)))


def _elementwise(operation: Operation, x: Operands, index: Index, scalars: Scalars) -> Made:
    return FUNCTIONS[x.settings["function"]](*(scalars.entry(x.factor(i, index)) for i in range(len(x))))


def _with_gate(gate: str) -> Callable[..., Made]:
    """x · gate(x) · …: SiLU, GELU and SwiGLU let through a share of x that depends on x."""
    return lambda a, *others: ("*", (a, Value(rule=gate, inputs=(a,)), *others))


FUNCTIONS: dict[str, Callable[..., Made]] = {
    "relu": lambda a: ("relu", (a,)),
    "relu2": lambda a: ("**", (Value(rule="relu", inputs=(a,)), number(2))),
    "tanh": lambda a: ("tanh", (a,)),
    "gelu": _with_gate("Φ"),
    "silu": _with_gate("sigmoid"),
    "swiglu": _with_gate("sigmoid"),
}
OPENINGS: dict[str, Callable[[Operation, Operands, Index, Scalars], Made]] = {
    "softmax": _softmax,
    "cross_entropy": _cross_entropy,
    "normalise": _normalise,
    "elementwise": _elementwise,
}

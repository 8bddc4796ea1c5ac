"""A scalar engine: numbers that remember how they were made, so that each can be asked what it does to the result.

This is all of backpropagation, one number at a time; torch does the same with whole tensors. In the spirit of
Karpathy's micrograd. Plain Python: it knows neither torch nor the screen (`viz/components/scalar/engine.js` has the
same rules, so that a slider moves a graph without the server).
"""

import math
from collections.abc import Callable, Iterator

LARGEST = 1e100  # beyond it a value is an error in words, not an infinity
LARGEST_EXPONENT = 100.0

# Each rule computes an operation's value and, beside it, its local derivatives: how fast the value changes when one
# input moves and the others stand still. They are all that the backward pass needs to know of an operation.
Result = tuple[float, tuple[float, ...]]


def add(*x: float) -> Result:
    """A sum changes as fast as each of its summands."""
    return sum(x), (1.0,) * len(x)


def subtract(a: float, b: float) -> Result:
    """a − b."""
    return a - b, (1.0, -1.0)


def multiply(*x: float) -> Result:
    """A product changes with a factor as fast as the others are large."""
    return math.prod(x), tuple(math.prod(x[:i] + x[i + 1 :]) for i in range(len(x)))


def divide(a: float, b: float) -> Result:
    """a / b."""
    if b == 0:
        raise ValueError("this divides by zero")
    return a / b, (1 / b, -a / b / b)


def power(a: float, b: float) -> Result:
    """a to the power b. Of a negative base only the slope by the base is a real number."""
    if abs(b) > LARGEST_EXPONENT:
        raise ValueError(f"an exponent must lie between −100 and 100; here it is {b:.4g}")
    if a < 0 and b != int(b):
        raise ValueError(f"a negative number has no real power {b:.4g}")
    if a == 0 and b < 0:
        raise ValueError("this divides by zero: 0 to a negative power")
    if a == 0 and 0 < b < 1:
        raise ValueError("at 0 a power below 1 is infinitely steep")
    by_base = b * a ** (b - 1) if b else 0.0
    return a**b, (by_base, a**b * math.log(a) if a > 0 else (0.0 if a == 0 else math.nan))


def negate(a: float) -> Result:
    """−a."""
    return -a, (-1.0,)


def exp(a: float) -> Result:
    """e^a is its own slope."""
    return math.exp(a), (math.exp(a),)


def log(a: float) -> Result:
    """The natural logarithm."""
    if a <= 0:
        raise ValueError(f"“log” needs a number above 0; here it gets {a:.4g}")
    return math.log(a), (1 / a,)


def tanh(a: float) -> Result:
    """Between −1 and 1; flat, so without a gradient, where it is full."""
    return math.tanh(a), (1 - math.tanh(a) ** 2,)


def relu(a: float) -> Result:
    """a, or 0 where a is negative: an open or a closed gate for the gradient."""
    return (a, (1.0,)) if a > 0 else (0.0, (0.0,))


def sigmoid(a: float) -> Result:
    """Between 0 and 1, written so that no exponential overflows."""
    s = 0.5 * (1 + math.tanh(a / 2))
    return s, (s * (1 - s),)


def sin(a: float) -> Result:
    """The sine; its slope is the cosine."""
    return math.sin(a), (math.cos(a),)


def normal_share(a: float) -> Result:
    """Φ: how much of a standard normal distribution lies below a. GELU is a · Φ(a)."""
    return 0.5 * math.erfc(-a / math.sqrt(2)), (math.exp(-a * a / 2) / math.sqrt(2 * math.pi),)


OPERATORS: dict[str, Callable[..., Result]] = {
    "+": add, "-": subtract, "*": multiply, "/": divide, "**": power, "neg": negate,
}  # fmt: skip
FUNCTIONS: dict[str, Callable[..., Result]] = {
    "exp": exp, "log": log, "tanh": tanh, "relu": relu, "sigmoid": sigmoid, "sin": sin,
}  # fmt: skip
RULES = OPERATORS | FUNCTIONS | {"Φ": normal_share}


class Value:
    """One number: its value, its gradient (d result / d this number), what it was made from and by which rule.

    Without a `rule` it is a leaf: a variable, or with `is_fixed` a plain number that nobody asks the gradient of.
    """

    __slots__ = ("data", "grad", "inputs", "is_fixed", "label", "rule", "slopes")

    slopes: tuple[float, ...]

    def __init__(
        self,
        data: float = 0.0,
        rule: str = "",
        inputs: tuple["Value", ...] = (),
        label: str = "",
        is_fixed: bool = False,
    ) -> None:
        """ValueError, a sentence, where the rule has no value for these inputs."""
        self.data, self.grad, self.slopes = float(data), 0.0, ()
        self.rule, self.inputs, self.label, self.is_fixed = rule, inputs, label, is_fixed
        self.compute()

    def compute(self) -> None:
        """One step forward: value and local derivatives from the inputs' values."""
        if not self.rule:
            return
        try:
            self.data, self.slopes = RULES[self.rule](*(each.data for each in self.inputs))
        except OverflowError:
            self.data = math.inf
        if any(math.isinf(each.data) for each in self.inputs):  # a masked score
            return
        sizes = (self.data, *(s for s, each in zip(self.slopes, self.inputs, strict=False) if not each.is_fixed))
        if any(math.isnan(size) for size in sizes):
            raise ValueError("a negative base needs a plain number as its exponent")
        if any(abs(size) > LARGEST for size in sizes):
            raise ValueError("this grows too large: beyond 1e100")

    def pass_back(self) -> None:
        """One step backward, the chain rule: what the result gains by this number, times what this number gains by each
        input. It adds, because an input that is read twice matters in two ways."""
        for each, slope in zip(self.inputs, self.slopes, strict=True):
            if not each.is_fixed:
                each.grad += slope * self.grad

    def __repr__(self) -> str:
        return f"Value({self.label or self.rule} {self.data:.6g}, grad {self.grad:.6g})"


def ordered(result: Value) -> list[Value]:
    """Everything behind `result`, each number after those it was made from."""
    found: list[Value] = []
    seen: set[int] = set()
    waiting: list[tuple[Value, bool]] = [(result, False)]
    while waiting:
        value, is_complete = waiting.pop()
        if is_complete:
            found.append(value)
        elif id(value) not in seen:
            seen.add(id(value))
            waiting.append((value, True))
            waiting.extend((each, False) for each in reversed(value.inputs))
    return found


def backward(values: list[Value]) -> Iterator[Value]:
    """Hand gradients back from the last of `values`, in reverse order, one step for each that is asked for.

    What stands in `grad` before is kept: a gradient may also come from outside (`model/window.py`).
    """
    for value in reversed(values):
        value.pass_back()
        yield value

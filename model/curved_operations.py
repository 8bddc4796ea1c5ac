"""Kinds that bend: elementwise functions, softmax, cross-entropy; and the gradient of each.

A gradient is the gradient from above times the local derivative. So each `…_backward` cell is a sum of terms with one
factor, an entry of the gradient from above, and a coefficient: the local derivative, made from the recorded values.
"""

import numpy as np

from model.functions import FUNCTIONS
from model.operands import Floats, Index, Kind, Operands, product
from model.records import Term


class Elementwise:
    """out[i] = f(a[i], b[i], …) of the entries at the same place; `function` names f."""

    @staticmethod
    def replay(x: Operands) -> Floats:
        """See above."""
        return FUNCTIONS[x.settings["function"]].value(*(x[i] for i in range(len(x))))

    @staticmethod
    def terms(x: Operands, index: Index) -> list[Term]:
        """A sum has a term for each summand; any other function is one term."""
        f, factors = FUNCTIONS[x.settings["function"]], tuple(x.factor(i, index) for i in range(len(x)))
        if f.is_sum:
            return [product(1, factor) for factor in factors]
        value = float(f.value(*(np.float64(factor.value) for factor in factors)))
        return [product(value, label=f.label, of=factors)]


class ElementwiseBackward:
    """out[i] = g[i] · ∂f/∂input number `wrt`, at the recorded inputs of f."""

    @staticmethod
    def replay(x: Operands) -> Floats:
        """See above."""
        slope = FUNCTIONS[x.settings["function"]].slopes[x.settings["wrt"]]
        gradient: Floats = x[0] * slope(*(x[i] for i in range(1, len(x))))
        return gradient

    @staticmethod
    def terms(x: Operands, index: Index) -> list[Term]:
        """One: gradient from above × slope."""
        f, inputs = FUNCTIONS[x.settings["function"]], tuple(x.factor(i, index) for i in range(1, len(x)))
        slope = f.slopes[x.settings["wrt"]](*(np.float64(factor.value) for factor in inputs))
        return [product(float(slope), x.factor(0, index), label=f.slope_labels[x.settings["wrt"]], of=inputs)]


def _shares(row: Floats) -> Floats:
    e = np.exp(row - row.max(axis=-1, keepdims=True))
    shares: Floats = e / e.sum(axis=-1, keepdims=True)
    return shares


class Softmax:
    """out[j] = e^x[j] / Σ_k e^x[k] along the last axis."""

    @staticmethod
    def replay(x: Operands) -> Floats:
        """See above."""
        return _shares(x[0])

    @staticmethod
    def terms(x: Operands, index: Index) -> list[Term]:
        """One share of the whole row."""
        row = x[0][index[:-1]]
        whole = tuple(x.factor(0, (*index[:-1], k)) for k in range(len(row)) if row[k] > -np.inf)
        return [product(_shares(row)[index[-1]], label="e^x / Σ e^x", of=whole)]


class SoftmaxBackward:
    """out[j] = Σ_k g[k] · p[k] (δ_jk − p[j]): what one share gains, the others lose. Inputs: g, p."""

    @staticmethod
    def replay(x: Operands) -> Floats:
        """See above."""
        g, p = x[0], x[1]
        gained: Floats = p * (g - (g * p).sum(axis=-1, keepdims=True))
        return gained

    @staticmethod
    def terms(x: Operands, index: Index) -> list[Term]:
        """One for each entry of the row that has a share."""
        *before, j = index
        row = x[1][tuple(before)]
        found = []
        for k in range(len(row)):
            if row[k] == 0:
                continue
            p_k, p_j = x.factor(1, (*before, k)), x.factor(1, tuple(index))
            local = p_k.value * ((k == j) - p_j.value)
            label = "p (1 − p)" if k == j else "−p p′"
            found.append(product(local, x.factor(0, (*before, k)), label=label, of=(p_k, p_j)))
        return found


class CrossEntropy:
    """out[t] = ln Σ_v e^x[t, v] − x[t, target of t]: the surprise at each target, in nats."""

    @staticmethod
    def replay(x: Operands) -> Floats:
        """See above."""
        top = x[0].max(axis=-1)
        whole: Floats = top + np.log(np.exp(x[0] - top[:, None]).sum(axis=-1))
        return whole - x[0][np.arange(len(whole)), x.ids(1)]

    @staticmethod
    def terms(x: Operands, index: Index) -> list[Term]:
        """Two: what all logits together come to, less the target's own."""
        (t,) = index
        row = x[0][t]
        whole = row.max() + np.log(np.exp(row - row.max()).sum())
        logits = tuple(x.factor(0, (t, v)) for v in range(len(row)))
        return [product(whole, label="ln Σ e^x", of=logits), product(-1, x.factor(0, (t, x.ids(1)[t])))]


class CrossEntropyBackward:
    """out[t, v] = g[t] · (softmax(x[t])[v] − 1 if v is the target). Inputs: g, x, targets."""

    @staticmethod
    def replay(x: Operands) -> Floats:
        """See above."""
        is_target = np.arange(x[1].shape[1]) == np.array(x.ids(2))[:, None]
        gradient: Floats = x[0][:, None] * (_shares(x[1]) - is_target)
        return gradient

    @staticmethod
    def terms(x: Operands, index: Index) -> list[Term]:
        """One: gradient from above × what the model said too much."""
        t, v = index
        is_target = v == x.ids(2)[t]
        row = tuple(x.factor(1, (t, k)) for k in range(x[1].shape[1]))
        label = "softmax − 1" if is_target else "softmax"
        return [product(_shares(x[1][t])[v] - is_target, x.factor(0, (t,)), label=label, of=row)]


KINDS: dict[str, Kind] = {
    "elementwise": Elementwise(),
    "elementwise_backward": ElementwiseBackward(),
    "softmax": Softmax(),
    "softmax_backward": SoftmaxBackward(),
    "cross_entropy": CrossEntropy(),
    "cross_entropy_backward": CrossEntropyBackward(),
}

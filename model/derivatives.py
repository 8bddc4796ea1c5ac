"""The local derivative of every operation in the transformer's autograd graph: its name, in words, as a formula.

A node knows nothing of the model. It gets the gradient of its output, G, and hands on a gradient for each input. This
is what it does to G. By PyTorch's name of the node without `Backward0`. Torch-free.
"""

from dataclasses import dataclass
from functools import cache

from model.words import mathml


@dataclass(frozen=True)
class Rule:
    """What an operation is called (`sign`), what it does to the gradient from above (`words`), and the formula."""

    sign: str
    words: str
    formula: str


_G, _X, _Y = r"\bar{Y}", r"\bar{X}", "Y"
_SHAPE = ("The numbers are the same, in another shape or another place, so the gradient is too: it is put back the "
          "way it was.")  # fmt: skip
_TABLE = "Each row of the table gets the sum of the gradients of all places where it was looked up; the others get 0."
_PRODUCT = ("Each factor gets the gradient times the other factor: of the weights it is a sum over all positions, of "
            "the input a sum over all outputs.")  # fmt: skip
_SLOPE = "The gradient times the slope of the curve at the value that came in, number by number."
_NORM = ("The gradient times the gain, without its mean and without its part along the normalised vector: only the "
         "direction of the input mattered, so a change of its size changes nothing.")  # fmt: skip
_SOFTMAX = ("A row's shares sum to 1, so what one gains the others lose: each gradient is taken against the mean of "
            "its row, weighted by the shares, and multiplied by its own share.")  # fmt: skip
_FUSED = ("One kernel does scores, mask, softmax and sum, and keeps none of them; going back it computes them again, "
          "then applies the rules of each.")  # fmt: skip


def _same(sign: str) -> Rule:
    return Rule(sign, _SHAPE, rf"{_X} = \mathrm{{back}}({_G})")


RULES: dict[str, Rule] = {
    "AccumulateGrad": Rule("parameter", "The end of the way: the gradient is added to the parameter's own, from which "
                           "the optimizer takes it.", rf"W.\mathrm{{grad}} \mathrel{{+}}= {_G}"),
    "Embedding": Rule("lookup", _TABLE, rf"\bar{{W}}_v = \sum_{{i:\,t_i = v}} {_G}_i"),
    "Slice": Rule("first rows", "The rows that were used get their gradient, the others 0.", rf"\bar{{W}}_i = {_G}_i"),
    "Addmm": Rule("linear", _PRODUCT + " A bias gets the sum over the positions.",
                  rf"{_X} = {_G}\,W,\quad \bar{{W}} = {_G}^T X,\quad \bar{{b}} = \sum_i {_G}_i"),
    "Mm": Rule("linear", _PRODUCT, rf"{_X} = {_G}\,W,\quad \bar{{W}} = {_G}^T X"),
    "Bmm": Rule("matrix product", "Each factor gets the gradient times the other factor, head by head.",
                rf"\bar{{A}} = {_G} B^T,\quad \bar{{B}} = A^T {_G}"),
    "Add": Rule("+", "A sum hands its gradient on unchanged to all that were added: this is why gradients pass the "
                "residual stream undiminished.", rf"\bar{{A}} = \bar{{B}} = {_G}"),
    "Mul": Rule("×", "Each factor gets the gradient times the other factor, number by number.",
                rf"\bar{{A}} = {_G} \cdot B,\quad \bar{{B}} = {_G} \cdot A"),
    "Div": Rule("÷", "The gradient divided by the same number.", rf"{_X} = {_G} / c"),
    "MaskedFill": Rule("mask", "Scores that were covered did not act: their gradient is 0, the others keep theirs.",
                       rf"{_X}_{{ij}} = {_G}_{{ij}} \text{{ where }} j \le i, \text{{ else }} 0"),
    "Softmax": Rule("softmax", _SOFTMAX, rf"{_X}_j = {_Y}_j \Big({_G}_j - \sum_k {_G}_k {_Y}_k\Big)"),
    "LogSoftmax": Rule("log softmax", "The gradient minus the probability times the sum of the row's gradients: with "
                       "the next operation this is probability minus 1 at the target, and the probability elsewhere.",
                       rf"{_X}_j = {_G}_j - e^{{{_Y}_j}} \sum_k {_G}_k"),
    "NllLoss": Rule("− at the target", "Only the target's log-probability counted: it gets minus the gradient, the "
                    "others 0.",
                    rf"{_X}_{{i v}} = -{_G}_i \text{{ where }} v = t_i, \text{{ else }} 0"),
    "Sum": Rule("sum", "Every number that was added gets the gradient of the sum.", rf"{_X}_i = {_G}"),
    "Mean": Rule("mean", "Every number gets its share of the mean's gradient.", rf"{_X}_i = {_G} / n"),
    "NativeLayerNorm": Rule("layer norm", _NORM + " The mean is taken out as well.",
                            rf"{_X} = \frac{{1}}{{\sigma}}\big(g{_G} - \overline{{g{_G}}} - "
                            rf"\hat{{X}}\,\overline{{g{_G}\hat{{X}}}}\big)"),
    "NativeBatchNorm": Rule("batch norm", "In a training batch the gradient times the gain, without its mean and its "
                            "part along the normalised channel; for one sequence the statistics are fixed, and it is "
                            "only scaled.",
                            rf"{_X} = \frac{{g}}{{\sigma}}\,{_G} \text{{ (fixed statistics)}}"),
    "Gelu": Rule("GELU", _SLOPE, rf"{_X} = {_G} \cdot \big(\Phi(X) + X\,\varphi(X)\big)"),
    "Relu": Rule("ReLU", "Where the value was above 0 the gradient passes, elsewhere it stops.",
                 rf"{_X} = {_G} \text{{ where }} X > 0, \text{{ else }} 0"),
    "Silu": Rule("SiLU", _SLOPE, rf"{_X} = {_G} \cdot \sigma(X)\big(1 + X(1 - \sigma(X))\big)"),
    "Tanh": Rule("tanh", _SLOPE + " It is largest at 0 and vanishes where tanh is flat.",
                 rf"{_X} = {_G} \cdot (1 - {_Y}^2)"),
    "Pow": Rule("square", _SLOPE, rf"{_X} = {_G} \cdot 2X"),
    "Rsqrt": Rule("1 ÷ √", _SLOPE, rf"{_X} = -\tfrac{{1}}{{2}}\,{_G} \cdot {_Y}^3"),
    "Roll": Rule("turn halves", "The gradient is moved back to where the numbers came from.",
                 rf"{_X}_c = {_G}_{{c + D/2}}"),
    "ScaledDotProductFlashAttentionForCpu": Rule("fused attention", _FUSED,
                                                 rf"\bar{{Q}}, \bar{{K}}, \bar{{V}} = \mathrm{{flash}}({_G}, Q, K, V)"),
    "SafeSoftmax": Rule("softmax", _SOFTMAX, rf"{_X}_j = {_Y}_j \Big({_G}_j - \sum_k {_G}_k {_Y}_k\Big)"),
    "View": _same("view"), "UnsafeView": _same("view"), "ReshapeAlias": _same("reshape"), "Alias": _same("alias"),
    "Transpose": _same("transpose"), "T": _same("transpose"), "Permute": _same("permute"), "Clone": _same("copy"),
    "Squeeze": _same("squeeze"), "Unsqueeze": _same("unsqueeze"), "Select": _same("select"),
    "AsStrided": _same("view"),
    "Expand": Rule("expand", "What was repeated gets the sum of the gradients of its copies.", rf"{_X} = \sum {_G}"),
}  # fmt: skip


@cache
def rule_of(kind: str) -> Rule:
    """The rule of a kind of node; one that no test knows is called by PyTorch's name."""
    return RULES.get(kind, Rule(kind, "How PyTorch goes back through this operation is not told here.", ""))


@cache
def mathml_of(kind: str) -> str:
    """The formula of a kind's rule as MathML, "" where there is none."""
    formula = rule_of(kind).formula
    return mathml(formula) if formula else ""

"""What is said of every operation of a trace, in two voices: plain words with a reason, and the formula.

    forward, loss   model/words_forward.py; for the parts of a block words_attention.py, words_mlp.py, words_norms.py
    backward        model/words_backward.py, and the same three
    update          model/words_update.py

The texts know an operation's name, kind, inputs and settings, and the settings of the run, no numbers of a tensor. So
they hold for the variant at hand, whatever the values are. Terms are explained in `model/glossary.py`. Torch-free.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from latex2mathml.converter import convert

from model.config import RunConfig
from model.records import Operation
from model.words_backward import backward_text
from model.words_case import Case
from model.words_forward import forward_text
from model.words_notation import sentence
from model.words_update import update_text

_TEXTS = {"forward": forward_text, "loss": forward_text, "backward": backward_text, "update": update_text}


@dataclass(frozen=True)
class Words:
    """The title, one sentence on what happens, one on why, and the formula of one cell as LaTeX and as MathML."""

    title: str
    words: str
    why: str
    formula: str
    mathml: str


def describe(operation: Operation, config: RunConfig) -> Words:
    """The words of one operation of a trace that was made with `config`."""
    case = Case(operation, config.model, config.train)
    text = _TEXTS[operation.part](case)
    return Words(_title(case), text.words, text.why, text.formula, mathml(text.formula))


_COUNT = re.compile(r"(?<![\d.])\d{2,}(?![\d.])")


def mathml(latex: str) -> str:
    """LaTeX as a `<math>` element that stands on a line of its own.

    Converting is slow, and an update's formulas count the steps: what is remembered has marks for such numbers.
    """
    counts: dict[str, str] = {}

    def mark(count: re.Match[str]) -> str:
        name = str(1000 + len(counts))
        counts[name] = count[0]
        return name

    return re.sub(r"(?<=<mn>)\d+(?=</mn>)", lambda n: counts.get(n[0], n[0]), _converted(_COUNT.sub(mark, latex)))


@lru_cache(maxsize=4096)
def _converted(latex: str) -> str:
    return convert(latex, display="block")


_GLOBAL = {
    "learning_rate": "Learning rate",
    "learning_rate_rest": "Learning rate of the rest",
    "grad_norm": "Length of the gradient",
}
_UPDATE = {
    "clip": "Clipped gradient of {}",
    "m": "Running mean m of {}",
    "v": "Running mean square v of {}",
    "ahead": "Look-ahead of {}",
    "orthogonal": "Evened-out direction of {}",
    "new": "New values of {}",
}


def _title(case: Case) -> str:
    operation = case.operation
    if operation.name in _GLOBAL:
        return _GLOBAL[operation.name]
    if operation.part == "update":
        is_sum = operation.settings.get("add") == 1  # plain momentum adds up, where others average
        what = "Speed m of {}" if is_sum else _UPDATE[operation.name.partition(":")[0]]
        return what.format(case.noun(operation.name))
    noun = case.noun(operation.name)
    if operation.part != "backward":
        return sentence(noun.removeprefix("the "))
    reader = operation.name.partition("<-")[2]
    return f"Gradient of {noun}" + (f", from {reader}" if reader else "")

"""What the tokens of a data set are, as numbers that a picture can be coloured by. Knows no colours. Torch-free."""

import unicodedata
from dataclasses import dataclass

import numpy as np

from model.datasets import Dataset

_VOWELS = set("aeiou")
_KINDS = ("vowel", "consonant", "digit", "space or line end", "other sign", "several characters")
_BRACKETS = ("( )", "[ ]", "{ }", "other sign")


@dataclass(frozen=True)
class Colouring:
    """One way to colour tokens. `values`, one a token: a place in `names` (kind "class"), a place on a circle of
    `period` (kind "cycle"), or an amount (kind "amount"); None where a token has none. `unit` says what an amount is.
    """

    key: str
    title: str
    kind: str
    values: tuple[float | None, ...]
    names: tuple[str, ...] = ()
    period: int = 0
    unit: str = ""


def colourings(dataset: Dataset) -> list[Colouring]:
    """The ways to colour this data set's tokens that say something, the most telling first."""
    vocab = dataset.tokenizer.vocab
    ways: list[Colouring] = []
    numbers = [int(text) if text.isdecimal() else None for text in vocab]
    if sum(number is not None for number in numbers) > 2 and dataset.is_task:
        ways.append(_numbers(dataset, numbers))
    if dataset.name == "brackets":
        kinds = [next((i for i, pair in enumerate(_BRACKETS[:-1]) if text in pair.split()), 3) for text in vocab]
        ways.append(Colouring("bracket", "kind of bracket", "class", tuple(kinds), _BRACKETS))
    if sum(len(text) == 1 and text.isalpha() for text in vocab) > 2:
        ways.append(Colouring("kind", "kind of character", "class", tuple(map(kind_of, vocab)), _KINDS))
        ways.append(_alphabet(vocab))
    counts = dataset.training.counts(len(vocab))
    share = 100 * counts / max(1, counts.sum())
    seen = tuple(round(float(np.log10(each)), 4) if each else None for each in share)
    ways.append(Colouring("frequency", "how often in the data", "amount", seen, unit="% of all tokens"))
    return ways


def kind_of(text: str) -> int:
    """Which of _KINDS a token is. Accents do not matter: é is a vowel."""
    if len(text) != 1:
        return _KINDS.index("other sign" if text.startswith("\\x") else "several characters")
    base = unicodedata.normalize("NFD", text)[0].lower()
    if text.isspace():
        return _KINDS.index("space or line end")
    if base.isalpha():
        return _KINDS.index("vowel" if base in _VOWELS else "consonant")
    return _KINDS.index("digit" if base.isdecimal() else "other sign")


def _numbers(dataset: Dataset, numbers: list[int | None]) -> Colouring:
    values = tuple(None if number is None else float(number) for number in numbers)
    if dataset.name == "modular":  # the last number is followed by the first
        return Colouring("number", "value of the number", "cycle", values, period=dataset.guess_count, unit="")
    return Colouring("number", "value of the number", "amount", values, unit="")


def _alphabet(vocab: tuple[str, ...]) -> Colouring:
    base = [unicodedata.normalize("NFD", text)[0].lower() if len(text) == 1 else "" for text in vocab]
    places = tuple(float(ord(each) - ord("a")) if "a" <= each <= "z" else None for each in base)
    return Colouring("alphabet", "place in the alphabet", "amount", places, unit="letters after a")

"""Tasks made by code: exercises whose answers need attention. Each row is a question and its answer, in symbols.

It does not know batches or models. Every question occurs once, so that splitting the rows splits the questions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from model.config import DataConfig

Table = NDArray[np.int64]
Maker = Callable[["DataConfig", int, np.random.Generator], "Exercises"]  # how many rows to draw, from what

LETTERS = tuple("abcdefghijklmnopqrstuvwxyz")
DIGITS = tuple("0123456789")
OPENING, CLOSING, NOTHING_OPEN = tuple("([{"), tuple(")]}"), "."
INDUCTION_LENGTH, INDUCTION_SYMBOLS, PERIODS = 40, 32, range(6, 21)

_MAX_EXERCISES, _MAX_TABLE = 50_000, 2_000_000  # rows; numbers in all rows together
_SEED = 31415


@dataclass(frozen=True)
class Exercises:
    """The rows of a task (N, T + 1), each a question of `n_question` tokens and its answer; which of the targets count
    (N, T); and how many of the symbols can be an answer."""

    symbols: tuple[str, ...]
    guess_count: int
    table: Table
    counts: NDArray[np.bool_]
    n_question: int


def row_length(data: DataConfig) -> int:
    """Tokens that a model reads of one row of this task: block_size must not be smaller."""
    return _ROW_LENGTHS[data.dataset](data.task_length)


def check_row_fits(data: DataConfig, block_size: int) -> None:
    """ValueError, one line, when a row of this task is longer than block_size tokens."""
    length = row_length(data)
    if length > block_size:
        is_fixed = data.dataset in ("modular", "induction")
        cure, cause = ("", "") if is_fixed else (" or task_length lower", f", task_length={data.task_length}")
        raise ValueError(
            f"block_size must be at least {length}{cure} for the rows of {data.dataset}; "
            f"got block_size={block_size}{cause}"
        )


def make_exercises(data: DataConfig) -> Exercises:
    """All exercises of the task that `data` names, each question once, in an order made by a seed of their own."""
    rng = np.random.default_rng(_SEED)
    n_drawn = min(_MAX_EXERCISES, _MAX_TABLE // (row_length(data) + 1))
    made = _MAKERS[data.dataset](data, n_drawn, rng)
    kept = _distinct(made.table[:, : made.n_question], rng)
    return replace(made, table=made.table[kept], counts=made.counts[kept])


def _distinct(questions: Table, rng: np.random.Generator) -> NDArray[np.intp]:
    """Indices of one row for each different question, shuffled. Equal questions have equal keys; two different ones
    that share a key lose one of them, which harms nobody."""
    multipliers = rng.integers(2**63, size=questions.shape[1], dtype=np.uint64)
    keys = questions.astype(np.uint64) @ multipliers  # (N,)
    return rng.permutation(np.unique(keys, return_index=True)[1])


def _exercises(symbols: tuple[str, ...], guess_count: int, question: list[Table], answer: Table) -> Exercises:
    """Rows of the question's columns, then the answer; all of the answer counts and nothing of the question does."""
    n_question = sum(columns.shape[1] for columns in question)
    table = np.concatenate([*question, answer], axis=1)  # (N, T + 1)
    counts = np.zeros((len(table), table.shape[1] - 1), np.bool_)  # (N, T)
    counts[:, n_question - 1 :] = True  # the question's last token is where the answer's first is predicted
    return Exercises(symbols, guess_count, table, counts, n_question)


def _sign(n: int, symbol: int) -> Table:
    return np.full((n, 1), symbol)


def _rearrange(rearranged: Callable[[Table], Table]) -> Maker:
    """Random letters, an arrow, and the same letters rearranged."""

    def make(data: DataConfig, n: int, rng: np.random.Generator) -> Exercises:
        letters = rng.integers(len(LETTERS), size=(n, data.task_length))
        question = [letters, _sign(n, len(LETTERS))]
        return _exercises((*LETTERS, "→"), len(LETTERS), question, rearranged(letters))

    return make


def _add(data: DataConfig, n: int, rng: np.random.Generator) -> Exercises:
    """a + b = their sum from its ones upward, as on paper: each digit needs two digits and a carry."""
    a, b = rng.integers(10, size=(2, n, data.task_length))
    total, carry = [], np.zeros(n, np.int64)
    for place in reversed(range(data.task_length)):
        column = a[:, place] + b[:, place] + carry
        total.append(column % 10)
        carry = column // 10
    plus, equals = _sign(n, len(DIGITS)), _sign(n, len(DIGITS) + 1)
    return _exercises((*DIGITS, "+", "="), len(DIGITS), [a, plus, b, equals], np.stack([*total, carry], axis=1))


def _modular(data: DataConfig, n: int, rng: np.random.Generator) -> Exercises:
    """The whole table of a + b mod m, every pair once, as "a b =": the form of the grokking experiments."""
    m = data.modulus
    a, b = (each.reshape(-1, 1) for each in np.indices((m, m)))
    return _exercises((*map(str, range(m)), "="), m, [a, b, _sign(m * m, m)], (a + b) % m)


def _brackets(data: DataConfig, n: int, rng: np.random.Generator) -> Exercises:
    """Brackets, some closed again; the answer closes what is still open, the last opened first, then says so."""
    length, n_kinds, rows = data.task_length, len(OPENING), np.arange(n)
    brackets = np.empty((n, length), np.int64)
    stack, depth = np.zeros((n, length + 1), np.int64), np.zeros(n, np.int64)  # the kinds that are open, how many
    for t in range(length):
        opens = (depth == 0) | (rng.random(n) < 0.6)
        kind = np.where(opens, rng.integers(n_kinds, size=n), stack[rows, depth - 1])
        brackets[:, t] = np.where(opens, kind, n_kinds + kind)
        stack[rows[opens], depth[opens]] = kind[opens]
        depth += np.where(opens, 1, -1)
    place = np.arange(length + 1)
    still_open = np.take_along_axis(stack, np.maximum(depth[:, None] - 1 - place, 0), axis=1)
    answer = np.where(place < depth[:, None], n_kinds + still_open, 2 * n_kinds)
    symbols = (*OPENING, *CLOSING, NOTHING_OPEN, "→")
    made = _exercises(symbols, n_kinds + 1, [brackets, _sign(n, 2 * n_kinds + 1)], answer)
    made.counts[:, length:] = place <= depth[:, None]  # up to the first "nothing open"; what follows is padding
    return made


def _induction(data: DataConfig, n: int, rng: np.random.Generator) -> Exercises:
    """A random order of symbols, repeated with a random period. What counts is each repeated symbol but the first:
    that a repeat begins cannot be known, how it goes on can."""
    order = rng.random((n, INDUCTION_SYMBOLS)).argsort(axis=1)
    period = rng.integers(PERIODS.start, PERIODS.stop, size=(n, 1))
    place = np.arange(INDUCTION_LENGTH + 1)
    table = np.take_along_axis(order, place % period, axis=1)  # (N, T + 1)
    symbols = tuple(map(str, range(INDUCTION_SYMBOLS)))
    return Exercises(symbols, INDUCTION_SYMBOLS, table, place[1:] > period, n_question=table.shape[1])


_MAKERS: dict[str, Maker] = {
    "copy": _rearrange(lambda letters: letters),
    "reverse": _rearrange(lambda letters: letters[:, ::-1]),
    "sort": _rearrange(lambda letters: np.sort(letters, axis=1)),
    "add": _add,
    "modular": _modular,
    "brackets": _brackets,
    "induction": _induction,
}

_ROW_LENGTHS: dict[str, Callable[[int], int]] = {
    "copy": lambda length: 2 * length,
    "reverse": lambda length: 2 * length,
    "sort": lambda length: 2 * length,
    "add": lambda length: 3 * length + 2,
    "modular": lambda length: 3,
    "brackets": lambda length: 2 * length + 1,
    "induction": lambda length: INDUCTION_LENGTH,
}

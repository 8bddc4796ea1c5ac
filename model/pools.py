"""Pools: token ids in one of three shapes, from which rows are gathered in one operation. They know no text.

`Windows`: anywhere in one long stream. `Lines`: one line a row, padded. `Rows`: a table of equal rows with weights of
their own. Each answers `n_rows(block_size)` and `take(index, block_size) -> Batch`.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from model.records import Batch

Index = NDArray[np.int64]


class Pool(Protocol):
    """What a Dataset draws from."""

    n_tokens: int

    def n_rows(self, block_size: int) -> int:
        """How many different rows there are to take."""

    def take(self, index: Index, block_size: int) -> Batch:
        """The rows at `index` (B,), each at most `block_size` tokens: a Batch of (B, T)."""

    def counts(self, vocab_size: int) -> Index:
        """How often each token occurs: (V,)."""


class Windows:
    """Every window of block_size tokens of one stream is a row; every target counts."""

    def __init__(self, tokens: NDArray[np.integer]) -> None:
        self._tokens = tokens.astype(np.int16)
        self.n_tokens = len(tokens)

    def n_rows(self, block_size: int) -> int:
        """One window starts at each token that has block_size tokens after it; a shorter stream is one window."""
        return max(1, self.n_tokens - block_size)

    def take(self, index: Index, block_size: int) -> Batch:
        """Windows starting at `index`."""
        offsets = np.arange(min(block_size + 1, self.n_tokens))
        rows = self._tokens[index[:, None] + offsets]  # (B, T + 1)
        weights = np.ones((len(index), len(offsets) - 1), np.float32)
        return Batch(rows[:, :-1].astype(np.int64), rows[:, 1:].astype(np.int64), weights)

    def counts(self, vocab_size: int) -> Index:
        """How often each token occurs in the stream."""
        return np.bincount(self._tokens, minlength=vocab_size)


class Lines:
    """One line a row: a line end, the line, a line end, padding (line ends again, which do not count)."""

    def __init__(self, tokens: NDArray[np.integer], line_end: int) -> None:
        """`tokens` starts and ends with a line end; empty lines are left out."""
        ends = np.flatnonzero(tokens == line_end)
        lengths = np.diff(ends)  # of a line with one of its line ends
        self._starts = ends[:-1][lengths > 1]
        self._lengths = lengths[lengths > 1]
        self._tokens = tokens.astype(np.int16)
        self._line_end = line_end
        self.n_tokens = int(self._lengths.sum())

    def n_rows(self, block_size: int) -> int:
        """The number of lines."""
        return len(self._starts)

    def take(self, index: Index, block_size: int) -> Batch:
        """Whole lines, or their beginnings when they are longer than block_size; T is the longest line's."""
        n_targets = min(block_size, int(self._lengths.max()))
        offsets = np.arange(n_targets + 1)
        within = offsets <= self._lengths[index][:, None]  # (B, T + 1)
        rows = self._tokens.take(self._starts[index][:, None] + offsets, mode="clip")  # (B, T + 1)
        rows = np.where(within, rows, self._line_end)
        weights = within[:, 1:].astype(np.float32)  # (B, T)
        return Batch(rows[:, :-1].astype(np.int64), rows[:, 1:].astype(np.int64), weights)

    def counts(self, vocab_size: int) -> Index:
        """How often each token occurs in the lines."""
        return np.bincount(self._tokens, minlength=vocab_size)


class Rows:
    """A table of rows (N, T + 1) and which of its targets count (N, T): tasks."""

    def __init__(self, table: NDArray[np.integer], counts: NDArray[np.bool_]) -> None:
        self._table = table.astype(np.int16)
        self._counts = counts
        self.n_tokens = table.size

    def n_rows(self, block_size: int) -> int:
        """The number of questions."""
        return len(self._table)

    def take(self, index: Index, block_size: int) -> Batch:
        """Whole rows: a question without its answer teaches nothing, so a row is never cut."""
        assert self._table.shape[1] <= block_size + 1, (self._table.shape, block_size)
        rows = self._table[index]  # (B, T + 1)
        weights = self._counts[index].astype(np.float32)  # (B, T)
        return Batch(rows[:, :-1].astype(np.int64), rows[:, 1:].astype(np.int64), weights)

    def counts(self, vocab_size: int) -> Index:
        """How often each token occurs in the table, its questions and its answers."""
        return np.bincount(self._table.ravel(), minlength=vocab_size)

"""Data sets: a text or a task, its tokenizer, its two halves, and the batches drawn from them.

It does not know the model, the optimizer or the screen. Equal configurations give equal tokens on one machine.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from model import texts
from model.descriptions import ABOUT, About
from model.pools import Lines, Pool, Windows
from model.records import Batch
from model.tokenizer import ByteTokenizer, CharacterTokenizer, Tokenizer

if TYPE_CHECKING:
    from model.config import DataConfig

MAX_ALL_ROWS, MAX_ALL_TOKENS = 4096, 8  # a batch of "all" rows is for small tables
_VALIDATION_TOKENS, _BATCH_TOKENS = 4096, 2048


@dataclass(frozen=True)
class Dataset:
    """A data set ready to train on. `guess_count` is the number of symbols that can be an answer: guessing costs its
    logarithm in nats. `stop_token` ends a sample (None: nothing does). `sha256` is over the whole text or table."""

    name: str
    about: About
    examples: tuple[str, str, str]
    tokenizer: Tokenizer
    guess_count: int
    is_task: bool
    sha256: str
    training: Pool
    heldout: Pool
    start: tuple[int, ...]
    stop_token: int | None

    @property
    def title(self) -> str:
        """A few words."""
        return self.about.title

    @property
    def description(self) -> str:
        """What the data are, in one or two sentences."""
        return self.about.description

    @property
    def watch_for(self) -> str:
        """What a teacher would point at."""
        return self.about.watch_for

    @property
    def vocab_size(self) -> int:
        """Tokens known."""
        return len(self.tokenizer.vocab)

    @property
    def n_train(self) -> int:
        """Tokens to learn from."""
        return self.training.n_tokens

    @property
    def n_validation(self) -> int:
        """Tokens held out."""
        return self.heldout.n_tokens

    def draw(self, rng: np.random.Generator, batch_size: int | Literal["all"], block_size: int) -> Batch:
        """A batch of `batch_size` random training rows, or "all" of them in order, at most block_size tokens each.

        ValueError when "all" is more than MAX_ALL_ROWS rows of MAX_ALL_TOKENS tokens.
        """
        n_rows = self.training.n_rows(block_size)
        if batch_size != "all":
            return self.training.take(rng.integers(n_rows, size=batch_size), block_size)
        if n_rows > MAX_ALL_ROWS or self.training.take(np.arange(1), block_size).tokens.shape[1] > MAX_ALL_TOKENS:
            raise ValueError(
                f"batch_size may be all for at most {MAX_ALL_ROWS} rows of at most {MAX_ALL_TOKENS} tokens; "
                f"got {n_rows} rows of {self.name}"
            )
        return self.training.take(np.arange(n_rows), block_size)

    def validation(self, block_size: int) -> list[Batch]:
        """The fixed batches that measure a model: rows evenly spaced through the held-out part, about 4,096 tokens."""
        n_tokens = self.probe_text(block_size).tokens.shape[1]
        n_rows = self.heldout.n_rows(block_size)
        n_wanted = min(n_rows, max(1, _VALIDATION_TOKENS // n_tokens))
        index = np.linspace(0, n_rows - 1, n_wanted).astype(np.int64)
        rows_a_batch = max(1, _BATCH_TOKENS // n_tokens)
        return [self.heldout.take(index[i : i + rows_a_batch], block_size) for i in range(0, n_wanted, rows_a_batch)]

    def probe_text(self, block_size: int) -> Batch:
        """The one held-out row that live pictures look at, always the same: (1, T)."""
        return self.heldout.take(np.zeros(1, np.int64), block_size)

    def prompt(self) -> list[int]:
        """The tokens that a sample starts from."""
        return list(self.start)


def load_dataset(data: DataConfig, *, text: str | None = None, home: Path | None = None) -> Dataset:
    """The data set that `data` describes; `text` is the user's own, `home` is where files are kept (GLASSBOX_HOME).

    ValueError, one sentence, when the text or the file is missing or does not fit.
    """
    training, heldout = texts.names(data.language, data.train_share, home)
    return _text_dataset(data, training, heldout)


def _text_dataset(data: DataConfig, training: str, heldout: str) -> Dataset:
    whole = training + heldout
    tokenizer: Tokenizer = ByteTokenizer() if data.tokenizer == "byte" else CharacterTokenizer.of(whole)
    line_end = tokenizer.encode("\n")[0]
    train_tokens, heldout_tokens = (np.array(tokenizer.encode(half), np.int16) for half in (training, heldout))
    is_by_line = data.layout == "document"
    lines = [line for line in heldout.splitlines() if line]
    return Dataset(
        name=data.dataset,
        about=ABOUT[data.dataset],
        examples=(lines[0], lines[1], lines[2]),
        tokenizer=tokenizer,
        guess_count=len(np.unique(train_tokens)),
        is_task=False,
        sha256=hashlib.sha256(whole.encode()).hexdigest(),
        training=Lines(train_tokens, line_end) if is_by_line else Windows(train_tokens),
        heldout=Lines(heldout_tokens, line_end) if is_by_line else Windows(heldout_tokens),
        start=(line_end,),
        stop_token=line_end if is_by_line or data.dataset == "names" else None,
    )

"""Data sets: a text or a task, its tokenizer, its two halves, and the batches drawn from them.

It does not know the model, the optimizer or the screen. Equal configurations give equal tokens on one machine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import ceil
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from model import texts
from model.bpe_tokenizer import BpeTokenizer
from model.descriptions import ABOUT, About
from model.pools import Lines, Pool, Rows, Windows
from model.records import Batch
from model.tasks import NOTHING_OPEN, make_exercises
from model.tokenizer import ByteTokenizer, CharacterTokenizer, SymbolTokenizer, Tokenizer

if TYPE_CHECKING:
    from model.config import DataConfig

MAX_ALL_ROWS, MAX_ALL_TOKENS = 4096, 8  # a batch of "all" rows is for small tables
_VALIDATION_TOKENS, _BATCH_TOKENS = 4096, 2048
_LINE_END = "\n"


@dataclass(frozen=True)
class Dataset:
    """A data set ready to train on. `guess_count` is the number of symbols that can be an answer: guessing costs its
    logarithm in nats. `stop_token` ends a sample (None: nothing does). A task's answer has at most `answer_length`
    tokens (0 = a text); its `stop_token`, if any, is the answer's last. `sha256` is over the whole text or table.
    """

    name: str
    about: About
    examples: tuple[str, ...]
    tokenizer: Tokenizer
    guess_count: int
    is_task: bool
    sha256: str
    training: Pool
    heldout: Pool
    start: tuple[int, ...]
    stop_token: int | None
    answer_length: int = 0

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

    @cached_property
    def frequencies(self) -> NDArray[np.float64]:
        """Each token's share of the training part, (V,), every count one higher so that none is 0."""
        counts = self.training.counts(self.vocab_size) + 1
        return np.asarray(counts / counts.sum())

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
        n_batches = ceil(n_wanted * n_tokens / _BATCH_TOKENS)
        return [self.heldout.take(each, block_size) for each in np.array_split(index, n_batches)]

    def probe_text(self, block_size: int) -> Batch:
        """The one held-out row that live pictures look at, always the same: (1, T)."""
        return self.heldout.take(np.zeros(1, np.int64), block_size)

    def prompt(self) -> list[int]:
        """The tokens that a sample starts from."""
        return list(self.start)

    def written(self, tokens: list[int]) -> str:
        """What a model wrote after the prompt, to be read: a text alone, or a task's question and the answer to it."""
        if not self.is_task:
            return self.tokenizer.decode(tokens)
        end = tokens.index(self.stop_token) + 1 if self.stop_token in tokens else len(tokens)
        question, answer = self.tokenizer.decode(self.start), self.tokenizer.decode(tokens[:end])
        sign = " →" if question[-1].isalnum() else ""  # an induction's question ends with no sign of its own
        return f"{question}{sign} {answer}"


def load_dataset(
    data: DataConfig, *, text: str | None = None, home: Path | None = None, tokenizer: Tokenizer | None = None
) -> Dataset:
    """The data set that `data` describes; `text` is the user's own, `home` is where files are kept (GLASSBOX_HOME),
    `tokenizer` the one that a run on a text has kept (None: it is made of the text).

    ValueError, one sentence, when the text or the file is missing or does not fit.
    """
    if data.is_task:
        return _task_dataset(data)
    share = data.train_share
    halves: dict[str, Callable[[], tuple[str, str]]] = {
        "names": lambda: texts.names(data.language, share, home),
        "prose": lambda: texts.prose(share),
        "shakespeare": lambda: texts.shakespeare(share, home),
        "text": lambda: texts.own(text, data.text_sha256, share),
    }
    return _text_dataset(data, *halves[data.dataset](), tokenizer)


def _task_dataset(data: DataConfig) -> Dataset:
    made = make_exercises(data)
    n_rows = len(made.table)
    n_train = min(max(1, round(n_rows * data.train_share)), n_rows - 1)
    tokenizer = SymbolTokenizer(made.symbols)
    asked = made.table[n_train, : int(made.counts[n_train].argmax()) + 1]  # the first held-out question
    return Dataset(
        name=data.dataset,
        about=ABOUT[data.dataset],
        examples=tuple(_exercise_text(tokenizer, made.table[i], made.counts[i]) for i in (0, 1, -1)),
        tokenizer=tokenizer,
        guess_count=made.guess_count,
        is_task=True,
        sha256=hashlib.sha256(made.table.astype("<i8").tobytes()).hexdigest(),
        training=Rows(made.table[:n_train], made.counts[:n_train]),
        heldout=Rows(made.table[n_train:], made.counts[n_train:]),
        start=tuple(asked.tolist()),
        stop_token=made.symbols.index(NOTHING_OPEN) if NOTHING_OPEN in made.symbols else None,
        answer_length=made.table.shape[1] - len(asked),
    )


def _exercise_text(tokenizer: Tokenizer, row: NDArray[np.int64], counts: NDArray[np.bool_]) -> str:
    """A row up to the last token that counts: what follows is padding."""
    return tokenizer.decode(row[: int(counts.nonzero()[0][-1]) + 2].tolist())


def _text_dataset(data: DataConfig, training: str, heldout: str, kept: Tokenizer | None) -> Dataset:
    is_by_line = data.layout == "document"
    sha256 = hashlib.sha256((training + heldout).encode()).hexdigest()
    if is_by_line:
        training, heldout = (f"\n{half.strip(_LINE_END)}\n" for half in (training, heldout))
    whole = training + heldout
    tokenizer = kept or _tokenizer(data, training, whole)
    start = tokenizer.encode(_LINE_END if _LINE_END in whole else whole[0])[0]
    tokens = [np.array(tokenizer.encode(half), np.int16) for half in (training, heldout)]
    pools: list[Pool] = [Lines(half, start) if is_by_line else Windows(half) for half in tokens]
    if not all(pool.n_tokens for pool in pools):
        raise ValueError("layout must be stream for a text with no line in one of its two parts; got document")
    return Dataset(
        name=data.dataset,
        about=ABOUT[data.dataset],
        examples=_excerpts(whole),
        tokenizer=tokenizer,
        guess_count=len(np.unique(np.concatenate(tokens))),
        is_task=False,
        sha256=sha256,
        training=pools[0],
        heldout=pools[1],
        start=(start,),
        stop_token=start if is_by_line or data.dataset == "names" else None,
    )


def _tokenizer(data: DataConfig, training: str, whole: str) -> Tokenizer:
    """Byte pairs are learned from the training text alone; the list of characters must hold those of both halves."""
    made: dict[str, Callable[[], Tokenizer]] = {
        "character": lambda: CharacterTokenizer.of(whole),
        "byte": ByteTokenizer,
        "bpe": lambda: BpeTokenizer.learned(training, data.n_merges),
    }
    return made[data.tokenizer]()


def _excerpts(text: str) -> tuple[str, ...]:
    """Three lines from the beginning, the middle and the end of a text: sentences where it has any."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    sentences = [line for line in lines if line[0].isalpha() and line.count(" ") >= 6] or lines
    return tuple(shorten(sentences[i * (len(sentences) - 1) // 2], 80, placeholder=" …") for i in range(3))

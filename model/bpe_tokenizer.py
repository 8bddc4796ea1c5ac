"""The tokenizer that byte-pair encoding makes: learned from a text by the package `tokenizers`, of the same merges that
`model.bpe` makes one by one. It does not know where a text comes from.
"""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from model.bpe import LEAST_COUNT, N_BYTES, Pair, pieces, spelled
from model.fields import MAX_MERGES
from model.visible import visible


class BpeTokenizer:
    """The 256 bytes, then one token a merge: every text is known, and what is frequent is short."""

    kind = "bpe"

    def __init__(self, merges: Iterable[Sequence[int]]) -> None:
        """`merges` are pairs of token ids; the first makes token 256. ValueError when they are no merges."""
        self.merges = _checked(merges)
        self._bytes = spelled(self.merges)
        self.vocab = tuple(each.decode("utf-8", errors="backslashreplace") for each in self._bytes)
        symbols = [_symbols(each) for each in self._bytes]
        self._engine = _package().Tokenizer(
            _package().models.BPE(
                vocab={symbol: i for i, symbol in enumerate(symbols)},
                merges=[(symbols[left], symbols[right]) for left, right in self.merges],
            )
        )

    @classmethod
    def learned(cls, text: str, n_merges: int) -> BpeTokenizer:
        """Learned from `text`: at most `n_merges` merges, fewer when no pair stands twice any more."""
        engine = _package().Tokenizer(_package().models.BPE())
        trainer = _package().trainers.BpeTrainer(
            vocab_size=N_BYTES + n_merges,
            min_frequency=LEAST_COUNT,
            initial_alphabet=[chr(value) for value in range(N_BYTES)],  # sorted: a byte's id is its value
            show_progress=False,
        )
        engine.train_from_iterator((_symbols(piece.encode()) for piece in pieces(text)), trainer)
        found = json.loads(engine.to_str())["model"]
        return cls([(found["vocab"][left], found["vocab"][right]) for left, right in found["merges"]])

    def encode(self, text: str) -> list[int]:
        """The ids of `text`, piece by piece; every text that UTF-8 can write is known."""
        own = pieces(text)
        each = list(set(own))  # equal pieces have equal tokens
        found = self._engine.encode_batch_fast([_symbols(piece.encode()) for piece in each])
        ids = dict(zip(each, (encoding.ids for encoding in found), strict=True))
        return [token for piece in own for token in ids[piece]]

    def decode(self, tokens: Iterable[int]) -> str:
        """The text of these tokens' bytes; � where they are not UTF-8, as an untrained model's samples are not."""
        return b"".join(self._bytes[token] for token in tokens).decode("utf-8", errors="replace")

    def labels(self, tokens: Iterable[int]) -> list[str]:
        """Each token's text, made visible; bytes that are no whole character as \\xNN."""
        return [visible(self.vocab[token]) for token in tokens]

    def to_json(self) -> str:
        """The kind and the merges."""
        return json.dumps({"kind": self.kind, "merges": self.merges})


def _symbols(data: bytes) -> str:
    """One character a byte, which is what `tokenizers` works on."""
    return data.decode("latin-1")


def _checked(merges: Iterable[Sequence[int]]) -> tuple[Pair, ...]:
    pairs = [tuple(pair) for pair in merges]
    if len(pairs) > MAX_MERGES:
        raise ValueError(f"merges must be at most {MAX_MERGES}; got {len(pairs)}")
    for i, pair in enumerate(pairs):
        if len(pair) != 2 or not all(type(token) is int and 0 <= token < N_BYTES + i for token in pair):
            raise ValueError(f"merges must be pairs of tokens known by then; got {list(pair)} as number {i + 1}")
    return tuple((left, right) for left, right in pairs)


@cache
def _package() -> Any:
    """`tokenizers`, imported when first needed: pages of other runs do without. One thread, as everywhere here."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    return importlib.import_module("tokenizers")

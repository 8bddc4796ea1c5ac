"""Tokenizers: text to token ids and back, by character, by byte or by symbol (by byte pairs: `model.bpe_tokenizer`).

They do not know where a text comes from, and share one interface: `vocab`, `encode(text)`, `decode(tokens)`,
`labels(tokens)`, `to_json()`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from model.bpe_tokenizer import BpeTokenizer
from model.fields import MAX_VOCAB_SIZE
from model.visible import visible


class Tokenizer(Protocol):
    """What the rest of Glassbox relies on: `vocab[i]` is the text of token i."""

    kind: str
    vocab: tuple[str, ...]

    def encode(self, text: str) -> list[int]:
        """The token ids of `text`; ValueError names what the vocabulary does not know."""

    def decode(self, tokens: Iterable[int]) -> str:
        """The text that these tokens spell."""

    def labels(self, tokens: Iterable[int]) -> list[str]:
        """One short visible label a token: ⏎ for a line's end, ␣ for a space."""

    def to_json(self) -> str:
        """Everything that `from_json` needs to build the same tokenizer again."""


class CharacterTokenizer:
    """One token a character; the vocabulary is the sorted characters of a text."""

    kind = "character"

    def __init__(self, vocab: Iterable[str]) -> None:
        self.vocab = tuple(vocab)
        self._ids = {character: i for i, character in enumerate(self.vocab)}

    @classmethod
    def of(cls, text: str) -> CharacterTokenizer:
        """The tokenizer of `text`'s own characters; ValueError when they are more than a vocabulary may have."""
        characters = sorted(set(text))
        if len(characters) > MAX_VOCAB_SIZE:
            raise ValueError(
                f"tokenizer must be byte for this text: character allows {MAX_VOCAB_SIZE} distinct characters; "
                f"got {len(characters)}"
            )
        return cls(characters)

    def encode(self, text: str) -> list[int]:
        """One id a character; ValueError names the characters that the vocabulary does not have."""
        try:
            return [self._ids[character] for character in text]
        except KeyError:
            raise ValueError(_unknown("characters", set(text) - self._ids.keys(), self.vocab)) from None

    def decode(self, tokens: Iterable[int]) -> str:
        """The characters of these tokens, joined."""
        return "".join(self.vocab[token] for token in tokens)

    def labels(self, tokens: Iterable[int]) -> list[str]:
        """The characters, made visible."""
        return [visible(self.vocab[token]) for token in tokens]

    def to_json(self) -> str:
        """The kind and the vocabulary."""
        return json.dumps({"kind": self.kind, "vocab": self.vocab}, ensure_ascii=False)


class ByteTokenizer:
    """One token a byte of UTF-8: 256 tokens spell every text there is."""

    kind = "byte"

    def __init__(self) -> None:
        self.vocab = tuple(chr(byte) if byte < 128 else f"\\x{byte:02x}" for byte in range(256))

    def encode(self, text: str) -> list[int]:
        """One id a byte; every text that UTF-8 can write is known."""
        return list(text.encode("utf-8"))

    def decode(self, tokens: Iterable[int]) -> str:
        """The text of these bytes; � where they are not UTF-8, as an untrained model's samples are not."""
        return bytes(tokens).decode("utf-8", errors="replace")

    def labels(self, tokens: Iterable[int]) -> list[str]:
        """ASCII as itself, all other bytes as \\xNN."""
        return [visible(self.vocab[token]) for token in tokens]

    def to_json(self) -> str:
        """The kind says it all."""
        return json.dumps({"kind": self.kind})


class SymbolTokenizer:
    """One token a word between spaces ("3 + 14 = 17"): for tasks, where a number is one symbol."""

    kind = "symbol"

    def __init__(self, vocab: Iterable[str]) -> None:
        self.vocab = tuple(vocab)
        self._ids = {symbol: i for i, symbol in enumerate(self.vocab)}

    def encode(self, text: str) -> list[int]:
        """One id a symbol; ValueError names the symbols that the vocabulary does not have."""
        symbols = text.split()
        unknown = set(symbols) - self._ids.keys()
        if unknown:
            raise ValueError(_unknown("symbols", unknown, self.vocab))
        return [self._ids[symbol] for symbol in symbols]

    def decode(self, tokens: Iterable[int]) -> str:
        """The symbols of these tokens with a space between."""
        return " ".join(self.vocab[token] for token in tokens)

    def labels(self, tokens: Iterable[int]) -> list[str]:
        """The symbols as they are: they hold no spaces."""
        return [self.vocab[token] for token in tokens]

    def to_json(self) -> str:
        """The kind and the vocabulary."""
        return json.dumps({"kind": self.kind, "vocab": self.vocab}, ensure_ascii=False)


def from_json(text: str) -> Tokenizer:
    """The tokenizer that `to_json` wrote; ValueError when the kind is none of ours or the vocabulary is too large."""
    fields = json.loads(text)
    vocab: Sequence[str] = fields.get("vocab", ())
    if len(vocab) > MAX_VOCAB_SIZE:
        raise ValueError(f"vocab must have at most {MAX_VOCAB_SIZE} tokens; got {len(vocab)}")
    build: dict[str, Callable[[], Tokenizer]] = {
        "character": lambda: CharacterTokenizer(vocab),
        "byte": ByteTokenizer,
        "symbol": lambda: SymbolTokenizer(vocab),
        "bpe": lambda: BpeTokenizer(fields.get("merges", ())),
    }
    if fields.get("kind") not in build:
        raise ValueError(f"kind of tokenizer must be one of {', '.join(build)}; got {fields.get('kind')!r}")
    return build[fields["kind"]]()


def _unknown(what: str, unknown: set[str], vocab: tuple[str, ...]) -> str:
    named = ", ".join(repr(each) for each in sorted(unknown)[:3])
    more = f" and {len(unknown) - 3} more" if len(unknown) > 3 else ""
    known = visible("".join(vocab)) if what == "characters" else " ".join(vocab)
    known = known if len(known) <= 80 else known[:80] + "…"
    return f"text may hold the {what} the model knows ({known}); got {named}{more}"

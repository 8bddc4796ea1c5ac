"""Where texts come from: first names (Faker), English prose (pydoc), TinyShakespeare (a file), the user's own.

Every source answers (training text, held-out text). It does not know about tokens or batches.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import pkgutil
import random
import re
from bisect import bisect_left
from collections.abc import Collection
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from itertools import accumulate
from pathlib import Path

from model.download import SHA256, shakespeare_path, write_atomically

MAX_TEXT_BYTES = 2_000_000
MIN_TEXT_CHARACTERS = 200

_SPLIT_SEED = 2718


def names(language: str, train_share: float, home: Path | None) -> tuple[str, str]:
    """First names one a line, each line between two line ends, shuffled by a fixed seed and split by name."""
    shuffled = list(first_names(language, home))
    random.Random(_SPLIT_SEED).shuffle(shuffled)
    n_train = round(len(shuffled) * train_share)
    # A leading line end, so that the first name too is announced by one.
    return _lines(shuffled[:n_train]), _lines(shuffled[n_train:])


def first_names(language: str = "all", home: Path | None = None) -> list[str]:
    """Faker's first names of one language or of "all" it has: those of plain letters, lower case, each once, sorted.

    Importing Faker takes about a quarter of a second, so with a `home` the names are kept in its datasets folder.
    """
    by_language = _names_of_faker() if home is None else _kept_names(home)
    if language == "all":
        return sorted({name for each in by_language.values() for name in each})
    return by_language[language]


def _kept_names(home: Path) -> dict[str, list[str]]:
    path = home / "datasets" / f"names-faker-{version('faker')}.json"
    if path.is_file():
        kept: dict[str, list[str]] = json.loads(path.read_text("utf-8"))
        return kept
    found = _names_of_faker()
    with suppress(OSError):  # a full or read-only disk costs a quarter of a second next time, nothing else
        write_atomically(path, json.dumps(found).encode())
    return found


@cache
def _names_of_faker() -> dict[str, list[str]]:
    """Language code -> sorted names, read from the class attributes of faker.providers.person.<locale>."""
    person = importlib.import_module("faker.providers.person")
    found: dict[str, set[str]] = {}
    for module in pkgutil.iter_modules(person.__path__):
        provider = importlib.import_module(f"faker.providers.person.{module.name}").Provider
        for attribute, value in vars(provider).items():
            if attribute.startswith("first_names") and isinstance(value, Collection):
                found.setdefault(module.name.split("_")[0], set()).update(name.lower() for name in value)
    plain = re.compile("[a-z]+")
    return {language: sorted(filter(plain.fullmatch, each)) for language, each in sorted(found.items())}


def prose(train_share: float) -> tuple[str, str]:
    """Python's help topics as plain text. They repeat one another, so a paragraph that the training part holds too is
    dropped from the held-out part."""
    topics = importlib.import_module("pydoc_data.topics").topics
    whole = "\n\n".join(topics[key].strip() for key in sorted(topics)) + "\n"
    whole = re.sub(r"(?m)^[*=~-]{3,}\n", "", whole)  # the lines under headings
    paragraphs = re.split(r"(?<=\n)\n+", whole)
    lengths = accumulate(map(len, paragraphs))
    n_train = bisect_left(list(lengths), train_share * len(whole)) + 1
    seen = set(paragraphs[:n_train])
    return "\n".join(paragraphs[:n_train]), "\n".join(each for each in paragraphs[n_train:] if each not in seen)


def shakespeare(train_share: float, home: Path | None) -> tuple[str, str]:
    """TinyShakespeare from its file; ValueError, one sentence, when the file is missing or is another."""
    path = shakespeare_path(home or Path())
    if home is None or not path.is_file():
        raise ValueError(f"dataset shakespeare must be downloaded first, or its file put at {path}; got no file there")
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != SHA256:
        raise ValueError(f"{path} must be TinyShakespeare (sha256 {SHA256[:8]}…); got another file: delete it")
    return _cut(data.decode(), train_share)


def own(text: str | None, text_sha256: str, train_share: float) -> tuple[str, str]:
    """The user's text; ValueError when it is missing, or is not the one that the run was made with."""
    if text is None:
        raise ValueError("text must be given for dataset text: paste or upload one; got none")
    found = hashlib.sha256(text.encode()).hexdigest()
    if text_sha256 not in ("", found):
        raise ValueError(f"text must be the run's own (sha256 {text_sha256[:8]}…); got another (sha256 {found[:8]}…)")
    return _cut(text, train_share)


def check_text(data: bytes) -> str:
    """The text of an upload or a paste, its line ends made equal. ValueError, one sentence: what, what is allowed, what
    came."""
    if len(data) > MAX_TEXT_BYTES:
        raise ValueError(f"text may have at most {MAX_TEXT_BYTES / 1e6:.0f} MB; got {len(data) / 1e6:.1f} MB")
    if 0 in data:
        raise ValueError("text must be plain text in UTF-8; got a binary file")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"text must be plain text in UTF-8; got other bytes from byte {error.start + 1:,} on (save it as UTF-8)"
        ) from None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise ValueError(f"text must have at least {MIN_TEXT_CHARACTERS} characters; got an empty one")
    if len(text) < MIN_TEXT_CHARACTERS:
        raise ValueError(f"text must have at least {MIN_TEXT_CHARACTERS} characters; got {len(text)}")
    if len(set(text)) == 1:
        raise ValueError(f"text must have at least 2 different characters; got only {text[0]!r}")
    return text


def _cut(text: str, train_share: float) -> tuple[str, str]:
    n_train = int(len(text) * train_share)
    return text[:n_train], text[n_train:]


def _lines(lines: list[str]) -> str:
    return "\n" + "\n".join(lines) + "\n"

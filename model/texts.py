"""Where texts come from: first names (Faker), English prose (pydoc), TinyShakespeare (a file), the user's own.

Every source answers (training text, held-out text). It does not know about tokens or batches.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import random
import re
import tempfile
from collections.abc import Collection
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path

LANGUAGES = {
    "all": "all languages",
    "en": "English",
    "de": "German",
    "is": "Icelandic",
    "es": "Spanish",
    "nl": "Dutch",
    "fr": "French",
    "sv": "Swedish",
    "ga": "Irish",
    "tr": "Turkish",
    "id": "Indonesian",
    "ro": "Romanian",
    "da": "Danish",
    "it": "Italian",
    "fi": "Finnish",
}  # those for which Faker knows about 400 or more names of plain letters

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
    """Faker's first names of one of LANGUAGES or of "all" languages there are: lower case a–z only, each once, sorted.

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


def write_atomically(path: Path, data: bytes) -> None:
    """Write all of `data` or nothing: a reader never meets half a file. OSError when the disk refuses."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(part, path)
    except OSError:
        Path(part).unlink(missing_ok=True)
        raise


def _lines(lines: list[str]) -> str:
    return "\n" + "\n".join(lines) + "\n"

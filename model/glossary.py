"""The glossary: every term of the screen and every tap, in one plain paragraph. The texts stand in `glossary.toml`."""

import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Term:
    """One entry. `formula` is LaTeX or empty; `where` is a page that shows it, or `step/` and an operation's name."""

    name: str
    also: tuple[str, ...]
    paragraph: str
    formula: str
    where: str


def _read() -> dict[str, Term]:
    entries = tomllib.loads(Path(__file__).with_name("glossary.toml").read_text("utf-8"))
    return {
        key: Term(
            name=entry["name"],
            also=tuple(entry.get("also", ())),
            paragraph=" ".join(entry["paragraph"].split()),
            formula=entry.get("formula", ""),
            where=entry["where"],
        )
        for key, entry in entries.items()
    }


GLOSSARY = _read()

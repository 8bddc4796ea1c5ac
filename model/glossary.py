"""The glossary: every term of the screen and every tap, in one plain paragraph. The texts stand in `glossary.toml`."""

import tomllib
from collections.abc import Iterable
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
_NOT = 3  # the rank of a term that has nothing to do with what is sought


def found(words: str) -> list[Term]:
    """The terms that `words` may mean, the likeliest first: called so, then named like it, then explained with it."""
    sought = words.strip().lower()
    ranked = [(_rank(key, term, sought), term.name.lower(), term) for key, term in GLOSSARY.items()]
    return [term for rank, _, term in sorted(ranked, key=lambda entry: entry[:2]) if rank < _NOT]


def first_letters(terms: Iterable[Term] | None = None) -> list[str]:
    """The first letters of these terms' names (of all), each once, in order."""
    return sorted({term.name[0].upper() for term in (GLOSSARY.values() if terms is None else terms)})


def _rank(key: str, term: Term, sought: str) -> int:
    names = [name.lower() for name in (key, term.name, *term.also)]
    if sought in names:
        return 0
    if any(sought in name for name in names):
        return 1
    return 2 if sought in term.paragraph.lower() else _NOT

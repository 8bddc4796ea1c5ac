"""What every data set is, in plain words for the screen. It holds no data and knows no tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class About:
    """The words beside a data set, and the flat settings that show it best (`suggests`, for a new run on it)."""

    title: str
    description: str
    watch_for: str
    source: str
    suggests: Mapping[str, object] = field(default_factory=dict)


ABOUT = {
    "names": About(
        title="First names",
        description="About 16,500 first names of many languages, in plain lower-case letters, one a line.",
        watch_for="First the line end: names get a sensible length. Then vowels and consonants take turns. "
        "The loss cannot reach zero, for nobody knows which name comes next.",
        source="Faker (MIT licence), its lists of first names, read from the installed package.",
    ),
}

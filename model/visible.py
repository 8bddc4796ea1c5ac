"""How a text is written where every character must be seen: ⏎ for a line's end, ␣ for a space. It knows no tokens."""

from __future__ import annotations

_SIGNS = {"\n": "⏎", " ": "␣", "\t": "⇥"}


def visible(text: str) -> str:
    """The text with a sign for white space and a code for what has no picture of its own."""
    return "".join(map(_sign, text))


def _sign(character: str) -> str:
    if character in _SIGNS:
        return _SIGNS[character]
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"

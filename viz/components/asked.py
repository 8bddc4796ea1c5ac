"""What a visitor's text asks a run about, as every picture of a text gets it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Asked:
    """`tokens` (the last only to be predicted; None: the run's own example), one sentence on what was cut, and one on
    why the text cannot be read; "" for none."""

    tokens: list[int] | None
    remark: str = ""
    problem: str = ""

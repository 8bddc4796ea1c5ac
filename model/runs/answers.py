"""What comes back from asking: an answer, a line of a list, or a refusal. Torch-free; knows nobody who asks."""

from dataclasses import dataclass
from typing import Any

from model.runs import wire

Answer = tuple[wire.Header, wire.Arrays]


class Refused(Exception):  # noqa: N818  (a refusal is an answer, not a fault)
    """The command was not carried out; the message is one sentence for the user."""


class Unreachable(Refused):
    """No answer came in time: whether the command was or will be carried out is not known, nor that a run is gone."""


@dataclass(frozen=True)
class RunSummary:
    """One line of a browser's list of runs. `loss` in nats, the mean of the last 20 steps (None before the first)."""

    id: str
    name: str
    title: str
    state: str
    step: int
    n_steps: int
    loss: float | None
    created: float
    config: dict[str, Any]


def disk_sentence(error: OSError) -> str:
    """Say in one sentence that the disk did not take something, without its paths."""
    return f"The disk is full or read-only ({error.strerror or type(error).__name__})."

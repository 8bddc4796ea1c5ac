"""Traces for those who follow a run while it trains: as often as a small share of the worker's time allows.

Who asks too early hears how long to wait, and asks again by then: so it is always the present step that is shown, and
a slow viewer skips steps instead of falling behind.
"""

from collections.abc import Callable

from model.runs.allowance import Allowance
from model.runs.job import Job
from model.runs.wire import Arrays, Header

SHARE_OF_TRACES, SECONDS_BETWEEN_TRACES = 0.015, 1.0  # sending and showing one costs about as much again
Answer = tuple[Header, Arrays]


class Following:
    """Answers who follows one run."""

    def __init__(self, trace: Callable[[Job, Header], Answer]) -> None:
        self._trace = trace
        self._due = Allowance(SHARE_OF_TRACES, SECONDS_BETWEEN_TRACES)

    def answer(self, job: Job, order: Header) -> Answer:
        """A trace as `orders.trace` gives it, or `wait`: the seconds until one can be had."""
        if job.mode == "training" and not self._due.is_due:
            return {"step": job.step, "wait": self._due.seconds_left}, {}
        with self._due.spend():
            return self._trace(job, order)

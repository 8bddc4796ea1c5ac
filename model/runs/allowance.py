"""When something that is not training may be done again. Knows nothing of what is done."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Allowance:
    """Not more often than every `seconds`, and within a `share` of what this process computes.

    The share is one of CPU time: on a crowded machine a process computes a fraction of the time that passes, and what
    looks like 2 % by the clock would be a fifth of its work.
    """

    def __init__(self, share: float, seconds: float) -> None:
        self._share, self._seconds = share, seconds
        self._next = self._next_cpu = 0.0

    @property
    def is_due(self) -> bool:
        """Whether it may be done now."""
        return self.seconds_left == 0

    @property
    def seconds_left(self) -> float:
        """How long it takes at least until it is due."""
        return max(0.0, self._next - time.monotonic(), self._next_cpu - time.process_time())

    @contextmanager
    def spend(self) -> Iterator[None]:
        """Measure what is done inside; the dearer it is, the later it is due again."""
        clock, cpu = time.monotonic(), time.process_time()
        yield
        self._next = clock + self._seconds
        self._next_cpu = cpu + (time.process_time() - cpu) / self._share

    def grant(self) -> None:
        """Let it be done now, whatever it has cost before."""
        self._next = self._next_cpu = 0.0

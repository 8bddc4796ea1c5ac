"""A supervisor with a home of its own, and an observer of one run: what the hosting benchmarks share.

Observers read the stream of frames that browsers get, so what they see is what a viewer could see.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from model.config import PRESETS
from model.runs import wire
from model.runs.client import Client
from model.runs.launch import start_supervisor, stop_supervisor

KEY = "0" * 32  # the browser key that the benchmark's runs belong to
CLASSROOM = PRESETS["classroom"].config
ENDLESS = CLASSROOM.replace(n_steps=100_000)


@contextmanager
def hosted() -> Iterator[tuple[Client, int]]:
    """A client of a fresh supervisor whose forkserver is warm, and its process id; its runs are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="glassbox-") as folder:
        home = Path(folder)
        process = start_supervisor(home)
        try:
            client = Client(home)
            warm_up(client)
            yield client, process.pid
        finally:
            stop_supervisor(process)


def warm_up(client: Client) -> None:
    """Let one short run finish: from here on a run starts as it does for any visitor but the very first."""
    with Observer(client, client.create(CLASSROOM.replace(n_steps=5), KEY)) as observer:
        observer.wait(lambda: observer.step >= 5, 60)


class Observer:
    """Follows one run: `step`, `state`, and when each frame came (seconds of time.monotonic)."""

    def __init__(self, client: Client, run: str) -> None:
        self.run, self.step, self.state = run, 0, ""
        self.frames: list[tuple[float, dict]] = []
        self.losses: dict[int, float] = {}
        self._subscription = client.subscribe(run, self._take, {})

    def _take(self, frame: bytes) -> None:
        header, arrays = wire.decode(frame)
        self.frames.append((time.monotonic(), header))
        self.state = header.get("state", self.state)
        first = {"snapshot": 1}.get(header["kind"], header.get("first_step"))
        if header["kind"] == "rewind":
            self.step = header["step"]
        if "losses" in arrays and len(arrays["losses"]):
            self.losses.update(enumerate(arrays["losses"].tolist(), first))
            self.step = first + len(arrays["losses"]) - 1

    def wait(self, condition: Callable[[], bool], seconds: float) -> float:
        """Return the seconds until `condition()` held; raises TimeoutError after `seconds`."""
        start = time.monotonic()
        while not condition():
            if time.monotonic() - start > seconds:
                raise TimeoutError(f"run {self.run} is {self.state} at step {self.step} after {seconds} s")
            time.sleep(0.002)
        return time.monotonic() - start

    def steps_per_second(self, seconds: float) -> float:
        """Speed between the first frame from now and the last one within `seconds`, by the frames' own arrival."""
        first = len(self.frames)
        self.wait(lambda: len(self.frames) > first, 10)
        start, began = self.step, time.monotonic()
        time.sleep(seconds)
        seen = len(self.frames)
        self.wait(lambda: len(self.frames) > seen, 10)
        return (self.step - start) / (time.monotonic() - began)

    def __enter__(self) -> "Observer":
        return self

    def __exit__(self, *error: object) -> None:
        self._subscription.close()


class Meter:
    """Speed of a run: steps by the clock, and by its worker's processor time (both a second)."""

    def __init__(self, home: Path, observer: Observer) -> None:
        self.observer = observer
        self.worker = psutil.Process(int((home / "runs" / observer.run / "lock").read_text()))

    def speed(self, seconds: float) -> tuple[float, float]:
        """Over a window of so many seconds."""
        step, used = self.observer.step, self._used()
        by_clock = self.observer.steps_per_second(seconds)
        return by_clock, (self.observer.step - step) / (self._used() - used)

    def _used(self) -> float:
        return float(sum(self.worker.cpu_times()[:2]))

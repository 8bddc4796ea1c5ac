"""Starts the supervisor as a process of its own, and starts it again if it dies. Knows neither runs nor Streamlit."""

import asyncio
import logging
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
SECONDS_TO_SAVE = 15.0
SECONDS_BETWEEN_LOOKS = 0.1
SHORTEST_PAUSE, LONGEST_PAUSE = 1.0, 30.0  # seconds before a supervisor that ended is started again
SECONDS_OF_HEALTH = 60.0  # one that lived so long was sound: what ended it is news

_SENTENCE = "The process that hosts the runs ended (exit code %d); it is started again, if need be every %.0f seconds."

log = logging.getLogger("glassbox")


def start_supervisor(home: Path, is_quiet: bool = False) -> subprocess.Popen[bytes]:
    """A supervisor for this home. It ends, saving first, when its standard input closes: also when we are killed.

    A quiet one does not say why it cannot host; once it hosts, supervisor.log in the home hears of everything.
    """
    environment = {**os.environ, "GLASSBOX_HOME": str(home), "PYTHONPATH": str(PROJECT)}
    command = [sys.executable, "-m", "model.runs.supervisor"]
    errors = subprocess.DEVNULL if is_quiet else None
    return subprocess.Popen(
        command, cwd=PROJECT, env=environment, stdin=subprocess.PIPE, stderr=errors, start_new_session=True
    )


def stop_supervisor(process: subprocess.Popen[bytes]) -> None:
    """Ask it to save and end; returns when it has (or was ended by force after 15 s)."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        process.wait(SECONDS_TO_SAVE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Keeper:
    """Keeps one supervisor running: one that ends is started again, and again after growing pauses if it ends soon."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self.process = start_supervisor(home)

    async def keep(self) -> None:
        """Start it again whenever it ends, until cancelled."""
        pause, started = 0.0, time.monotonic()
        while True:
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
            if self.process.poll() is None:
                continue
            lived = time.monotonic() - started
            was_sound = lived >= SECONDS_OF_HEALTH
            if was_sound or not pause:
                log.warning(_SENTENCE, self.process.returncode, LONGEST_PAUSE)
            stop_supervisor(self.process)
            pause = next_pause(pause, lived)
            await asyncio.sleep(pause)
            started = time.monotonic()
            try:
                self.process = start_supervisor(self._home, is_quiet=not was_sound)
            except OSError as error:  # no memory or no process to be had: the next pause is longer
                log.warning("The process that hosts the runs cannot be started (%s); it is tried again.", error)


def next_pause(last: float, lived: float) -> float:
    """Return the seconds to wait before the next start, after `last` seconds before and `lived` seconds of life."""
    return SHORTEST_PAUSE if lived >= SECONDS_OF_HEALTH else min(max(2 * last, SHORTEST_PAUSE), LONGEST_PAUSE)


@asynccontextmanager
async def running_supervisor(home: Path) -> AsyncIterator[None]:
    """While the context is open a supervisor runs for `home`, or is about to be started again."""
    keeper = Keeper(home)
    keeping = asyncio.create_task(keeper.keep())
    try:
        yield
    finally:
        keeping.cancel()
        await asyncio.to_thread(stop_supervisor, keeper.process)

"""Starts the supervisor as a process of its own, and starts it again if it dies. Knows neither runs nor Streamlit."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
SECONDS_TO_SAVE = 15.0
SECONDS_BETWEEN_STARTS = 1.0


def start_supervisor(home: Path) -> subprocess.Popen[bytes]:
    """A supervisor for this home. It ends, saving first, when its standard input closes: also when we are killed."""
    environment = {**os.environ, "GLASSBOX_HOME": str(home), "PYTHONPATH": str(PROJECT)}
    command = [sys.executable, "-m", "model.runs.supervisor"]
    return subprocess.Popen(command, cwd=PROJECT, env=environment, stdin=subprocess.PIPE, start_new_session=True)


def stop_supervisor(process: subprocess.Popen[bytes]) -> None:
    """Ask it to save and end; returns when it has (or was ended by force after 15 s)."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        process.wait(SECONDS_TO_SAVE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@asynccontextmanager
async def running_supervisor(home: Path) -> AsyncIterator[None]:
    """While the context is open a supervisor runs for `home`; one that dies is started again after a second."""
    process = start_supervisor(home)

    async def watch() -> None:
        nonlocal process
        while True:
            await asyncio.sleep(SECONDS_BETWEEN_STARTS)
            if process.poll() is not None:
                process = start_supervisor(home)

    watcher = asyncio.create_task(watch())
    try:
        yield
    finally:
        watcher.cancel()
        await asyncio.to_thread(stop_supervisor, process)

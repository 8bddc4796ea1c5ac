"""The real app as a process: started on a free port with a home of its own, ended by its id.

For browser tests and benchmarks. It knows what a user of the machine could know: address, processes, files.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType

import psutil

ROOT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def busiest_process(root: int, seconds: float = 0.5) -> psutil.Process:
    """The process below `root` that uses most processor time now: where one run trains, its worker."""

    def used(process: psutil.Process) -> float:
        return sum(process.cpu_times()[:2])

    before = {process: used(process) for process in psutil.Process(root).children(recursive=True)}
    time.sleep(seconds)
    return max((process for process in before if process.is_running()), key=lambda p: used(p) - before[p])


class AppProcess:
    """`with AppProcess(home) as app:` serves at `app.url`; leaving the block ends it and everything it started."""

    def __init__(self, home: Path, port: int | None = None) -> None:
        self.home = home
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = home / "server.log"

    def __enter__(self) -> "AppProcess":
        self.home.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true"]
        command += [f"--server.port={self.port}"]
        environment = {**os.environ, "GLASSBOX_HOME": str(self.home), "OMP_NUM_THREADS": "1"}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        try:
            self.wait_healthy()
        except BaseException:
            self.kill()
            raise
        return self

    def wait_healthy(self, seconds: float = 120.0) -> None:
        """Return when the server answers; raises RuntimeError with its log when it ends or stays silent."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2).close()
                return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        raise RuntimeError(f"the app did not start:\n{self.log.read_text()}")

    def processes(self) -> list[psutil.Process]:
        """Everything the app has started and that still runs: supervisor, forkserver, workers."""
        try:
            return psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def stop(self, seconds: float = 60.0) -> list[psutil.Process]:
        """End the server as a terminal would; returns what it should have taken along and did not.

        One that does not end is killed with everything it started: subprocess.TimeoutExpired.
        """
        started = self.processes()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        _, alive = psutil.wait_procs(started, timeout=seconds)
        return alive

    def kill(self) -> None:
        """End the server by force, first it and then everything it started: nobody starts that again."""
        started = self.processes()
        self.process.kill()
        self.process.wait()
        for process in started:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        left = self.stop() if self.process.poll() is None else []
        for process in left:
            process.kill()
        assert not left, f"still running after the server ended: {left}"

"""Keeps the forkserver alive and asks it for workers. Knows no run and imports no torch."""

import asyncio
import contextlib
import os
import socket
import sys
from pathlib import Path
from typing import IO

PROJECT = Path(__file__).resolve().parents[2]
_ONE_THREAD = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")
_HUGE_PAGES = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}  # fewer page faults: steps were 2–10 % faster
_SECONDS_BETWEEN_STARTS = 1.0


class Forks:
    """The forkserver: started at once, started again if it dies. Workers are asked for before it is warm already."""

    def __init__(self, log: IO[str]) -> None:
        self._log = log
        self._control: socket.socket | None = None
        self._pending: list[socket.socket] = []
        self._process: asyncio.subprocess.Process | None = None
        self.is_warm = asyncio.Event()

    async def keep(self) -> None:
        """Run forkservers, one after the other, until cancelled."""
        while True:
            ours, theirs = socket.socketpair()
            command = [sys.executable, "-m", "model.runs.forkserver", str(theirs.fileno())]
            one_thread = dict.fromkeys(_ONE_THREAD, "1")
            environment = {**_HUGE_PAGES, **os.environ, **one_thread, "PYTHONPATH": str(PROJECT)}
            with theirs:
                self._process = await asyncio.create_subprocess_exec(
                    *command, pass_fds=[theirs.fileno()], env=environment, cwd=PROJECT,
                    stdin=asyncio.subprocess.DEVNULL, stdout=self._log, stderr=self._log,
                )  # fmt: skip
            asyncio.get_running_loop().add_reader(ours, self._heard, ours)
            self._serve_through(ours)
            with ours:
                await self._process.wait()
                asyncio.get_running_loop().remove_reader(ours)
            self._control = None
            self.is_warm.clear()
            await asyncio.sleep(_SECONDS_BETWEEN_STARTS)

    def fork(self) -> socket.socket:
        """Ask for a worker; returns our end of its socket. A worker that cannot be forked closes it."""
        ours, theirs = socket.socketpair()
        self._hand_over(theirs)
        return ours

    def close(self) -> None:
        """End the forkserver; workers go on by themselves."""
        if self._control is not None:
            with contextlib.suppress(OSError):
                self._control.shutdown(socket.SHUT_RDWR)

    def _heard(self, control: socket.socket) -> None:
        """It is warm; all it ever says."""
        asyncio.get_running_loop().remove_reader(control)
        if control.recv(1):
            self.is_warm.set()

    def _serve_through(self, control: socket.socket) -> None:
        """Ask this forkserver from now on, first for the workers that the last one did not take."""
        self._control = control
        waiting, self._pending = self._pending, []
        for theirs in waiting:
            self._hand_over(theirs)

    def _hand_over(self, theirs: socket.socket) -> None:
        try:
            if self._control is not None:
                socket.send_fds(self._control, [b"w"], [theirs.fileno()])
                theirs.close()
                return
        except OSError:  # it has just ended
            pass
        self._pending.append(theirs)

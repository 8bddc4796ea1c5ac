"""The process that hosts the runs: `python -m model.runs.supervisor`. Home is GLASSBOX_HOME, else ~/.glassbox.

It listens on the home's Unix socket, forks workers, and ends, everything saved, when its standard input closes or on
SIGTERM. One a home: a second one says so and goes. Torch-free; this module knows processes and sockets, no run.
"""

import asyncio
import contextlib
import fcntl
import functools
import gc
import logging
import os
import signal
import sys
import threading
import time
from collections import OrderedDict
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import IO

import numpy as np

from model.fields import shown
from model.runs import wire
from model.runs.answers import Answer, Refused
from model.runs.client import DEFAULT_HOME
from model.runs.forks import Forks
from model.runs.host import Host
from model.runs.request import Request
from model.runs.requests import CHANGES, READINGS

SECONDS_FOR_THE_LAST = 3.0  # that a supervisor which is ending has to let go of the home
MAX_REMEMBERED = 1024  # changes by id: asked again, they are answered and not done again
MAX_BACKLOG, SECONDS_BEHIND = 64 * 2**20, 10.0  # a client may leave more bytes unread for so long

log = logging.getLogger("glassbox")


class Visitor(asyncio.Protocol):
    """One client of ours (the web process; tests and tools too)."""

    def __init__(self, host: Host, done: "OrderedDict[str, asyncio.Task[Answer]]") -> None:
        self._host, self._done = host, done
        self._splitter = wire.Splitter()
        self._transport: asyncio.Transport
        self._watched: dict[int, str] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._behind_since: float | None = None  # when it began to leave more than MAX_BACKLOG unread

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody connected."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.set_write_buffer_limits(high=MAX_BACKLOG)

    def pause_writing(self) -> None:
        """More than MAX_BACKLOG waits to be read: after a reconnect all snapshots come at once."""
        self._behind_since = time.monotonic()

    def resume_writing(self) -> None:
        """It has read most of it."""
        self._behind_since = None

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody looks through this client any more."""
        for number in list(self._watched):
            self._unsubscribe(number)

    def data_received(self, data: bytes) -> None:
        """Begin to answer, in the order of arrival."""
        try:
            for message in self._splitter.feed(data):
                header, arrays = wire.decode(message)
                task = asyncio.get_running_loop().create_task(self._answer(int(header["id"]), header, arrays))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        except (wire.WireError, KeyError, TypeError) as error:
            log.warning("a client was cut off: %s", error)
            self._transport.abort()

    async def _answer(self, number: int, header: wire.Header, arrays: wire.Arrays) -> None:
        try:
            answer, answered = await self._do(number, header, arrays)
            message = wire.encode({**answer, "kind": "reply", "id": number, "ok": True}, answered)
        except Refused as refusal:
            message = wire.encode({"kind": "reply", "id": number, "ok": False, "error": str(refusal)})
        except Exception:  # the other entry of ours: a fault in answering one question must not end everybody's runs
            log.exception("a %s failed", header.get("do"))
            sentence = "Something went wrong in the process that hosts the runs: see supervisor.log."
            message = wire.encode({"kind": "reply", "id": number, "ok": False, "error": sentence})
        self._transport.write(wire.pack(message))

    async def _do(self, number: int, header: wire.Header, arrays: wire.Arrays) -> Answer:
        do = header.get("do")
        self._host.note_seen(str(header.get("run", "")))
        if do in ("subscribe", "wants", "unsubscribe"):
            self._follow(do, number, header)
            return {}, {}
        if do in READINGS:  # a task, as a change is: they begin in the order of arrival
            return await asyncio.ensure_future(READINGS[do](self._host, Request(header, arrays)))
        if do not in CHANGES:
            raise Refused(f"There is no command {shown(do)}.")
        command = str(header.get("command_id") or f"{id(self)}/{number}")
        if command not in self._done:
            self._done[command] = asyncio.ensure_future(CHANGES[do](self._host, Request(header, arrays)))
            while len(self._done) > MAX_REMEMBERED:
                self._done.popitem(last=False)
        return await asyncio.shield(self._done[command])

    def _follow(self, do: str, number: int, header: wire.Header) -> None:
        viewer = (id(self), number)
        if do == "unsubscribe":
            self._unsubscribe(number)
        elif do == "wants":
            self._host.look(self._host.open(header["run"]), viewer, header["wants"])
        else:
            run = self._host.open(header["run"])
            self._watched[number] = header["run"]
            run.add_viewer(viewer, lambda frame: self._show(number, frame), header["wants"])
            self._host.look(run, viewer, header["wants"])

    def _unsubscribe(self, number: int) -> None:
        run = self._watched.pop(number, "")
        if run in self._host.runs:
            self._host.runs[run].remove_viewer((id(self), number))

    def _show(self, number: int, frame: bytes) -> None:
        if self._behind_since is not None and time.monotonic() - self._behind_since > SECONDS_BEHIND:
            self._transport.abort()  # it does not read; when it connects again it gets everything in one frame
            return
        arrays = {"frame": np.frombuffer(frame, np.uint8)}
        self._transport.write(wire.pack(wire.encode({"kind": "frame", "id": number}, arrays)))


async def supervise(home: Path, log_file: IO[str]) -> None:
    """Host the runs of this home until told to end."""
    loop, told_to_end = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told_to_end.set)
    threading.Thread(target=_wait_for_eof, args=(loop, told_to_end), daemon=True).start()
    forks = Forks(log_file)
    host, done = Host(home, forks), OrderedDict[str, asyncio.Task[Answer]]()
    path = wire.socket_path(home)
    path.unlink(missing_ok=True)  # the lock is ours, so whoever listened there is gone
    server = await loop.create_unix_server(lambda: Visitor(host, done), path)
    path.chmod(0o600)
    keepers = [loop.create_task(keeper) for keeper in (forks.keep(), host.watch(), host.retention.keep())]
    for keeper in keepers:
        keeper.add_done_callback(functools.partial(_keeper_ended, told_to_end))
    host.resume()
    gc.freeze()
    log.info("hosting the runs of %s", home)
    await told_to_end.wait()
    server.close()
    await host.end()
    forks.close()
    for keeper in keepers:
        keeper.cancel()
    path.unlink(missing_ok=True)
    log.info("ended, everything saved")


def _keeper_ended(told_to_end: asyncio.Event, keeper: asyncio.Task[None]) -> None:
    """Without it runs would wait for ever: end, everything saved, and be started again."""
    if not keeper.cancelled():
        log.error("what keeps the runs going ended", exc_info=keeper.exception())
        told_to_end.set()


def _wait_for_eof(loop: asyncio.AbstractEventLoop, told_to_end: asyncio.Event) -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    with contextlib.suppress(RuntimeError):  # the loop has ended by itself
        loop.call_soon_threadsafe(told_to_end.set)


def take_home(home: Path) -> IO[str] | None:
    """Return the lock of this home, held as long as it stays open; None if another supervisor keeps it."""
    home.mkdir(parents=True, exist_ok=True)
    lock = (home / "lock").open("w")
    deadline = time.monotonic() + SECONDS_FOR_THE_LAST
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                lock.close()
                return None
            time.sleep(0.05)
        else:
            return lock


def main() -> None:
    """Run until standard input closes."""
    home = Path(os.environ.get("GLASSBOX_HOME") or DEFAULT_HOME).expanduser()
    lock = take_home(home)
    if lock is None:
        sys.exit(f"Another supervisor hosts the runs of {home}.")
    with lock, (home / "supervisor.log").open("a") as log_file:
        handler = RotatingFileHandler(home / "supervisor.log", maxBytes=10**6, backupCount=1)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        log.addHandler(handler)
        log.setLevel(logging.INFO)
        os.dup2(log_file.fileno(), sys.stderr.fileno())  # what nobody caught is read here, not in a closed terminal
        asyncio.run(supervise(home, log_file))


if __name__ == "__main__":
    main()

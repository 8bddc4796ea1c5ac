"""The web side of hosting: commands to runs and their streams, over the supervisor's Unix socket.

Synchronous and safe to call from any thread. One socket, one thread that reads it; when the supervisor is started
again the client connects, asks again what had no answer and subscribes again. Torch-free; it computes nothing.
"""

import contextlib
import functools
import itertools
import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from pathlib import Path
from typing import Any

import numpy as np

from model.config import RunConfig
from model.runs import wire
from model.runs.answers import Answer, Refused, RunSummary, Unreachable

__all__ = ["DEFAULT_HOME", "Client", "Refused", "RunSummary", "Subscription", "Unreachable", "connect"]

DEFAULT_HOME = "~/.glassbox"
SECONDS_TO_ANSWER = 10.0
_SECONDS_BETWEEN_CONNECTS, _SECONDS_AFTER_A_FAULT = 0.05, 1.0
_NOT_REACHABLE = "The process that hosts the runs does not answer; it is started again by itself: try again."

log = logging.getLogger("glassbox")


class Subscription:
    """One viewer's interest in one run, until it is closed."""

    def __init__(self, client: "Client", run: str, on_frame: Callable[[bytes], None], wants: dict[str, Any]) -> None:
        self.run, self.on_frame = run, on_frame
        self._client, self._wants = client, wants

    def request(self) -> dict[str, Any]:
        """Return what to ask the supervisor so that frames come."""
        return {"do": "subscribe", "run": self.run, "wants": self._wants}

    def wants(self, new: dict[str, Any]) -> None:
        """Say what to look at from now on: {"taps": [names], "samples": bool, "probe": bool}."""
        self._wants = new
        self._client.tell({"do": "wants", "run": self.run, "wants": new}, self)

    def close(self) -> None:
        """Stop the frames."""
        self._client.drop(self)


class Client:
    """A connection to the supervisor of one home. It connects by itself, and again when it must."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._path = str(wire.socket_path(home))
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._closed = False
        self._ids = itertools.count(1)
        self._open: dict[int, tuple[bytes, Future[Answer]]] = {}
        self._subscriptions: dict[int, Subscription] = {}
        threading.Thread(target=self._read_for_ever, name="glassbox-client", daemon=True).start()

    def request(
        self,
        command: str,
        run: str = "",
        key: str = "",
        arrays: Mapping[str, np.ndarray] | None = None,
        timeout: float | None = None,
        **fields: Any,
    ) -> Answer:
        """Ask for something and wait for the answer, over a restart of the supervisor too.

        `timeout` is in seconds (None: SECONDS_TO_ANSWER).

        Raises:
            Refused: not carried out, with the reason in one sentence.
            Unreachable: no answer came in this time.
        """
        number, answer = next(self._ids), Future[Answer]()
        ask = {"do": command, "run": run, "key": key, "command_id": secrets.token_hex(8), **fields, "id": number}
        try:
            wire.require_shallow(ask)  # comes from browsers; what the supervisor cannot read would cut us all off
            message = wire.pack(wire.encode(ask, arrays))
        except (TypeError, ValueError) as error:
            raise Refused(f"This cannot be sent: {error}.") from error
        with self._lock:
            self._open[number] = (message, answer)
            self._send(message)
        try:
            return answer.result(SECONDS_TO_ANSWER if timeout is None else timeout)
        except FutureTimeout:
            raise Unreachable(_NOT_REACHABLE) from None
        finally:
            with self._lock:
                self._open.pop(number, None)

    def wait_until_warm(self, seconds: float) -> bool:
        """Wait until a run can start at once; False when that is not so after `seconds`."""
        try:
            self.request("warm", timeout=seconds)
        except Refused:
            return False
        return True

    def create(
        self,
        config: RunConfig,
        key: str,
        text: str | None = None,
        name: str | None = None,
        start: bool = True,
    ) -> str:
        """Make a run that this key controls; returns its id. Raises Refused."""
        arrays = {} if text is None else {"text": np.frombuffer(text.encode(), np.uint8)}
        header, _ = self.request("create", key=key, arrays=arrays, config=config.to_dict(), name=name, start=start)
        return str(header["run"])

    def runs(self, key: str) -> list[RunSummary]:
        """List the runs of this key, newest first."""
        header, _ = self.request("list", key=key)
        return [RunSummary(**{name: line[name] for name in RunSummary.__annotations__}) for line in header["runs"]]

    def command(self, run: str, key: str, do: str, **arguments: Any) -> wire.Header:
        """Send a command (start, pause, step, set, reset, undo, extend, fork …); returns the answer. Raises Refused."""
        return self.request(do, run=run, key=key, **arguments)[0]

    def snapshot(self, run: str) -> bytes:
        """Return all that the run has shown so far, as one frame. Raises Refused for an unknown run."""
        return self.request("snapshot", run=run)[1]["frame"].tobytes()

    def subscribe(self, run: str, on_frame: Callable[[bytes], None], wants: dict[str, Any]) -> Subscription:
        """Have every frame of a run from now on, a snapshot first and again whenever the connection was lost.

        `on_frame` is called in the reading thread: it must return at once. Raises Refused for an unknown run.
        """
        self.request("describe", run=run)
        number = next(self._ids)
        subscription = Subscription(self, run, on_frame, wants)
        with self._lock:
            self._subscriptions[number] = subscription
            self._send(wire.pack(wire.encode({**subscription.request(), "id": number})))
        return subscription

    def tell(self, message: dict[str, Any], subscription: Subscription) -> None:
        """Send something about a subscription that needs no answer."""
        with self._lock:
            for number, known in self._subscriptions.items():
                if known is subscription:
                    self._send(wire.pack(wire.encode({**message, "id": number})))

    def drop(self, subscription: Subscription) -> None:
        """Forget a subscription here and there."""
        with self._lock:  # both at once: a connection made anew in between would subscribe it again
            for number in [number for number, known in self._subscriptions.items() if known is subscription]:
                del self._subscriptions[number]
                message = {"do": "unsubscribe", "run": subscription.run, "id": number}
                self._send(wire.pack(wire.encode(message)))

    def close(self) -> None:
        """End the connection; what still waits for an answer is refused."""
        self._closed = True
        with self._lock:
            for _, answer in self._open.values():
                answer.set_exception(Unreachable(_NOT_REACHABLE))
            self._open.clear()
            self._shut_down()

    def _send(self, data: bytes) -> None:
        """Send if there is a connection (with the lock held); what is open is sent again after connecting."""
        if self._socket is not None:
            try:
                self._socket.sendall(data)
            except OSError:
                self._shut_down()  # the reading thread notices, and connects again
                self._socket = None

    def _shut_down(self) -> None:
        if self._socket is not None:
            with contextlib.suppress(OSError):  # it broke just then: the reading thread has closed it
                self._socket.shutdown(socket.SHUT_RDWR)

    def _read_for_ever(self) -> None:
        while not self._closed:
            try:
                self._read(self._connect())
            except OSError:
                time.sleep(_SECONDS_BETWEEN_CONNECTS)
            except Exception:  # without this thread every question would wait in vain
                log.exception("the connection to the process that hosts the runs broke; it is made again")
                time.sleep(_SECONDS_AFTER_A_FAULT)
            with self._lock:
                self._socket = None

    def _connect(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(self._path)
        except OSError:
            connection.close()
            raise
        with self._lock:
            self._socket = connection
            for number, subscription in self._subscriptions.items():
                self._send(wire.pack(wire.encode({**subscription.request(), "id": number})))
            for message, _ in self._open.values():
                self._send(message)
        return connection

    def _read(self, connection: socket.socket) -> None:
        splitter = wire.Splitter()
        with connection:
            while data := connection.recv(2**18):
                for message in splitter.feed(data):
                    self._take(*wire.decode(message))

    def _take(self, header: wire.Header, arrays: wire.Arrays) -> None:
        number = header["id"]
        if header["kind"] == "frame":
            subscription = self._subscriptions.get(number)
            if subscription is not None:
                subscription.on_frame(arrays["frame"].tobytes())
            return
        with self._lock:
            _, answer = self._open.pop(number, (b"", None))
        if answer is None:
            return
        if header["ok"]:
            answer.set_result((header, arrays))
        else:
            answer.set_exception(Refused(header["error"]))


@functools.cache
def connect() -> Client:
    """Return this process's one client of the home that GLASSBOX_HOME names."""
    return Client(Path(os.environ.get("GLASSBOX_HOME") or DEFAULT_HOME).expanduser())

"""The worker's end of its socket to the supervisor. Sending never blocks: what does not fit waits in a buffer here."""

import contextlib
import select
import socket
from collections import deque

from model.runs import wire

ROOM = 4 * 2**20  # bytes that leave at once: the trace of a text is 2 MB


class Gone(Exception):  # noqa: N818  (an end, not a fault)
    """The supervisor closed the socket: nobody listens any more."""


class Channel:
    """Messages to and from the supervisor."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, ROOM)  # less where the system allows no more
        self._splitter = wire.Splitter()
        self._outbox = bytearray()
        self._inbox: deque[bytes] = deque()

    @property
    def is_clear(self) -> bool:
        """Whether everything said has left."""
        return not self._outbox

    def send(self, message: bytes) -> None:
        """Send a message now, or as soon as there is room, behind those before it."""
        self._outbox += wire.pack(message)
        self.flush()

    def flush(self) -> None:
        """Send what waits, as far as there is room."""
        while self._outbox:
            try:
                sent = self._socket.send(self._outbox)
            except BlockingIOError:
                return
            except OSError as error:
                raise Gone from error
            del self._outbox[:sent]

    def receive(self, timeout: float | None = 0) -> bytes | None:
        """Return the next message that has arrived; wait for one up to `timeout` seconds (None: for ever).

        Raises:
            Gone: the supervisor closed the socket.
        """
        if not self._inbox:
            if timeout != 0:
                select.select([self._socket], [self._socket] if self._outbox else [], [], timeout)
            self.flush()  # also between two steps: a large answer leaves in as many pieces as the socket has room for
            self._read()
        return self._inbox.popleft() if self._inbox else None

    def _read(self) -> None:
        try:
            data = self._socket.recv(2**16)
        except BlockingIOError:
            return
        except ConnectionError as error:
            raise Gone from error
        if not data:
            raise Gone
        self._inbox.extend(self._splitter.feed(data))

    def drain(self, seconds: float = 2.0) -> None:
        """Send everything that waits before the end, if somebody takes it within some seconds."""
        self._socket.settimeout(seconds)
        with contextlib.suppress(OSError):
            self._socket.sendall(self._outbox)
        self._socket.setblocking(False)

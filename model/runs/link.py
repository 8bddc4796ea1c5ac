"""The supervisor's end of one worker: messages out at once, answers matched to their questions. Knows no run."""

import asyncio
import itertools
import time
from collections.abc import Callable

from model.runs import wire
from model.runs.answers import Answer, Refused

_ENDED = "The process that trains this run ended just then; it is being started again: try again."


class Link(asyncio.Protocol):
    """A worker, as seen from here. What is sent before it listens waits in its socket."""

    def __init__(self, on_frame: Callable[[wire.Header, bytes], None], on_end: Callable[["Link"], None]) -> None:
        self._on_frame, self._on_end = on_frame, on_end
        self._transport: asyncio.Transport | None = None
        self._backlog: list[bytes] = []
        self._splitter = wire.Splitter()
        self._ids = itertools.count(1)
        self._asked: dict[int, asyncio.Future[Answer]] = {}
        self.ended = asyncio.Event()
        self.leaving = False  # it was asked to go, or said that it goes
        self.since = time.monotonic()

    @property
    def is_asked(self) -> bool:
        """Whether somebody waits for its answer."""
        return bool(self._asked)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send what was said before the socket was ready."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.writelines(self._backlog)

    def data_received(self, data: bytes) -> None:
        """Give answers to who asked, and everything else to the run."""
        for message in self._splitter.feed(data):
            header = wire.header_of(message)
            if header["kind"] == "reply":
                self._resolve(message)
            else:
                self.leaving |= header["kind"] == "leaving"
                self._on_frame(header, message)

    def connection_lost(self, exc: Exception | None) -> None:
        """The worker is gone, whatever the reason."""
        for future in self._asked.values():
            if not future.done():
                future.set_exception(Refused(_ENDED))
        self._asked.clear()
        self.ended.set()
        self._on_end(self)

    def send(self, header: wire.Header) -> None:
        """Tell the worker something that needs no answer."""
        message = wire.pack(wire.encode(header))
        if self._transport is None:
            self._backlog.append(message)
        else:
            self._transport.write(message)

    async def ask(self, header: wire.Header, timeout: float = 30.0) -> Answer:
        """Ask the worker and wait for its answer (seconds). Raises Refused with the reason in one sentence."""
        number = next(self._ids)
        self._asked[number] = asyncio.get_running_loop().create_future()
        self.send({**header, "id": number})
        try:
            return await asyncio.wait_for(self._asked[number], timeout)
        except TimeoutError:
            raise Refused("The process that trains this run is too busy to answer: try again.") from None
        finally:
            self._asked.pop(number, None)

    def leave(self, save: bool = True) -> None:
        """Ask the worker to save and end."""
        if not self.leaving:
            self.leaving = True
            self.send({"do": "leave", "save": save})

    def _resolve(self, message: bytes) -> None:
        header, arrays = wire.decode(message)
        future = self._asked.get(header["id"])
        if future is None or future.done():
            return
        if header["ok"]:
            future.set_result((header, arrays))
        else:
            future.set_exception(Refused(header["error"]))

"""From one subscription per run to all its viewers: recent frames, catching up, what everybody wants to see.

It knows the frames' order (`seq`) and kinds, and nothing of sockets: `live.py` speaks to the browsers. No viewer has a
queue of its own. All read from one ring of recent frames, each from where it is: a slow viewer falls behind, never
fills the memory, and gets one snapshot when the ring has moved on without it.
"""

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any, Protocol

from model.runs.client import Refused, Subscription
from model.runs.wire import header_of
from viz.routes.waiting import waited

MAX_FRAMES = 2048                # more than a minute at the highest rate
MAX_BYTES = 8 * 2**20
MAX_TAPS = 8
SECONDS_TO_RETURN = 10.0         # a run without viewers stays subscribed this long: a reload finds it
NOTHING: dict[str, Any] = {"taps": [], "samples": False, "probe": False}

Frames = list[tuple[int, bytes]]


class Source(Protocol):
    """What the fan-out needs of model.runs.client.Client."""

    def subscribe(self, run: str, on_frame: Any, wants: dict[str, Any]) -> Subscription: ...  # noqa: D102
    def snapshot(self, run: str) -> bytes: ...  # noqa: D102


class Ring:
    """The last frames of a run by `seq`, without gaps above `floor`, and at most one probe frame: the newest."""

    def __init__(self) -> None:
        self.floor: int | None = None  # frames up to here may be missing; None: nothing is known yet
        self._frames: OrderedDict[int, bytes] = OrderedDict()
        self._bytes = 0
        self._probe: int | None = None

    def add(self, frame: bytes) -> None:
        """Take the next frame in. A snapshot says it all again: nothing before it is needed."""
        header = header_of(frame)
        seq = header["seq"]
        if header["kind"] == "snapshot":
            self.restart(seq)
            return
        if header["kind"] == "probe":
            self._remove(self._probe)
            self._probe = seq
        self._frames[seq] = frame
        self._bytes += len(frame)
        while len(self._frames) > MAX_FRAMES or self._bytes > MAX_BYTES:
            self.floor = next(iter(self._frames))
            self._remove(self.floor)

    def restart(self, seq: int) -> None:
        """Frames up to `seq` are covered by a snapshot with that seq; those before it are forgotten."""
        self.floor = seq
        for old in [old for old in self._frames if old <= seq]:
            self._remove(old)

    def after(self, seq: int | None) -> Frames | None:
        """The frames after `seq`, oldest first; None if some are missing, so that only a snapshot helps."""
        if seq is None or self.floor is None or seq < self.floor:
            return None
        newer: Frames = []
        for known in reversed(self._frames):
            if known <= seq:
                break
            newer.append((known, self._frames[known]))
        return newer[::-1]

    def _remove(self, seq: int | None) -> None:
        if seq is not None:
            self._bytes -= len(self._frames.pop(seq, b""))


class Viewer:
    """One open page: how far it has read, what it wants to see, and answers that wait to be sent."""

    def __init__(self, seq: int | None) -> None:
        self.seq = seq
        self.wants = NOTHING
        self.answers: list[bytes] = []
        self.changed = asyncio.Event()

    def answer(self, message: bytes) -> None:
        """Send this before the next frame."""
        self.answers.append(message)
        self.changed.set()


class RunFeed:
    """One run's stream for all who watch it in this process."""

    def __init__(self, source: Source, run: str) -> None:
        self.run = run
        self.viewers: set[Viewer] = set()
        self.ring = Ring()
        self._source = source
        self._subscription: asyncio.Task[Subscription] | None = None
        self._snapshot: asyncio.Task[bytes] | None = None
        self._wanted = NOTHING
        self._telling = asyncio.Lock()

    async def open(self) -> None:
        """Subscribe, once. Raises Refused for an unknown run."""
        if self._subscription is None:
            loop = asyncio.get_running_loop()

            def on_frame(frame: bytes) -> None:  # in the client's thread; the loop may be gone at the very end
                with contextlib.suppress(RuntimeError):
                    loop.call_soon_threadsafe(self.publish, frame)

            subscribing = waited(self._source.subscribe, self.run, on_frame, self._wanted)
            self._subscription = asyncio.create_task(subscribing)
        await asyncio.shield(self._subscription)

    def publish(self, frame: bytes) -> None:
        """Take a frame of the stream and wake everybody."""
        self.ring.add(frame)
        for viewer in self.viewers:
            viewer.changed.set()

    async def news(self, viewer: Viewer) -> list[bytes]:
        """What this viewer has not seen: recent frames, or one snapshot if it is too far behind. Raises Refused."""
        frames = self.ring.after(viewer.seq)
        if frames is None:
            snapshot = await self._take_snapshot()
            frames = [(header_of(snapshot)["seq"], snapshot)]
        if frames:
            viewer.seq = frames[-1][0]
        return [frame for _, frame in frames]

    async def _take_snapshot(self) -> bytes:
        """One question to the supervisor, however many viewers ask at the same time."""
        if self._snapshot is None:
            self._snapshot = asyncio.create_task(waited(self._source.snapshot, self.run))
            self._snapshot.add_done_callback(self._snapshot_taken)
        return await asyncio.shield(self._snapshot)

    def _snapshot_taken(self, task: asyncio.Task[bytes]) -> None:
        self._snapshot = None
        if not task.cancelled() and task.exception() is None and self.ring.floor is None:
            self.ring.restart(header_of(task.result())["seq"])

    async def want(self, viewer: Viewer, wants: dict[str, Any]) -> None:
        """Take note of what a viewer wants from now on, and have it shown: a run that stands shows nothing twice."""
        is_more = wants not in (viewer.wants, NOTHING)
        viewer.wants = wants
        await self.update_wants(again=is_more)

    async def update_wants(self, again: bool = False) -> None:
        """Tell the supervisor the union of what the viewers want, if it changed or a new viewer has seen none of it."""
        wanted = union(viewer.wants for viewer in self.viewers)
        if (wanted == self._wanted and not again) or self._subscription is None:
            return
        self._wanted = wanted
        subscription = await asyncio.shield(self._subscription)
        async with self._telling:  # one after the other, and each tells what is wanted by then
            await waited(subscription.wants, self._wanted)

    async def close(self) -> None:
        """End the subscription, if there ever was one."""
        subscribing, self._subscription = self._subscription, None
        if subscribing is not None:
            with contextlib.suppress(Refused):
                await waited((await subscribing).close)


def union(all_wants: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """What several viewers want together, at most MAX_TAPS taps: those that most of them look at."""
    every = list(all_wants)
    taps = [tap for wants in every for tap in wants["taps"]]
    popular = sorted(set(taps), key=lambda tap: (-taps.count(tap), tap))[:MAX_TAPS]
    return {"taps": sorted(popular), **{flag: any(wants[flag] for wants in every) for flag in ("samples", "probe")}}

"""One run as the supervisor hosts it: its card, its history, its viewers and, while it is active, its worker.

It passes frames from the worker to the viewers, and lines up the history with the disk after a worker was started
again. Torch-free; which runs are active is decided elsewhere.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from model.runs import wire
from model.runs.answers import Refused, disk_sentence
from model.runs.history import History, n_points_until
from model.runs.link import Link
from model.runs.store import Card, RunFolder

MAX_DEATHS, SECONDS_OF_DEATHS = 3, 60.0
_DELETED = "This run was deleted."
_STANDING = ("paused", "finished", "diverged", "failed")

Viewer = Callable[[bytes], None]


class HostedRun:
    """A run that somebody looks at or that trains."""

    def __init__(self, folder: RunFolder, card: Card) -> None:
        self.folder = folder
        self.history = History.read(folder, card)
        self.viewers: dict[object, tuple[Viewer, dict[str, Any]]] = {}
        self.link: Link | None = None
        self.is_deleted = False
        self.last_use = time.monotonic()
        self._deaths: deque[float] = deque(maxlen=MAX_DEATHS + 1)

    @property
    def card(self) -> Card:
        """What the run is."""
        return self.history.card

    @property
    def state(self) -> str:
        """What the run does, as its viewers know it."""
        return str(self.history.status["state"])

    @property
    def stands(self) -> bool:
        """Whether it neither trains nor is about to."""
        return self.state in _STANDING and self.card.intention != "training"

    @property
    def wants(self) -> dict[str, Any]:
        """What all viewers together want to look at."""
        wanted = [wants for _, wants in self.viewers.values()]
        taps = {tap for wants in wanted for tap in wants.get("taps", ())}
        return {
            "taps": sorted(taps),
            "samples": any(wants.get("samples") for wants in wanted),
            "probe": bool(taps) or any(wants.get("probe") for wants in wanted),
        }

    def require_kept(self) -> None:
        """Raise Refused when the run was deleted, though its worker may still be ending."""
        if self.is_deleted:
            raise Refused(_DELETED)

    def mark_deleted(self) -> None:
        """Tell every viewer, and refuse whatever comes after."""
        self.publish_state(state="deleted", sentence=_DELETED, divergence=None)
        self.is_deleted = True

    def write_card(self, **changes: Any) -> None:
        """Change the card, in memory and on disk. A disk that cannot be written does not stop the run."""
        if all(getattr(self.card, name) == value for name, value in changes.items()):
            return
        self.history.card = replace(self.card, **changes)
        try:
            self.folder.write_card(self.card)
        except OSError as error:
            self.publish_state(sentence=f"{disk_sentence(error)} Changes are not kept.")

    def add_viewer(self, viewer: object, on_frame: Viewer, wants: dict[str, Any]) -> None:
        """Show everything so far to somebody, then every frame from now on."""
        self.viewers[viewer] = (on_frame, wants)
        on_frame(self.history.snapshot())
        self.tell_wants()

    def set_wants(self, viewer: object, wants: dict[str, Any]) -> None:
        """Take note of what a viewer looks at now."""
        if viewer in self.viewers:
            self.viewers[viewer] = (self.viewers[viewer][0], wants)
            self.tell_wants()

    def remove_viewer(self, viewer: object) -> None:
        """Forget a viewer."""
        if self.viewers.pop(viewer, None) is not None:
            self.last_use = time.monotonic()
            self.tell_wants()

    def tell_wants(self) -> None:
        """Tell the worker what is looked at; only that is computed and sent."""
        if self.link is not None:
            self.link.send({"do": "wants", **self.wants})

    def publish(self, frame: bytes) -> None:
        """Give a frame its place in the stream and send it to every viewer."""
        self._show(self.history.apply(frame))

    def publish_state(self, **changes: Any) -> None:
        """Publish the present state with some fields changed."""
        self.publish(self.history.state_frame(**changes))

    def publish_snapshot(self) -> None:
        """Show everything anew: what the run is has changed."""
        self.history.seq += 1
        self._show(self.history.snapshot())

    def from_worker(self, header: wire.Header, message: bytes) -> None:
        """Take a frame of the worker's."""
        if self.is_deleted or header["kind"] == "leaving":
            return
        if header["kind"] == "ready":
            self._line_up(header)
            return
        if header["kind"] == "failed":
            self.publish_state(state="failed", sentence=header["sentence"], divergence=None)
        else:
            self.publish(message)
        if self.state in ("finished", "diverged", "failed"):
            self.write_card(intention="paused")

    def counts_death(self) -> bool:
        """Take note that the worker died; say whether it may be started again."""
        self._deaths.append(time.monotonic())
        recent = [death for death in self._deaths if self._deaths[-1] - death < SECONDS_OF_DEATHS]
        return len(recent) <= MAX_DEATHS

    def _show(self, frame: bytes) -> None:
        for on_frame, _ in list(self.viewers.values()):
            on_frame(frame)

    def _line_up(self, ready: wire.Header) -> None:
        """Make the history that of the save which the worker started from: it may be older or newer than ours."""
        history, step = self.history, ready["step"]
        if self.card.dataset is None:
            self.write_card(dataset=ready["data"])
        is_news = not history.info["columns"]
        history.describe(ready["info"])
        history.train = ready["train"]
        if is_news:
            self.publish_snapshot()
        common = min(step, history.step)
        if history.step > common or len(history.events) != len(ready["events"]):
            past = {"events": ready["events"], "samples": ready["samples"]}
            self.publish(wire.encode({"kind": "rewind", "step": common, "ghost": False, **past}))
        if step > common:
            self.publish(self._missing(common, step, ready["n_points"]))

    def _missing(self, after: int, step: int, n_points: int) -> bytes:
        """Return what the disk knows of the steps after `after`, as a frame of points."""
        points = self.folder.rows("points.f32", n_points, len(self.history.info["columns"]))
        losses = self.folder.rows("losses.f32", step)
        arrays: dict[str, np.ndarray] = {"points": points[n_points_until(points, after) :], "losses": losses[after:]}
        return wire.encode({"kind": "points", "first_step": after + 1}, arrays)

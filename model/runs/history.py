"""What one run has shown so far: points, losses, events, samples and the curves of earlier attempts (ghosts).

It is fed by the frames of the run's stream, in order, and can give all of it as one `snapshot` frame, so that whoever
joins late sees what the others see. Torch-free; it knows neither sockets nor processes.
"""

import contextlib
import math
import secrets
import time
from typing import Any

import numpy as np

from model.records import finite
from model.runs import wire
from model.runs.store import Card, RunFolder, StoreError

MAX_GHOSTS = 3
SHOWN_INFO = ("title", "columns", "groups", "n_layers", "n_heads", "n_parameters", "ln_guess", "guess_count", "dataset")
_NO_INFO: dict[str, Any] = {
    "title": "", "columns": [], "groups": [], "n_layers": 0, "n_heads": 0, "n_parameters": 0, "ln_guess": 0.0,
    "guess_count": 1, "dataset": "",
}  # fmt: skip


class Rows:
    """Float32 rows of one width that grow at the end and are cut there. Width 1 is kept as (n,)."""

    def __init__(self, rows: np.ndarray) -> None:
        self._buffer = np.array(rows, np.float32)
        self._n = len(rows)

    def __len__(self) -> int:
        return self._n

    @property
    def rows(self) -> np.ndarray:
        """All rows, (n,) or (n, K), as a view."""
        return self._buffer[: self._n]

    def append(self, rows: np.ndarray) -> None:
        """Add rows (m,) or (m, K)."""
        n = self._n + len(rows)
        if n > len(self._buffer):
            grown = np.empty((max(n, 2 * self._n, 64), *self._buffer.shape[1:]), np.float32)
            grown[: self._n] = self.rows
            self._buffer = grown
        self._buffer[self._n : n] = rows
        self._n = n

    def cut(self, n: int) -> None:
        """Keep the first n rows."""
        self._n = min(self._n, n)


class History:
    """The run's past and present state, as its viewers know it. `step` losses are known: one for each step."""

    def __init__(self, card: Card) -> None:
        self.card = card
        self.info: dict[str, Any] = _NO_INFO
        self.points = Rows(np.zeros((0, 0), np.float32))
        self.losses = Rows(np.zeros(0, np.float32))
        self.events: list[dict[str, Any]] = []
        self.samples: list[dict[str, Any]] = []
        self.ghosts: list[tuple[str, np.ndarray]] = []
        self.status: dict[str, Any] = {"state": "paused", "sentence": "", "snapshots": [], "divergence": None}
        self.train: dict[str, Any] = {}
        self.epoch = secrets.token_hex(4)
        self.seq = time.time_ns() // 10**6  # never goes back, not even over a restart: frames come slower than this

    @classmethod
    def read(cls, folder: RunFolder, card: Card | None = None) -> "History":
        """Read a run's history as of its last save. Raises StoreError in one sentence."""
        history = cls(card or folder.card())
        saved = folder.saved()
        if saved is not None:
            try:
                history._take(folder, saved)
            except (KeyError, TypeError, ValueError, OSError) as error:
                if isinstance(error, StoreError):
                    raise
                raise StoreError("This run cannot be read: its saved state lacks something.") from error
        return history

    def _take(self, folder: RunFolder, saved: dict[str, Any]) -> None:
        self.describe(saved["info"])
        self.points = Rows(folder.rows("points.f32", saved["n_points"], len(self.info["columns"])))
        self.losses = Rows(folder.rows("losses.f32", saved["step"]))
        self.events, self.samples = saved["events"], saved["samples"]
        for ghost in saved["ghosts"]:
            with contextlib.suppress(StoreError, OSError):  # a curve to compare with: without it the run is whole
                self.ghosts.append((ghost["label"], folder.rows(f"ghosts/{ghost['file']}", ghost["n_steps"])))
        self.status = {key: saved["status"][key] for key in self.status}
        self.train = saved["train"]

    def describe(self, info: dict[str, Any]) -> None:
        """Take over what only the trainer knows: the columns of its points, its groups, its sizes."""
        self.info = {key: info[key] for key in SHOWN_INFO}
        if not len(self.points):
            self.points = Rows(np.zeros((0, len(self.info["columns"])), np.float32))

    @property
    def step(self) -> int:
        """Steps trained."""
        return len(self.losses)

    @property
    def config(self) -> dict[str, Any]:
        """The flat config as it is now, live changes included."""
        return {**self.card.config, **self.train}

    def apply(self, frame: bytes) -> bytes:
        """Take one frame of the stream into account; return it with its place in the stream (`seq`)."""
        header, arrays = wire.decode(frame)
        kind = header["kind"]
        if kind == "points":
            assert header["first_step"] == self.step + 1, (header["first_step"], self.step)
            self.points.append(arrays["points"])
            self.losses.append(arrays["losses"])
        elif kind == "event":
            self.events.append(header["event"])
        elif kind == "samples" and header["recorded"]:
            self.samples.append({"step": header["step"], "texts": header["texts"]})
        elif kind == "state":
            self.status = {key: header[key] for key in self.status}
            self.train = header["train"]
        elif kind == "rewind":
            self._rewind(header)
        self.seq += 1
        return wire.stamp(frame, seq=self.seq)

    def _rewind(self, header: dict[str, Any]) -> None:
        step = header["step"]
        if header["ghost"]:
            self.ghosts = [*self.ghosts, (header["label"], self.losses.rows.copy())][-MAX_GHOSTS:]
        self.losses.cut(step)
        self.points.cut(n_points_until(self.points.rows, step))
        self.events, self.samples = header["events"], header["samples"]

    def state_frame(self, **changes: Any) -> bytes:
        """Return a `state` frame of the present state with some of its fields changed."""
        n_steps = self.config["n_steps"]
        return wire.encode(
            {"kind": "state", "step": self.step, "train": self.train, "n_steps": n_steps, **self.status, **changes}
        )

    def run_header(self) -> dict[str, Any]:
        """Return what a run is: its name, its sizes and its config as it is now."""
        card, config = self.card, self.config
        known = {"id": card.id, "name": card.name, "created": card.created, "what_if": card.what_if}
        return {**known, **self.info, "n_steps": config["n_steps"], "config": config}

    def snapshot(self) -> bytes:
        """Return everything as one frame; the frames after it have the following `seq`."""
        header = {
            "kind": "snapshot", "seq": self.seq, "epoch": self.epoch, "run": self.run_header(), **self.status,
            "step": self.step, "events": self.events, "samples": self.samples, "train": self.train,
            "ghosts": [{"array": f"ghost{i}", "label": label} for i, (label, _) in enumerate(self.ghosts)],
        }  # fmt: skip
        arrays = {"points": self.points.rows, "losses": self.losses.rows}
        return wire.encode(header, arrays | {f"ghost{i}": losses for i, (_, losses) in enumerate(self.ghosts)})

    def points_since(self, step: int) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Return the points and losses after a step, as a `points` frame's header and arrays."""
        first = min(max(step, 0), self.step)
        points = self.points.rows[n_points_until(self.points.rows, first) :]
        return {"first_step": first + 1}, {"points": points, "losses": self.losses.rows[first:]}

    def summary(self) -> dict[str, Any]:
        """Return one line of a list of runs. The loss is the mean of the last 20 steps (None before the first)."""
        recent = self.losses.rows[-20:]
        loss = float(recent.mean()) if len(recent) else math.nan
        card = self.card
        return {
            "id": card.id, "name": card.name, "created": card.created, "title": self.info["title"],
            "state": self.status["state"], "step": self.step, "n_steps": self.config["n_steps"],
            "loss": finite(loss), "config": self.config,
        }  # fmt: skip


def n_points_until(points: np.ndarray, step: int) -> int:
    """Count the points (n, K) up to and including a step; their first column is the step."""
    return int(np.searchsorted(points[:, 0], step, side="right")) if len(points) else 0

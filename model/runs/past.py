"""What a run in training has behind it: losses, points, events, samples, ghosts; what of it is shown, what is saved.

Torch-free; it knows neither the trainer nor a socket. Losses and points go to their files in rows; the rest, and how
many rows count, goes into the metadata of the state, so that one rename makes a save whole.
"""

import math
import shutil
import time
from typing import Any

import numpy as np

from model.runs import wire
from model.runs.history import MAX_GHOSTS, n_points_until
from model.runs.store import RunFolder


class Past:
    """The past of one run; it grows by `add` and is cut back when the run goes back."""

    def __init__(self, folder: RunFolder, columns: list[str]) -> None:
        self._folder, self._columns = folder, columns
        self.events: list[dict[str, Any]] = []
        self.samples: list[dict[str, Any]] = []
        self.ghosts: list[dict[str, Any]] = []
        self._n_saved = {"losses": 0, "points": 0}
        self._unsaved: tuple[list[float], list[list[float]]] = ([], [])
        self._unshown: tuple[list[float], list[list[float]]] = ([], [])

    @property
    def step(self) -> int:
        """Steps behind us: each has its loss."""
        return self._n_saved["losses"] + len(self._unsaved[0])

    @property
    def n_points(self) -> int:
        """Points measured."""
        return self._n_saved["points"] + len(self._unsaved[1])

    def add(self, loss: float, row: dict[str, float] | None) -> None:
        """Take a step's loss and, if it was measured, its row; what a row lacks is NaN."""
        for losses, points in (self._unsaved, self._unshown):
            losses.append(loss)
            if row is not None:
                points.append([row.get(column, math.nan) for column in self._columns])

    def unshown_frame(self) -> bytes | None:
        """Return what has been added since the last time as a `points` frame (None: nothing)."""
        losses, points = self._unshown
        if not losses:
            return None
        self._unshown = ([], [])
        arrays = {"points": self._rows(points), "losses": np.array(losses, np.float32)}
        first_step = self.step - len(losses) + 1
        return wire.encode({"kind": "points", "first_step": first_step, "published": time.time()}, arrays)

    def save_rows(self) -> None:
        """Append to the files what is not there yet. After an OSError nothing counts as saved: try again."""
        losses, points = self._unsaved
        self._folder.append_rows("losses.f32", self._n_saved["losses"], np.array(losses, np.float32))
        self._folder.append_rows("points.f32", self._n_saved["points"], self._rows(points))
        self._n_saved = {"losses": self.step, "points": self.n_points}
        self._unsaved = ([], [])

    def meta(self) -> dict[str, Any]:
        """Return what belongs into the state's metadata."""
        return {
            "step": self.step, "n_points": self.n_points, "events": self.events, "samples": self.samples,
            "ghosts": self.ghosts,
        }  # fmt: skip

    def restore(self, meta: dict[str, Any]) -> None:
        """Stand where meta() was taken, the rows being in the files."""
        self._n_saved = {"losses": meta["step"], "points": meta["n_points"]}
        self._unsaved, self._unshown = ([], []), ([], [])
        self.events, self.samples, self.ghosts = list(meta["events"]), list(meta["samples"]), list(meta["ghosts"])

    def cut(self, step: int, meta: dict[str, Any] | None = None) -> None:
        """Forget what came after a step; `meta` of a state kept then knows which events came before it."""
        n_saved = self._n_saved
        losses, points = self._unsaved
        if step < n_saved["losses"]:
            rows = self._folder.rows("points.f32", n_saved["points"], len(self._columns))
            n_saved.update(losses=step, points=n_points_until(rows, step))
        self._unsaved = (losses[: step - n_saved["losses"]], [point for point in points if point[0] <= step])
        self._unshown = ([], [])
        events, samples = (self.events, self.samples) if meta is None else (meta["events"], meta["samples"])
        self.events = [event for event in events if event["step"] <= step]
        self.samples = [sample for sample in samples if sample["step"] <= step]

    def leave_ghost(self, label: str) -> None:
        """Keep the losses so far as a curve to compare with, everything having been saved."""
        if not self.step:
            return
        taken = {ghost["file"] for ghost in self.ghosts}  # by the last save: killed before the next, it needs them
        name = next(name for name in (f"{i}.f32" for i in range(MAX_GHOSTS + 1)) if name not in taken)
        (self._folder.path / "ghosts").mkdir(exist_ok=True)
        shutil.copyfile(self._folder.path / "losses.f32", self._folder.path / "ghosts" / name)
        self.ghosts = [*self.ghosts, {"file": name, "label": label, "n_steps": self.step}][-MAX_GHOSTS:]

    def rewind_frame(self, label: str | None) -> bytes:
        """Return the frame that takes viewers back to where we are; a label leaves the old curve as a ghost."""
        header = {"kind": "rewind", "step": self.step, "ghost": label is not None, "label": label or ""}
        return wire.encode({**header, "events": self.events, "samples": self.samples})

    def _rows(self, points: list[list[float]]) -> np.ndarray:
        return np.array(points, np.float32).reshape(len(points), len(self._columns))

"""A run in training, inside its worker: the trainer, the run's past, and both kept on disk together.

A save, a state to go back to and a fork are the same bytes: the trainer's tensors, with everything else that must
agree with them as metadata. It knows no socket: what viewers should see is handed out as frames.
"""

import contextlib
import math
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import safetensors.torch

from model.config import RunConfig
from model.datasets import load_dataset
from model.divergence import Diverged
from model.fields import shown
from model.runs import wire
from model.runs.answers import disk_sentence
from model.runs.gallery import Gallery, is_kept
from model.runs.history import SHOWN_INFO
from model.runs.past import Past
from model.runs.snapshots import is_snapshot_due, prune_snapshots
from model.runs.store import RunFolder, StoreError, pack_meta, read_meta, replace
from model.tokenizer import from_json
from model.training import Trainer

_NOT_SAVED = "This run goes on, but it is not saved."
_RESUMED = ("finished", "diverged")  # modes that outlive the worker; every other one is "paused" at first


class Job:
    """One run. `mode` is what it does: training | paused | finished | diverged."""

    def __init__(self, folder: RunFolder, home: Path, send: Callable[[bytes], None]) -> None:
        """Load the data and the last save. Raises ValueError in one sentence when this run cannot go on."""
        self.folder, self._send = folder, send
        card, saved = folder.card(), folder.saved()
        config = RunConfig.from_dict(card.config | (saved["train"] if saved else {}))
        known = card.dataset or {}
        kept = from_json(known["tokenizer"]) if "tokenizer" in known else None
        self.dataset = load_dataset(config.data, text=folder.text(), home=home, tokenizer=kept)
        if known and known["sha256"] != self.dataset.sha256:
            raise StoreError("The text that this run learned from is not the same here: it cannot train on.")
        self.trainer = Trainer(config, self.dataset)
        self.gallery = Gallery(folder, self.trainer.config.model)
        self.past = Past(folder, list(self.trainer.columns))
        self.mode, self.sentence = "paused", ""
        self.stop_at: int | None = None  # the step to stand still at, if somebody asked for so many steps
        self._divergence: dict[str, Any] | None = None
        if saved is not None:
            self._load(folder.state_path)
            self.past.restore(saved)
            self.gallery.cut(self.step)
            status = saved["status"]
            if status["state"] in _RESUMED:
                self.mode, self.sentence, self._divergence = (status[k] for k in ("state", "sentence", "divergence"))

    @property
    def step(self) -> int:
        """Steps trained."""
        return self.trainer.step

    def describe(self) -> dict[str, Any]:
        """Return what the supervisor has to know of a run that was just loaded."""
        model, data = self.trainer.config.model, self.dataset
        values = (
            data.title, list(self.trainer.columns), list(self.trainer.groups), model.n_layers, model.n_heads,
            model.n_parameters, math.log(data.guess_count), data.guess_count, data.name,
        )  # fmt: skip
        vocabulary = {"sha256": data.sha256, "vocabulary": list(data.tokenizer.vocab),
                      "tokenizer": data.tokenizer.to_json()}  # fmt: skip
        info = dict(zip(SHOWN_INFO, values, strict=True))
        return {**self.past.meta(), "info": info, "data": vocabulary, "train": self._train()}

    def set_mode(self, mode: str, sentence: str = "", divergence: dict[str, Any] | None = None) -> None:
        """Change what the run does, and say so."""
        self.mode, self.sentence, self._divergence = mode, sentence, divergence
        self.show_status()

    def show(self, kind: str, **header: Any) -> None:
        """Hand out a frame, behind the points that came before it."""
        self.show_points()
        self._send(wire.encode({"kind": kind, **header}))

    def show_points(self) -> None:
        """Hand out what was trained since the last time."""
        frame = self.past.unshown_frame()
        if frame is not None:
            self._send(frame)

    def show_status(self) -> None:
        """Hand out what the run does now."""
        train = self._train()
        self.show("state", **self._status(), step=self.step, train=train, n_steps=train["n_steps"])

    def advance(self, is_measured: bool, statistics: Callable[[], dict[str, float]]) -> bool:
        """Train one step; says whether a row came of it. A row takes `statistics` along."""
        try:
            made = self.trainer.train_step(measure=is_measured)
        except Diverged as diverged:
            self._stand(diverged)
            return True
        self.past.add(made.loss, None if made.row is None else made.row | statistics())
        if is_kept(self.step):
            self.keep_weights()
        if is_snapshot_due(self.step):
            self.keep_snapshot()
        if self.trainer.is_finished:
            self.log("finished", f"all {self.step:,} steps are done")
            self.set_mode("finished")
            self.save()
        return made.row is not None

    def log(self, kind: str, text: str, changes: dict[str, Any] | None = None) -> None:
        """Put a mark on the curve."""
        event = {"step": self.step, "kind": kind, "text": text, "changes": changes or {}}
        self.past.events.append(event)
        self.show("event", event=event)

    def change(self, event: dict[str, Any]) -> None:
        """Take note of a change that the trainer has made."""
        self.log(event["kind"], event["text"], event["changes"])
        is_longer = self.mode == "finished" and not self.trainer.is_finished
        self.set_mode("paused" if is_longer else self.mode, self.sentence, self._divergence)
        self.save()

    def record_samples(self, texts: list[str]) -> None:
        """Keep what the model says at this step."""
        self.past.samples.append({"step": self.step, "texts": texts})
        self.show("samples", step=self.step, texts=texts, recorded=True)

    def save(self) -> float:
        """Save everything; returns the seconds it took. A disk that does not take it is reported to the viewers."""
        started = time.perf_counter()
        try:
            self.past.save_rows()
            replace(self.folder.state_path, self._bytes())
        except OSError as error:
            self._say_disk(f"{disk_sentence(error)} {_NOT_SAVED}")
        else:
            self._say_disk("")
        return time.perf_counter() - started

    def keep_snapshot(self) -> None:
        """Keep the present state to go back to; older ones may go."""
        try:
            replace(self.folder.snapshot_path(self.step), self._bytes())
            prune_snapshots(self.folder)
        except OSError as error:
            self._say_disk(f"{disk_sentence(error)} {_NOT_SAVED}")
        else:
            self.show_status()

    def keep_weights(self) -> None:
        """Keep the present weights for views that will ask how it was now."""
        try:
            self.gallery.keep(self.trainer.model, self.step)
        except OSError as error:
            self._say_disk(f"{disk_sentence(error)} {_NOT_SAVED}")

    def undo(self, step: int) -> None:
        """Go back to a kept state. Raises ValueError when none is kept of that step."""
        kept = self._snapshots()
        if step not in kept:
            raise ValueError(f"step must be one of the kept states, {', '.join(map(str, kept))}; got {shown(step)}")
        label = self._leave(f"until step {self.step}, then back to {step}")
        meta = self._load(self.folder.snapshot_path(step))
        self.past.cut(step, meta)
        self._go_on("undo", f"back to step {step}", label)

    def reset(self) -> None:
        """Begin again: same seed, present settings, step 0."""
        label = self._leave(f"until step {self.step}")
        self.trainer = Trainer(self.trainer.config, self.dataset)
        self.past.cut(0)
        self.past.events, self.past.samples = [], []
        self._go_on("reset", "from the start again", label)
        self.keep_snapshot()
        self.keep_weights()

    def _leave(self, label: str) -> str | None:
        """Save, and keep the curve so far; returns its label (None: there is no curve yet)."""
        self.save()
        if self.sentence.endswith(_NOT_SAVED):
            raise ValueError(f"{self.sentence} It cannot go back without its saved states.")
        self.show_points()
        self.past.leave_ghost(label)
        return label if self.step else None

    def _go_on(self, kind: str, text: str, label: str | None) -> None:
        self._drop_snapshots()
        self._send(self.past.rewind_frame(label))
        self.log(kind, text)
        self.set_mode("training" if self.mode == "training" else "paused")
        self.save()

    def _stand(self, diverged: Diverged) -> None:
        """Stand where the trainer stands: at the last good state, which may be older than the last step."""
        found = diverged.divergence
        if self.step < self.past.step:
            self.show_points()
            self.past.cut(self.step)
            self._drop_snapshots()
            self._send(self.past.rewind_frame(None))
        self.log("diverged", found.sentence)
        what = {"tensor": found.tensor, "step": found.step, "cures": list(found.cures)}
        self.set_mode("diverged", found.sentence, what)
        self.save()

    def _load(self, path: Path) -> dict[str, Any]:
        meta = read_meta(path)
        self.trainer.load_state(safetensors.torch.load_file(path), meta["trainer"])
        return meta

    def _bytes(self) -> bytes:
        """Return the present state as the bytes of a safetensors file."""
        tensors, trainer = self.trainer.state()
        meta = self.describe() | {"status": self._status(), "trainer": trainer}
        return safetensors.torch.save(tensors, pack_meta(meta))

    def _snapshots(self) -> list[int]:
        return [step for step in self.folder.snapshots() if step <= self.step]

    def _drop_snapshots(self) -> None:
        with contextlib.suppress(OSError):  # those that stay are not offered
            self.gallery.cut(self.step)
            for step in self.folder.snapshots():
                if step > self.step:
                    self.folder.snapshot_path(step).unlink()

    def _status(self) -> dict[str, Any]:
        return {
            "state": self.mode, "sentence": self.sentence, "divergence": self._divergence,
            "snapshots": self._snapshots(),
        }  # fmt: skip

    def _train(self) -> dict[str, Any]:
        return asdict(self.trainer.config.train)

    def _say_disk(self, sentence: str) -> None:
        if (sentence or self.sentence.endswith(_NOT_SAVED)) and sentence != self.sentence:
            self.set_mode(self.mode, sentence, self._divergence)

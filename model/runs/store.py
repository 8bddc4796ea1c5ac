"""Runs on disk: one folder a run under GLASSBOX_HOME/runs, readable without torch.

A folder holds run.json (the card: who owns it, how it was configured), state.safetensors (weights, optimizer, and as
its metadata everything else that must agree with them), points.f32 and losses.f32 (rows are only ever appended; rows
past the saved step are ignored), ghosts/ (loss curves of earlier attempts), snapshots/ (states to go back to) and
text.txt (the user's own text). The worker of a run is the only one that writes its state; the supervisor writes cards.

It does not know what a tensor means: states are bytes made elsewhere. Every file is replaced by a rename.
"""

import contextlib
import json
import os
import re
import shutil
import struct
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from model.runs.names import name_of

FORMAT_VERSION = 1
RUN_ID = re.compile(r"[0-9a-f]{32}")
SHIPPED = Path(__file__).parents[2] / "assets" / "runs"  # runs that come with the project: read-only, free to fork
_META_KEY = "glassbox"
_MAX_HEADER = 2**24  # bytes of JSON in front of a safetensors file
_ROWS = np.dtype("<f4")


class StoreError(ValueError):
    """A run that cannot be read; the message is one sentence for the user."""


@dataclass(frozen=True)
class Card:
    """What a run is, whatever its state: the content of run.json."""

    id: str
    name: str
    owner: str  # sha256 of the key that controls it; "" = nobody
    config: dict[str, Any]  # flat, as the run was made; live changes are part of its state
    created: float  # seconds since 1970
    intention: str = "paused"  # training | paused: what the owner asked for last
    what_if: bool = False
    dataset: dict[str, Any] | None = None  # sha256, vocabulary and tokenizer that the run first saw

    @property
    def is_named(self) -> bool:
        """Whether somebody chose its name: such a run is kept until its owner deletes it."""
        return self.name != name_of(self.id)

    def to_json(self) -> str:
        """Return the card as the text of run.json."""
        return json.dumps({"format_version": FORMAT_VERSION, **asdict(self)}, indent=1, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "Card":
        """Read run.json.

        Raises:
            StoreError: another format, or no card at all.
        """
        try:
            values = json.loads(text)
            version = values.pop("format_version")
        except (ValueError, AttributeError, KeyError, TypeError) as error:
            raise StoreError("This run cannot be read: its run.json is damaged.") from error
        if version != FORMAT_VERSION:
            raise StoreError(
                f"This run was saved in format {version}; this version of Glassbox reads format {FORMAT_VERSION}."
            )
        known = {field.name for field in fields(cls)}
        if not {"id", "name", "owner", "config", "created"} <= set(values) <= known:
            raise StoreError("This run cannot be read: its run.json lacks fields or has unknown ones.")
        return cls(**values)


@dataclass(frozen=True)
class RunFolder:
    """The folder of one run."""

    path: Path

    def card(self) -> Card:
        """Read run.json. Raises StoreError in one sentence."""
        try:
            card = Card.from_json((self.path / "run.json").read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise StoreError("This run cannot be read: its run.json is missing or damaged.") from error
        if card.id != self.path.name:
            raise StoreError("This run cannot be read: its run.json is that of another run.")
        return card

    def write_card(self, card: Card) -> None:
        """Replace run.json."""
        replace(self.path / "run.json", card.to_json().encode())

    @property
    def seen(self) -> float:
        """When the run was made, looked at or commanded last, in seconds since 1970: the time of run.json."""
        return (self.path / "run.json").stat().st_mtime

    def mark_seen(self) -> None:
        """Take note that somebody looks at this run or commands it."""
        with contextlib.suppress(OSError):  # there is no such run, or it lies on a read-only disk
            os.utime(self.path / "run.json")

    def text(self) -> str | None:
        """Return the user's own text that this run learns, if it has one."""
        path = self.path / "text.txt"
        return path.read_text(encoding="utf-8") if path.exists() else None

    @property
    def state_path(self) -> Path:
        """Where the last save lies."""
        return self.path / "state.safetensors"

    def saved(self) -> dict[str, Any] | None:
        """Return what was saved beside the tensors (None: never saved). Raises StoreError in one sentence."""
        return read_meta(self.state_path) if self.state_path.exists() else None

    def append_rows(self, name: str, start: int, rows: np.ndarray) -> None:
        """Write rows (n,) or (n, K) of float32 behind the first `start` rows of a file, dropping what was there."""
        if not len(rows):  # nothing new: what lies past `start` may still belong to the last save
            return
        path = self.path / name
        with path.open("r+b" if path.exists() else "w+b") as file:
            file.truncate(start * rows[0].nbytes)
            file.seek(0, os.SEEK_END)
            file.write(np.ascontiguousarray(rows, _ROWS).tobytes())

    def rows(self, name: str, n_rows: int, n_columns: int | None = None) -> np.ndarray:
        """Read the first rows of a file: (n_rows,) or (n_rows, n_columns) float32. Raises StoreError if it is short."""
        count, path = n_rows * (1 if n_columns is None else n_columns), self.path / name
        values = np.fromfile(path, _ROWS, count) if count and path.exists() else np.zeros(0, _ROWS)
        if len(values) < count:
            raise StoreError(f"This run cannot be read: its {name} is shorter than its saved step.")
        return values if n_columns is None else values.reshape(n_rows, n_columns)

    def snapshots(self) -> list[int]:
        """Return the steps that can be gone back to, in order."""
        return sorted(int(path.stem) for path in (self.path / "snapshots").glob("*.safetensors") if path.stem.isdigit())

    def snapshot_path(self, step: int) -> Path:
        """Where the state after this step lies, if it is kept."""
        return self.path / "snapshots" / f"{step}.safetensors"

    def copy_to(self, target: "RunFolder", card: Card) -> None:
        """Make `target` a run of its own with this run's state and history, and another card."""
        with _made_aside(target) as fresh:
            ignored = shutil.ignore_patterns("run.json", "lock", "log.txt", "*.part")
            shutil.copytree(self.path, fresh.path, ignore=ignored)
            fresh.write_card(card)


class Store:
    """All runs of one GLASSBOX_HOME, and those that ship with the project."""

    def __init__(self, home: Path, shipped: Path = SHIPPED) -> None:
        self._runs = home / "runs"
        self._runs.mkdir(parents=True, exist_ok=True)
        for leftover in self._runs.glob(".*"):  # a copy or a deletion that was cut short
            shutil.rmtree(leftover, ignore_errors=True)
        self._shipped = {}
        for path in sorted(shipped.glob("*/run.json")):
            self._shipped[RunFolder(path.parent).card().id] = RunFolder(path.parent)

    def is_shipped(self, run: str) -> bool:
        """Say whether this run came with the project: nobody owns it and nothing writes to it."""
        return run in self._shipped

    def ids(self) -> list[str]:
        """Return the ids of all runs in the home."""
        return [path.name for path in self._runs.iterdir() if RUN_ID.fullmatch(path.name)]

    def folder(self, run: str) -> RunFolder:
        """Return the folder that a run of this id has or would have."""
        assert RUN_ID.fullmatch(run), run
        return self._shipped.get(run) or RunFolder(self._runs / run)

    def create(self, card: Card, text: str | None = None) -> RunFolder:
        """Make the folder of a new run."""
        folder = self.folder(card.id)
        with _made_aside(folder) as fresh:
            fresh.path.mkdir()
            if text is not None:
                replace(fresh.path / "text.txt", text.encode())
            fresh.write_card(card)
        return folder

    def set_aside(self, run: str) -> Path:
        """Take a run out of the store; returns the folder that is left to be removed."""
        aside = self._runs / f".deleted-{run}"
        return self.folder(run).path.rename(aside)

    def delete(self, run: str) -> None:
        """Remove a run for good."""
        shutil.rmtree(self.set_aside(run), ignore_errors=True)


@contextlib.contextmanager
def _made_aside(target: RunFolder) -> Iterator[RunFolder]:
    """A folder that takes the place of `target` when it is whole; if the disk does not take it, nothing of it stays."""
    fresh = target.path.with_name(f".new-{target.path.name}")
    try:
        yield RunFolder(fresh)
        fresh.rename(target.path)
    except OSError:
        shutil.rmtree(fresh, ignore_errors=True)
        raise


def replace(path: Path, data: bytes) -> None:
    """Write a file so that a reader, or a crash, sees the old content or the new one and nothing between."""
    path.parent.mkdir(exist_ok=True)
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(data)
        part.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise


def read_meta(path: Path) -> dict[str, Any]:
    """Read our metadata from the front of a safetensors file, without its tensors. Raises StoreError."""
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > _MAX_HEADER:
                raise ValueError(f"a header of {length} bytes")
            meta = json.loads(json.loads(file.read(length))["__metadata__"][_META_KEY])
    except (OSError, ValueError, KeyError, TypeError, struct.error) as error:
        raise StoreError(f"This run cannot be read: its {path.name} is damaged.") from error
    if not isinstance(meta, dict):
        raise StoreError(f"This run cannot be read: its {path.name} is damaged.")
    return meta


def pack_meta(meta: dict[str, Any]) -> dict[str, str]:
    """Return our metadata in the form that safetensors keeps."""
    return {_META_KEY: json.dumps(meta, separators=(",", ":"))}

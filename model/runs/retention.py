"""Which runs stay on disk: unnamed ones that nobody has seen for a week go, what-if forks that nobody adopted after ten
minutes, and all of them together have a cap.

Seen means opened, watched or commanded; a run in use (it has viewers or a process, or is to train) is seen all the
time. What its owner has named stays until its owner deletes it. So does what cannot be read: it may be of a newer
Glassbox. Torch-free; it knows folders, neither workers nor viewers.
"""

import asyncio
import contextlib
import logging
import math
import os
import shutil
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from model.runs.answers import Refused
from model.runs.store import Store, StoreError

SECONDS_UNSEEN = 7 * 24 * 3600.0
SECONDS_UNADOPTED = 600.0  # of a what-if fork that nobody looks at
SECONDS_BETWEEN_LOOKS = 60.0
SECONDS_TO_COME = 10.0  # between opening a run and watching it, nobody takes it away
MAX_BYTES = 2 * 10**9  # unless GLASSBOX_DISK_BYTES says otherwise

log = logging.getLogger("glassbox")


@dataclass(frozen=True)
class Kept:
    """One run's place on disk. `seen` in seconds since 1970; `is_spare`: neither named nor meant to train; `patience`:
    for how many seconds it stays unseen."""

    run: str
    seen: float
    n_bytes: int
    is_spare: bool
    patience: float = SECONDS_UNSEEN


class Retention:
    """Keeps the runs of a store within their time and space; whoever hosts them says which are in use."""

    def __init__(self, store: Store, is_in_use: Callable[[str], bool], forget: Callable[[str], None]) -> None:
        self._store, self._is_in_use, self._forget = store, is_in_use, forget
        self._max_bytes = int(os.environ.get("GLASSBOX_DISK_BYTES") or MAX_BYTES)
        self._kept: list[Kept] = []
        self._counted = -math.inf
        self._one_at_a_time = asyncio.Lock()

    async def keep(self) -> None:
        """Remove what may go, now and every minute, until cancelled."""
        while True:
            await self.make_room()
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)

    async def require(self, n_bytes: int) -> None:
        """Make room for a new run of so many bytes. Raises Refused when what is there has to stay."""
        if not await self.make_room(n_bytes):
            raise Refused(
                f"The disk space for runs here ({self._max_bytes / 1e9:.3g} GB) is taken by runs that have a name "
                "or are in use: delete one to make another."
            )

    async def make_room(self, n_bytes: int = 0) -> bool:
        """Remove what may go; say whether `n_bytes` more fit then. Slow work is done in a thread."""
        asked = time.monotonic()
        async with self._one_at_a_time:
            if self._counted < asked:  # else somebody counted while we waited: a class begins all at once
                await self._count()
            spare = [kept for kept in self._kept if kept.is_spare and not self._is_in_use(kept.run)]
            for kept in surplus(spare, self._n_over(n_bytes), time.time()):
                await self._remove(kept)
            return self._n_over(n_bytes) <= 0

    def _n_over(self, n_bytes: int) -> int:
        return sum(kept.n_bytes for kept in self._kept) + n_bytes - self._max_bytes

    async def _count(self) -> None:
        began = time.monotonic()
        try:
            self._kept = await asyncio.to_thread(take_stock, self._store)
        except OSError as error:
            log.warning("the runs cannot be counted: %s", error)
            return
        self._counted = began
        for kept in self._kept:
            if self._is_in_use(kept.run):
                self._store.folder(kept.run).mark_seen()

    async def _remove(self, kept: Kept) -> None:
        try:
            if self._store.folder(kept.run).seen > kept.seen:
                return  # somebody came while we counted
            aside = self._store.set_aside(kept.run)
        except OSError as error:
            log.warning("run %s cannot be removed: %s", kept.run, error)
            return
        self._forget(kept.run)
        self._kept.remove(kept)
        days = (time.time() - kept.seen) / 86400
        log.info("removed run %s, unseen for %.1f days, %d bytes", kept.run, days, kept.n_bytes)
        await asyncio.to_thread(shutil.rmtree, aside, ignore_errors=True)


def surplus(spare: Iterable[Kept], n_over: int, now: float) -> list[Kept]:
    """Choose who goes: all unseen for longer than their patience; the longest unseen until `n_over` bytes are free."""
    going = []
    for kept in sorted(spare, key=lambda kept: (kept.seen + kept.patience > now, kept.seen)):
        is_wanted = n_over <= 0 and kept.seen + kept.patience > now
        if is_wanted or kept.seen > now - SECONDS_TO_COME:
            break
        going.append(kept)
        n_over -= kept.n_bytes
    return going


def take_stock(store: Store) -> list[Kept]:
    """Read when each run was seen and what it takes. Raises OSError when there is no such place."""
    stock = []
    for run in store.ids():
        folder, is_spare, seen, patience = store.folder(run), False, math.inf, SECONDS_UNSEEN
        with contextlib.suppress(StoreError, OSError):
            seen, card = folder.seen, folder.card()
            is_spare = not card.is_named and card.intention != "training"
            patience = SECONDS_UNADOPTED if card.what_if else SECONDS_UNSEEN
        stock.append(Kept(run, seen, n_bytes_of(folder.path), is_spare, patience))
    return stock


def n_bytes_of(folder: Path) -> int:
    """Count the bytes of all files in a folder; one that vanishes meanwhile counts nothing."""
    n_bytes = 0
    for path, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                n_bytes += os.lstat(os.path.join(path, name)).st_size
    return n_bytes

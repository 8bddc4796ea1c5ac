"""Which runs are active, and what becomes of them: admission, workers that die, runs nobody looks at.

Torch-free. It knows the store, the forkserver and the runs; who asks and in which words is known elsewhere.
"""

import asyncio
import functools
import hashlib
import hmac
import logging
import os
import time
from pathlib import Path
from typing import Any

from model.config import RunConfig
from model.runs.admission import Admission, need_of
from model.runs.answers import Refused
from model.runs.forks import Forks
from model.runs.hosted import HostedRun
from model.runs.link import Link
from model.runs.retention import Retention
from model.runs.store import RUN_ID, Card, Store, StoreError

SECONDS_UNTIL_LET_GO = 60.0  # a paused run without viewers gives its process back
SECONDS_YOUNG = 5.0  # a new worker has not yet taken the memory it will need
SECONDS_TO_SAVE = 8.0
_UNKNOWN = "There is no such run here: it may have been deleted."
_SHIPPED = "This run ships with Glassbox and stays as it is: fork it to train on."

log = logging.getLogger("glassbox")


def owner_of(key: str) -> str:
    """Return what a run remembers of the key that made it."""
    return hashlib.sha256(key.encode()).hexdigest()


class Host:
    """All runs of one home."""

    def __init__(self, home: Path, forks: Forks) -> None:
        self.home, self.forks = home, forks
        self.store = Store(home)
        self.runs: dict[str, HostedRun] = {}
        self.owners: dict[str, str] = {}  # run -> owner, of every listed run that can be read
        self.retention = Retention(self.store, self.is_in_use, self.forget)
        self._admission = Admission.from_environment()
        self._let_go = float(os.environ.get("GLASSBOX_IDLE_SECONDS") or SECONDS_UNTIL_LET_GO)
        self._waiting: dict[str, None] = {}  # in the order of arrival
        self._is_ending = False
        self._tasks: set[asyncio.Task[Any]] = set()  # the loop itself holds them weakly

    def resume(self) -> None:
        """Read every card; start again what was training when the last supervisor ended."""
        for run in self.store.ids():
            try:
                card = self.store.folder(run).card()
                self.keep_owner(card)
                if card.intention == "training":
                    self.bring_up(self.open(run))
            except (StoreError, Refused) as error:
                log.warning("run %s: %s", run, error)

    def keep_owner(self, card: Card) -> None:
        """Take note of who finds this run in a list."""
        self.owners[card.id] = "" if card.what_if else card.owner

    def forget(self, run: str) -> None:
        """Drop what is known of a run that is no longer there."""
        for known in (self.runs, self.owners, self._waiting):
            known.pop(run, None)

    def is_in_use(self, run: str) -> bool:
        """Say whether a run has a process or viewers, or is to train."""
        hosted = self.runs.get(run)
        return hosted is not None and bool(hosted.link or hosted.viewers or hosted.card.intention == "training")

    def note_seen(self, run: str) -> None:
        """Take note that somebody asks for this run, if there is one of this id."""
        if RUN_ID.fullmatch(run) and not self.store.is_shipped(run):
            self.store.folder(run).mark_seen()

    def open(self, run: str) -> HostedRun:
        """Return a run by its id. Raises Refused: unknown, being deleted, or it cannot be read."""
        if run in self.runs:
            self.runs[run].require_kept()
            return self.runs[run]
        if not isinstance(run, str) or not RUN_ID.fullmatch(run) or not self.store.folder(run).path.is_dir():
            raise Refused(_UNKNOWN)
        try:
            folder = self.store.folder(run)
            hosted = HostedRun(folder, folder.card())
            RunConfig.from_dict(hosted.history.config)
        except ValueError as error:  # StoreError, or a config that this version does not take
            raise Refused(str(error)) from error
        if hosted.state in ("training", "starting", "waiting"):  # so it stood when it was saved
            hosted.history.status = {**hosted.history.status, "state": "paused", "sentence": ""}
        self.runs[run] = hosted
        return hosted

    def owned(self, run: str, key: str) -> HostedRun:
        """Return a run that this key controls. Raises Refused in one sentence otherwise."""
        hosted = self.open(run)
        if self.store.is_shipped(run):
            raise Refused(_SHIPPED)
        if not key or not hmac.compare_digest(hosted.card.owner, owner_of(key)):
            raise Refused("This run belongs to another browser: you can watch it or fork it.")
        hosted.last_use = time.monotonic()
        return hosted

    def bring_up(self, run: HostedRun) -> None:
        """See to it that the run has a worker, or waits for a place. Raises Refused when it was deleted."""
        run.require_kept()
        if run.link is None and run.card.id not in self._waiting:
            self._waiting[run.card.id] = None
            self.admit()

    def withdraw(self, run: HostedRun) -> None:
        """Take a run out of the waiting line."""
        self._waiting.pop(run.card.id, None)

    def withdraw_unless_training(self, run: HostedRun) -> None:
        """Take a run out of the waiting line that only a question had put there."""
        if run.card.intention != "training":
            self.withdraw(run)

    def why_waiting(self, run: HostedRun) -> str:
        """Say in one sentence why a run without a worker has none."""
        return self._refusal(run) or "This run is being started: try again."

    def look(self, run: HostedRun, viewer: object, wants: dict[str, Any]) -> None:
        """Take note of what a viewer looks at; a run that stands still gets a process to be looked into, if it may."""
        run.set_wants(viewer, wants)
        is_asleep = run.link is None and run.state in ("paused", "finished", "diverged")
        if is_asleep and (run.wants["probe"] or run.wants["samples"]) and not self.store.is_shipped(run.card.id):
            self.bring_up(run)
            self.withdraw_unless_training(run)

    def admit(self) -> None:
        """Give places to those who wait, in the order of arrival; for the first of those without one a run that
        stands still makes room. One who needs more than there is holds nobody up."""
        is_room_made = False
        for run in [] if self._is_ending else self._line():
            sentence = self._refusal(run)
            if not sentence:
                del self._waiting[run.card.id]
                self._start_worker(run)
                continue
            if not is_room_made:
                self._make_room()
                is_room_made = True
            self._say_waiting(run, sentence)

    def _line(self) -> list[HostedRun]:
        """Who waits, in the order of arrival. A run that cannot be opened any more waits no longer."""
        line = []
        for name in list(self._waiting):
            try:
                line.append(self.open(name))
            except Refused as error:
                log.warning("run %s: %s", name, error)
                del self._waiting[name]
        return line

    async def stop_worker(self, run: HostedRun, save: bool = True) -> None:
        """End the run's worker, if it has one; returns when it is gone."""
        self.withdraw(run)
        if run.link is not None:
            run.link.leave(save)
            await asyncio.wait_for(run.link.ended.wait(), SECONDS_TO_SAVE)

    async def watch(self) -> None:
        """Once a second: let go of who is not needed, forget what nobody looks at, admit who waits."""
        while True:
            await asyncio.sleep(1.0)
            for name, run in list(self.runs.items()):
                is_idle = run.stands and not run.viewers and time.monotonic() - run.last_use > self._let_go
                if is_idle and run.link is not None:
                    run.link.leave()
                elif is_idle:
                    del self.runs[name]
            self.admit()

    async def end(self) -> None:
        """Let every worker save and end."""
        self._is_ending = True
        links = [run.link for run in self.runs.values() if run.link is not None]
        for link in links:
            link.leave()
        waits = [asyncio.create_task(link.ended.wait()) for link in links]
        if waits:
            await asyncio.wait(waits, timeout=SECONDS_TO_SAVE)

    def _need(self, run: HostedRun) -> int:
        return need_of(RunConfig.from_dict(run.history.config))

    def _refusal(self, run: HostedRun) -> str:
        now, links = time.monotonic(), [(other, other.link) for other in self.runs.values() if other.link is not None]
        promised = sum(self._need(other) for other, link in links if now - link.since < SECONDS_YOUNG)
        return self._admission.refusal(self._need(run), len(links), promised)

    def _make_room(self) -> None:
        standing = [(run.last_use, run.link) for run in self.runs.values() if run.stands and run.link is not None]
        idle = [(last_use, link) for last_use, link in standing if not (link.is_asked or link.leaving)]
        if idle:
            min(idle, key=lambda each: each[0])[1].leave()

    def _say_waiting(self, run: HostedRun, sentence: str) -> None:
        said = run.state == "waiting" and run.history.status["sentence"] == sentence
        if run.card.intention == "training" and not said:
            run.publish_state(state="waiting", sentence=sentence)

    def _start_worker(self, run: HostedRun, is_restart: bool = False) -> None:
        start = run.card.intention == "training"
        if start:
            run.publish_state(state="starting", sentence="", divergence=None)
        link = Link(run.from_worker, functools.partial(self._on_worker_end, run))
        run.link = link
        link.send(
            {"do": "open", "path": str(run.folder.path), "home": str(self.home), "start": start,
             "is_restart": is_restart, "wants": run.wants}
        )  # fmt: skip
        loop = asyncio.get_running_loop()
        task = loop.create_task(loop.create_unix_connection(lambda: link, sock=self.forks.fork()))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _on_worker_end(self, run: HostedRun, link: Link) -> None:
        run.link = None
        if link.leaving or self._is_ending or run.is_deleted:
            if run.card.intention == "training" and not self._is_ending and not run.is_deleted:
                self.bring_up(run)  # it was started again while it was leaving
            self.admit()
            return
        log.warning("the worker of run %s died at step %d", run.card.id, run.history.step)
        if run.counts_death():
            self._start_worker(run, is_restart=True)
        else:
            run.write_card(intention="paused")
            run.publish_state(state="failed", sentence="Its process died again and again: see log.txt of the run.")
            self.admit()


"""The process of one run: trains, and between two steps shows, saves, looks and obeys.

Everything that falls due by the clock (points, saves, looking) changes no number of the run; what the run itself keeps
(validation, samples, states to go back to) falls due by its steps. It knows the supervisor's socket, no viewer.
"""

import contextlib
import fcntl
import gc
import os
import time
import traceback
from pathlib import Path
from typing import Any

import torch

from model.runs import wire
from model.runs.allowance import Allowance
from model.runs.answers import disk_sentence
from model.runs.channel import Channel, Gone
from model.runs.following import Following
from model.runs.job import Job
from model.runs.looking import Looking
from model.runs.looks import Looks
from model.runs.orders import ORDERS, trace
from model.runs.store import RunFolder

NICENESS = 10
SECONDS_BETWEEN_POINTS = 0.1
SHARE_OF_STATISTICS, SECONDS_BETWEEN_STATISTICS = 0.01, 1.0
SECONDS_BETWEEN_SAVES = (1.5, 1.9)  # at least; at most, however long a save takes
SHARE_OF_SAVING = 0.02  # of the time
SECONDS_FOR_THE_LAST = 5.0  # that an earlier process of this run has to let go of it
N_SAMPLES, SAMPLE_TOKENS = 5, 48
QUESTIONS = {"look", "score", "probe", "trace", "follow", "weights", "sample"}  # orders that change nothing of a run
MAX_LOG = 2**20  # bytes of log.txt: whoever asks what fails, as often as he likes, fills no disk


def main(connection: Any) -> None:
    """Be the worker of the run that the first message names, until told to leave or left alone."""
    torch.set_num_threads(1)
    os.nice(NICENESS)
    channel = Channel(connection)
    try:
        order = _first(channel)
        folder = RunFolder(Path(order["path"]))
        try:
            _work(folder, order, channel)
        except Gone:
            raise
        except Exception:  # whatever happened, the log and the viewers hear of it
            _log_fault(folder)
            _fail(channel, "Something went wrong in this run's process: see log.txt of the run.")
    except Gone:
        return


def _work(folder: RunFolder, order: wire.Header, channel: Channel) -> None:
    with (folder.path / "lock").open("a+") as lock:
        _take(lock)
        try:
            job = Job(folder, Path(order["home"]), channel.send)
        except (ValueError, OSError) as error:
            _fail(channel, _sentence(error))
            return
        gc.collect()
        gc.freeze()
        worker = Worker(job, channel, order["wants"])
        worker.open(order["start"], order["is_restart"])
        try:
            worker.run()
        except Gone:
            job.save()
            raise


def _first(channel: Channel) -> wire.Header:
    while (message := channel.receive(None)) is None:
        pass
    return wire.decode(message)[0]


def _take(lock: Any) -> None:
    """Become the only process of this run: its last one may still be saving. Our pid stands in the file, if it fits."""
    deadline = time.monotonic() + SECONDS_FOR_THE_LAST
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
    with contextlib.suppress(OSError):  # on a full disk too it trains
        os.ftruncate(lock.fileno(), 0)
        os.write(lock.fileno(), str(os.getpid()).encode())


def _sentence(error: ValueError | OSError) -> str:
    return disk_sentence(error) if isinstance(error, OSError) else str(error)


def _log_fault(folder: RunFolder) -> None:
    """Write the exception that is being handled into the run's log."""
    with contextlib.suppress(OSError), (folder.path / "log.txt").open("a") as log:  # a full disk has no room for it
        if log.tell() < MAX_LOG:
            traceback.print_exc(file=log)


def _fail(channel: Channel, sentence: str) -> None:
    channel.send(wire.encode({"kind": "failed", "sentence": sentence}))
    channel.send(wire.encode({"kind": "leaving"}))
    channel.drain()


class Worker:
    """The loop around a job."""

    def __init__(self, job: Job, channel: Channel, wants: dict[str, Any]) -> None:
        self.job, self.channel = job, channel
        self.looking = Looking(job, channel)
        self.looking.wants = wants
        self._orders = ORDERS | {"follow": Following(trace).answer, "look": Looks().answer}
        self._is_leaving = False
        self._statistics_due = Allowance(SHARE_OF_STATISTICS, SECONDS_BETWEEN_STATISTICS)
        self._next_point = 0.0
        self._next_save = time.monotonic() + SECONDS_BETWEEN_SAVES[0]

    def open(self, start: bool, is_restart: bool) -> None:
        """Say what was loaded, keep the very first state, and begin if that is wanted."""
        job = self.job
        self.channel.send(wire.encode({"kind": "ready", **job.describe()}))
        if is_restart:
            job.log("restart", f"the process ended; it went on from step {job.step}")
        job.mode = "training" if start and not job.trainer.is_finished else job.mode
        if job.step == 0 and not job.folder.snapshots():
            job.keep_snapshot()
            job.keep_weights()
        job.show_status()
        self._record_samples()

    def run(self) -> None:
        """Train, show, save, look and obey until told to leave. A step between any two questions: however many are
        asked, the run goes on."""
        job = self.job
        while True:
            message = self.channel.receive(0 if job.mode == "training" else self._patience())
            if message is not None:
                self._obey(message)
                if self._is_leaving:
                    return
            is_due = time.monotonic() >= self._next_point
            if job.mode == "training":
                is_due |= self._train(is_due)
            if is_due:
                self._show()

    def _patience(self) -> float | None:
        """How long a run that stands still may wait for a message, in seconds (None: for ever)."""
        return None if self.channel.is_clear and self.looking.is_satisfied else SECONDS_BETWEEN_POINTS

    def _train(self, is_point_due: bool) -> bool:
        """Train one step; says whether there is a point to show now."""
        job = self.job
        is_last = job.step + 1 == job.stop_at
        is_measured = job.advance(is_last or (is_point_due and self.channel.is_clear), self._statistics)
        if is_recorded(job.step) and job.mode != "diverged":
            self._record_samples()
        if is_last and job.mode == "training":
            job.stop_at = None
            job.set_mode("paused")
            job.save()
        elif time.monotonic() >= self._next_save:
            self._save()
        return is_measured

    def _statistics(self) -> dict[str, float]:
        """Return dead and saturated shares, once in a while (nothing in between)."""
        if not self._statistics_due.is_due:
            return {}
        with self._statistics_due.spend():
            return self.job.trainer.statistics()

    def _show(self) -> None:
        self._next_point = time.monotonic() + SECONDS_BETWEEN_POINTS
        self.channel.flush()
        if self.channel.is_clear:  # else the supervisor is slow: what is new goes with the next frame
            self.job.show_points()
            self.looking.look()

    def _save(self) -> None:
        shortest, longest = SECONDS_BETWEEN_SAVES
        cost = self.job.save()
        self._next_save = time.monotonic() + min(max(shortest, cost / SHARE_OF_SAVING), longest)

    def _record_samples(self) -> None:
        job = self.job
        if is_recorded(job.step) and not any(sample["step"] == job.step for sample in job.past.samples):
            with contextlib.suppress(ValueError):  # a broken model says nothing; its next step says what broke
                job.record_samples(job.trainer.sample(N_SAMPLES, SAMPLE_TOKENS, seed=job.step))

    def _obey(self, message: bytes) -> None:
        order, _ = wire.decode(message)
        do = order["do"]
        if do == "wants":
            self.looking.wants = order
        elif do == "leave":
            self._leave(order["save"])
        else:
            self.channel.send(self._answer(do, order))

    def _answer(self, do: str, order: wire.Header) -> bytes:
        reply = {"kind": "reply", "id": order["id"]}
        try:
            header, arrays = self._orders[do](self.job, order)
            self._record_samples()
            return wire.encode({**header, **reply, "ok": True}, arrays)
        except (ValueError, OSError) as error:
            return wire.encode({**reply, "ok": False, "error": _sentence(error)})
        except Gone:
            raise
        except Exception:
            if do not in QUESTIONS:
                raise  # nobody knows how far a command came: the last save is sound
            _log_fault(self.job.folder)
            sentence = "Something went wrong in answering this, and nothing was changed: see log.txt of the run."
            return wire.encode({**reply, "ok": False, "error": sentence})

    def _leave(self, save: bool) -> None:
        self._is_leaving = True
        self.job.show_points()
        if save:
            self.job.save()
        self.channel.send(wire.encode({"kind": "leaving"}))
        self.channel.drain()


def is_recorded(step: int) -> bool:
    """Say whether samples of this step are kept: 0, 10, 30, 100, 300, 1000, …"""
    return step == 0 or (step >= 10 and str(step).rstrip("0") in ("1", "3"))

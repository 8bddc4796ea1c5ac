from types import SimpleNamespace

import numpy as np
import pytest

from model.runs import wire
from model.runs.looking import SHARE_OF_PROBES, Looking
from model.runs.store import RunFolder
from model.runs.worker import QUESTIONS, Worker, _take, is_recorded
from tests.model.runs.conftest import trained_job


def test_samples_are_recorded_at_one_and_three_of_every_tenfold():
    assert [step for step in range(3001) if is_recorded(step)] == [0, 10, 30, 100, 300, 1000, 3000]


class Clock:
    """Time that passes only when somebody looks at the model."""

    now, looks = 0.0, 0

    def monotonic(self):
        return self.now

    process_time = monotonic

    def probe(self, taps):
        self.now, self.looks = self.now + 0.05, self.looks + 1
        return {}, {"x": np.zeros(1, np.float32)}


def test_looking_takes_no_more_than_its_share(monkeypatch):
    clock = Clock()
    monkeypatch.setattr("model.runs.allowance.time", clock)
    job = SimpleNamespace(step=0, trainer=clock, mode="training")
    looking = Looking(job, SimpleNamespace(send=lambda message: None))
    looking.wants = {"probe": True, "taps": []}
    while clock.now < 100:
        job.step += 1
        looking.look()
        clock.now += 0.01
    assert 0.8 * SHARE_OF_PROBES < clock.looks * 0.05 / clock.now < 1.1 * SHARE_OF_PROBES


def test_a_model_that_stands_still_is_looked_at_once(monkeypatch):
    clock = Clock()
    monkeypatch.setattr("model.runs.allowance.time", clock)
    looking = Looking(SimpleNamespace(step=3, trainer=clock, mode="paused"), SimpleNamespace(send=lambda message: None))
    looking.wants = {"probe": True, "taps": []}
    assert not looking.is_satisfied
    for _ in range(3):
        looking.look()
        clock.now += 0.01
    assert looking.is_satisfied
    assert clock.looks == 1


@pytest.fixture
def worker(tmp_path):
    """A worker of no run, whose every order fails as no order should; what it sends is kept in `sent`."""
    job = SimpleNamespace(folder=RunFolder(tmp_path), step=1, mode="paused", sent=[])
    worker = Worker(job, SimpleNamespace(send=lambda message: job.sent.append(wire.decode(message)[0])), {})
    worker._orders = dict.fromkeys(worker._orders, lambda job, order: {}["nothing"])
    return worker


@pytest.mark.parametrize("question", sorted(QUESTIONS))
def test_a_fault_in_a_question_is_logged_and_refused_and_the_run_goes_on(worker, question):
    worker._obey(wire.encode({"do": question, "id": 7}))
    (reply,) = worker.job.sent
    assert (reply["id"], reply["ok"]) == (7, False)
    assert reply["error"].endswith("log.txt of the run.")
    assert "KeyError: 'nothing'" in (worker.job.folder.path / "log.txt").read_text()


def test_a_fault_in_a_command_ends_the_run_for_nobody_knows_how_far_it_came(worker):
    assert set(worker._orders) - QUESTIONS >= {"start", "set", "undo", "edit"}
    with pytest.raises(KeyError):
        worker._obey(wire.encode({"do": "set", "id": 7}))


def test_faults_in_questions_do_not_fill_the_disk(worker, monkeypatch):
    monkeypatch.setattr("model.runs.worker.MAX_LOG", 1000)
    for number in range(20):
        worker._obey(wire.encode({"do": "look", "id": number}))
    assert 1000 <= (worker.job.folder.path / "log.txt").stat().st_size < 3000
    assert len(worker.job.sent) == 20


def test_a_full_disk_keeps_no_run_from_training(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("model.runs.worker.os.write", full)
    with (tmp_path / "lock").open("a+") as lock:
        _take(lock)


def test_a_tap_that_nobody_knows_takes_no_picture_away_from_the_others(tmp_path):
    job, sent = trained_job(tmp_path), []
    looking = Looking(job, SimpleNamespace(send=sent.append))
    known, unknown = ["blocks.0.attn.pattern/1", "tok_emb"], ["no such tap", "blocks.9.z", "blocks.0.attn.pattern/x"]
    looking.wants = {"probe": True, "taps": [*unknown, *known]}
    looking.look()
    header, arrays = wire.decode(sent[0])
    assert header["kind"] == "probe"
    assert set(known) <= arrays.keys()
    assert not set(unknown) & arrays.keys()


class Asked:
    """A channel on which questions never end; tells the worker to leave after `n` of them."""

    def __init__(self, n):
        self.is_clear, self.n = True, n

    def receive(self, timeout):
        self.n -= 1
        return wire.encode({"do": "leave", "save": False} if self.n < 0 else {"do": "look", "id": self.n})

    def send(self, message):
        pass

    flush = drain = lambda self: None


@pytest.mark.parametrize(("mode", "n_steps"), [("training", 10), ("paused", 0)])
def test_questions_without_end_do_not_keep_a_run_from_training(worker, monkeypatch, mode, n_steps):
    steps = []
    worker.job.mode, worker.job.show_points = mode, lambda: None
    worker.channel = worker.looking._channel = Asked(10)
    monkeypatch.setattr(worker, "_train", lambda is_due: steps.append(1) or False)
    worker.run()
    assert len(steps) == n_steps

"""Who follows a run: a trace at once while it stands still; while it trains, a bounded share of its worker's time."""

import time

import pytest

from model.runs import following
from model.runs.allowance import Allowance
from model.runs.following import Following


class FakeJob:
    mode, step = "training", 5


class Clock:
    """Time that passes when the test says so."""

    now = 0.0

    def monotonic(self):
        return self.now

    process_time = monotonic

    def trace(self, job, order):
        """A trace takes a while."""
        self.now += 0.02
        return {"step": job.step}, {}


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr("model.runs.allowance.time", clock)
    return clock


def test_a_trace_is_due_again_when_its_share_has_been_earned(clock, monkeypatch):
    monkeypatch.setattr(following, "SECONDS_BETWEEN_TRACES", 0.0)
    monkeypatch.setattr(following, "SHARE_OF_TRACES", 0.25)
    follow, job = Following(clock.trace), FakeJob()
    assert follow.answer(job, {}) == ({"step": 5}, {})
    wait = follow.answer(job, {})[0]["wait"]
    assert wait == pytest.approx(0.06)
    clock.now += wait
    assert "wait" not in follow.answer(job, {})[0]


def test_a_run_that_stands_still_answers_at_once(clock):
    follow, job = Following(clock.trace), FakeJob()
    job.mode = "paused"
    assert all("wait" not in follow.answer(job, {})[0] for _ in range(3))


def test_an_allowance_says_how_long_it_takes(clock):
    allowance = Allowance(0.5, 0.2)
    assert allowance.seconds_left == 0
    with allowance.spend():
        clock.now += 0.05
    assert allowance.seconds_left == pytest.approx(0.15)
    assert not allowance.is_due
    allowance.grant()
    assert allowance.is_due


def test_a_training_run_is_followed_step_by_step(host):
    run = host.create()
    host.until_step(run, 20)
    first = host.client.request("follow", run=run, tokens=[1, 2, 3, 4])[0]
    assert first["manifest"]["step"] == first["step"] >= 20
    answers, deadline = [first], time.monotonic() + 60
    while not any("wait" in each for each in answers) or "wait" in answers[-1]:
        assert time.monotonic() < deadline
        time.sleep(min(answers[-1].get("wait", 0), 0.2))
        answers.append(host.client.request("follow", run=run, tokens=[1, 2, 3, 4])[0])
    assert answers[-1]["manifest"]["step"] == answers[-1]["step"] > first["step"]
    host.do(run, "pause")
    assert "tokens must be ids" in host.refusal(run, "follow", tokens=[10**6, 1])

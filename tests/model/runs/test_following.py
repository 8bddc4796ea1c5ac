"""Who follows a run: a trace at once while it stands still; while it trains, a bounded share of its worker's time."""

import time

from model.runs import following
from model.runs.allowance import Allowance
from model.runs.following import Following


class FakeJob:
    mode, step = "training", 5


def busy(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def test_a_trace_is_due_again_when_its_share_has_been_earned(monkeypatch):
    monkeypatch.setattr(following, "SECONDS_BETWEEN_TRACES", 0.0)
    monkeypatch.setattr(following, "SHARE_OF_TRACES", 0.25)
    follow, job = Following(lambda job, order: busy(0.02) or ({"step": job.step}, {})), FakeJob()
    assert follow.answer(job, {}) == ({"step": 5}, {})
    wait = follow.answer(job, {})[0]["wait"]
    assert 0.02 < wait <= 0.08
    busy(wait)
    assert "wait" not in follow.answer(job, {})[0]


def test_a_run_that_stands_still_answers_at_once():
    follow, job = Following(lambda job, order: busy(0.02) or ({"step": job.step}, {})), FakeJob()
    job.mode = "paused"
    assert all("wait" not in follow.answer(job, {})[0] for _ in range(3))


def test_an_allowance_says_how_long_it_takes():
    allowance = Allowance(0.5, 0.2)
    assert allowance.seconds_left == 0
    with allowance.spend():
        pass
    assert 0.1 < allowance.seconds_left <= 0.2
    assert not allowance.is_due
    allowance.grant()
    assert allowance.is_due


def test_a_training_run_is_followed_step_by_step(host):
    run = host.create()
    host.until_step(run, 20)
    first = host.client.request("follow", run=run, tokens=[1, 2, 3, 4])[0]
    assert first["manifest"]["step"] == first["step"] >= 20
    assert host.client.request("follow", run=run, tokens=[1, 2, 3, 4])[0]["wait"] > 0
    answer, deadline = {"wait": 0}, time.monotonic() + 30
    while "wait" in answer and time.monotonic() < deadline:
        time.sleep(min(answer["wait"], 0.2))
        answer = host.client.request("follow", run=run, tokens=[1, 2, 3, 4])[0]
    assert answer["step"] > first["step"]
    host.do(run, "pause")
    assert "tokens must be ids" in host.refusal(run, "follow", tokens=[10**6, 1])

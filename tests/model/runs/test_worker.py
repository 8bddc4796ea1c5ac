from types import SimpleNamespace

import numpy as np

from model.runs.looking import SHARE_OF_PROBES, Looking
from model.runs.worker import is_recorded


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

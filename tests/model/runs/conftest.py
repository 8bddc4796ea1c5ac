import contextlib
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from model.config import RunConfig
from model.datasets import load_dataset
from model.runs import wire
from model.runs.client import Client, Refused
from model.runs.gallery import Gallery
from model.runs.launch import start_supervisor, stop_supervisor
from model.runs.looks import Looks
from model.runs.store import RunFolder
from model.training import Trainer

KEY = "k" * 32
TINY = RunConfig().replace(
    dataset="copy", n_layers=1, n_heads=2, d_model=8, d_mlp=8, block_size=16, batch_size=8, n_steps=100_000
)


class Watch:
    """A viewer that keeps what it is shown."""

    def __init__(self, client, run, **wants):
        self.frames, self._news = [], threading.Condition()
        self.subscription = client.subscribe(run, self._take, wants)

    def _take(self, frame):
        with self._news:
            self.frames.append(frame)
            self._news.notify_all()

    def headers(self, kind=None):
        headers = [wire.decode(frame)[0] for frame in list(self.frames)]
        return [header for header in headers if kind in (None, header["kind"])]

    def last_step(self):
        """The newest step whose loss was shown."""
        shown = [header["first_step"] for header in self.headers("points")]
        return shown[-1] if shown else self.headers("snapshot")[-1]["step"]

    def wait(self, is_it, seconds=60.0):
        """Wait for a frame's header that fits; frames that came earlier count too."""
        deadline, seen = time.monotonic() + seconds, 0
        with self._news:
            while True:
                for frame in self.frames[seen:]:
                    seen += 1
                    header, arrays = wire.decode(frame)
                    if is_it(header):
                        return header, arrays
                assert self._news.wait(deadline - time.monotonic()), [h["kind"] for h in self.headers()][-20:]

    def wait_state(self, state, seconds=60.0):
        return self.wait(lambda h: h["kind"] == "state" and h["state"] == state, seconds)[0]


class Owner:
    """A client with the owner's key and a few ways to wait."""

    def __init__(self, home):
        self.home, self.client, self.made = home, Client(home), []

    def create(self, start=True, text=None, **changes):
        self.made.append(self.client.create(TINY.replace(**changes), KEY, start=start, text=text))
        return self.made[-1]

    def pause_all(self):
        for run in self.made:
            with contextlib.suppress(Refused):
                self.do(run, "pause")
        self.made.clear()

    def do(self, run, command, **arguments):
        return self.client.command(run, KEY, command, timeout=60, **arguments)  # a busy machine needs patience

    def snapshot(self, run):
        return wire.decode(self.client.snapshot(run))

    def until(self, run, is_it, seconds=60.0):
        deadline = time.monotonic() + seconds
        while not is_it(header := self.client.request("describe", run=run)[0]):
            assert time.monotonic() < deadline, (header["state"], header["step"], header["sentence"])
            time.sleep(0.02)
        return header

    def until_step(self, run, step):
        return self.until(run, lambda header: header["step"] >= step)

    def until_saved(self, run, seconds=60.0):
        """Wait until the run's worker, which trains, has saved by itself once more."""
        path = self.home / "runs" / run / "state.safetensors"
        before, deadline = path.stat() if path.exists() else None, time.monotonic() + seconds
        while not path.exists() or (before and path.stat().st_mtime_ns == before.st_mtime_ns):
            assert time.monotonic() < deadline, "it does not save"
            time.sleep(0.02)

    def refusal(self, run, command, key=KEY, **arguments):
        with pytest.raises(Refused) as refused:
            self.client.request(command, run=run, key=key, timeout=60, **arguments)
        sentence = str(refused.value)
        assert "\n" not in sentence
        assert "Traceback" not in sentence
        return sentence

    def pid(self, run):
        return int((self.home / "runs" / run / "lock").read_text())


def unbroken_losses(n, **changes):
    """What the trainer gives without any process around it."""
    torch.set_num_threads(1)
    config = TINY.replace(**changes)
    trainer = Trainer(config, load_dataset(config.data))
    return np.array([trainer.train_step().loss for _ in range(n)], np.float32)


def trained_job(home, config=TINY):
    """What a look sees of a job: a trainer that has made 5 steps, and a gallery of steps 0 and 5."""
    dataset = load_dataset(config.data, home=home)
    trainer = Trainer(config, dataset)
    gallery = Gallery(RunFolder(home), trainer.config.model)
    gallery.keep(trainer.model, 0)
    for _ in range(5):
        trainer.train_step()
    gallery.keep(trainer.model, 5)
    return SimpleNamespace(trainer=trainer, dataset=dataset, gallery=gallery, step=5, mode="training")


def look(job, what, **order):
    return Looks().answer(job, {"what": what, **order})


@pytest.fixture
def job(tmp_path):
    return trained_job(tmp_path)


@pytest.fixture
def watch():
    watches = []

    def begin(client, run, **wants):
        watches.append(Watch(client, run, **wants))
        return watches[-1]

    yield begin
    for one in watches:
        one.subscription.close()


@pytest.fixture
def host(hosting):
    """A client with the owner's key; the runs it made stand still after the test."""
    yield hosting
    hosting.pause_all()


@pytest.fixture(scope="module")
def hosting(tmp_path_factory):
    """A supervisor for a module's tests."""
    home = tmp_path_factory.mktemp("home")
    process = start_supervisor(home)
    tester = Owner(home)
    yield tester
    tester.client.close()
    stop_supervisor(process)
    assert process.returncode == 0

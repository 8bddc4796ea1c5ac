from types import SimpleNamespace

import numpy as np
import pytest

from model.datasets import load_dataset
from model.runs.gallery import Gallery
from model.runs.looks import LOOKS, Looks
from model.runs.store import RunFolder
from model.training import Trainer
from tests.model.runs.conftest import TINY


@pytest.fixture
def job(tmp_path):
    """What a look sees of a job: a trainer that has made 5 steps, and a gallery of steps 0 and 5."""
    dataset = load_dataset(TINY.data, home=tmp_path)
    trainer = Trainer(TINY, dataset)
    gallery = Gallery(RunFolder(tmp_path), trainer.config.model)
    gallery.keep(trainer.model, 0)
    for _ in range(5):
        trainer.train_step()
    gallery.keep(trainer.model, 5)
    return SimpleNamespace(trainer=trainer, dataset=dataset, gallery=gallery, step=5, mode="training")


def test_a_look_back_sees_the_model_of_that_step(job):
    now, then, kept_now = (Looks().answer(job, {"what": "taps", "taps": ["logits"], **at})
                           for at in ({}, {"at": 0}, {"at": 5}))  # fmt: skip
    assert (now[0]["step"], now[0]["at"], then[0]["at"], now[0]["steps"]) == (5, 5, 0, [0, 5])
    np.testing.assert_array_equal(now[1]["logits"], kept_now[1]["logits"])
    assert not np.array_equal(now[1]["logits"], then[1]["logits"])


def test_who_goes_on_asking_waits_for_his_share_or_for_a_new_step(job):
    looks, order = Looks(), {"what": "taps", "taps": [], "live": True}
    assert "wait" not in looks.answer(job, order)[0]
    assert 0 < looks.answer(job, order)[0]["wait"] < 60
    job.mode = "paused"
    assert "wait" not in looks.answer(job, {**order, "since": 4})[0]
    assert looks.answer(job, {**order, "since": 5})[0]["wait"] > 0


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ({"what": "nonsense"}, "what must be one of"),
        ({"what": ["taps"]}, "what must be one of"),
        ({"what": "taps", "at": 3}, "at must be a step whose weights are kept, 0, 5; got 3"),
        ({"what": "taps", "at": True}, "at must be a step; got True"),
        ({"what": "taps", "taps": "logits"}, "taps must be a list of names"),
        ({"what": "taps", "taps": ["nothing"]}, "taps must name values"),
        ({"what": "taps", "tokens": [0, 99_999]}, "token"),
    ],
)
def test_a_question_without_sense_is_refused_in_a_sentence(job, order, words):
    with pytest.raises(ValueError, match=words):
        Looks().answer(job, order)


def test_every_look_leaves_the_run_as_it_is(job):
    before = {name: value.clone() for name, value in job.trainer.model.state_dict().items()}
    for what in LOOKS:
        Looks().answer(job, {"what": what, "at": 0})
        Looks().answer(job, {"what": what})
    assert all((before[name] == value).all() for name, value in job.trainer.model.state_dict().items())

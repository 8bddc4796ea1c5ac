import json

import numpy as np
import pytest

from model.runs.looks import LOOKS, Looks
from tests.model.runs.conftest import look


def test_a_look_back_sees_the_model_of_that_step(job):
    now, then, kept_now = (Looks().answer(job, {"what": "taps", "taps": ["logits"], **at})
                           for at in ({}, {"at": 0}, {"at": 5}))  # fmt: skip
    assert (now[0]["step"], now[0]["at"], then[0]["at"], now[0]["steps"]) == (5, 5, 0, [0, 5])
    np.testing.assert_array_equal(now[1]["logits"], kept_now[1]["logits"])
    assert not np.array_equal(now[1]["logits"], then[1]["logits"])


@pytest.mark.parametrize("what", sorted(LOOKS.keys() - {"table_film"}))
def test_every_picture_can_be_asked_how_it_was(job, what):
    then, kept_now, now = (look(job, what, **order) for order in ({"at": 0}, {"at": 5}, {}))
    assert (then[0].pop("at"), kept_now[0].pop("at"), now[0].pop("at")) == (0, 5, 5)
    assert everything(then) != everything(now)
    same = now[1].keys() & kept_now[1].keys()
    assert all(np.array_equal(now[1][name], kept_now[1][name], equal_nan=True) for name in same)


def everything(answer):
    header, arrays = answer
    return json.dumps(header), {name: array.tobytes() for name, array in arrays.items()}


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

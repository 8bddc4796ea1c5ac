"""Trying things: on a what-if fork only, exactly as a trace shows it, and exactly taken back."""

import numpy as np
import pytest
import safetensors.numpy

from model.runs.answers import Refused
from model.runs.store import RunFolder
from model.trace_names import traced as traced_name

TEXT = {"tokens": [1, 2, 3, 4, 5, 6, 7], "targets": [2, 3, 4, 5, 6, 7, 1], "weights": [1] * 7}
CELL = {"name": "blocks.0.mlp.w_in", "index": [3, 5]}


def weights_of(host, run):
    names = host.client.request("weights", run=run, names=[])[0]["known"]
    return host.client.request("weights", run=run, names=names)[1]


def assert_equal(some, others):
    for name, value in some.items():
        np.testing.assert_array_equal(value, others[name], err_msg=name)


@pytest.fixture(scope="module")
def run(hosting):
    run = hosting.create(start=False)
    hosting.do(run, "step", n=12)
    hosting.until(run, lambda h: h["state"] == "paused" and h["step"] == 12)
    return run


@pytest.fixture
def fork(host, run):
    return host.do(run, "fork", what_if=True)["run"]


def test_learning_a_text_makes_the_update_that_its_trace_shows(host, run, fork):
    traced, blobs = host.client.request("trace", run=fork, **TEXT)
    host.do(fork, "learn", **TEXT)
    for name, value in weights_of(host, fork).items():
        spec = traced["manifest"]["tensors"][f"new:{traced_name(name)}"]
        size = int(np.prod(spec["shape"]))
        shown = blobs[spec["blob"]].view(np.float32)[spec["offset"] : spec["offset"] + size].reshape(spec["shape"])
        np.testing.assert_allclose(value, shown, atol=1e-6, err_msg=name)


def test_learning_lowers_the_loss_of_the_text_and_leaves_the_run_alone(host, run, fork):
    before = weights_of(host, run)
    scored = host.client.request("score", run=run, **TEXT)[0]["loss"]
    header, arrays = host.client.request("learn", run=fork, key="k" * 32, **TEXT)
    assert header["loss_before"] == scored
    assert header["loss_after"] < header["loss_before"]
    assert arrays["before/token_loss"].mean() == pytest.approx(header["loss_before"])
    assert arrays["after/likeliest_probability"].shape == (7, 10)
    assert (header["step"], host.snapshot(fork)[0]["events"][-1]["kind"]) == (13, "learn")
    assert host.client.request("score", run=fork, **TEXT)[0]["loss"] == header["loss_after"]
    assert_equal(before, weights_of(host, run))
    assert host.client.request("score", run=run, **TEXT)[0]["loss"] == scored


def test_edits_stack_and_are_taken_back_bit_for_bit(host, run, fork):
    before = weights_of(host, fork)
    host.do(fork, "edit", **CELL, value=0.5, **TEXT)
    edited = weights_of(host, fork)
    assert edited["blocks.0.mlp.w_in"][3, 5] == 0.5
    assert host.do(fork, "edit", name="tok_emb.table", index=[2, 1], by=-0.1, **TEXT)["n_edits"] == 2
    assert host.do(fork, "unedit", **TEXT)["n_edits"] == 1
    assert_equal(edited, weights_of(host, fork))
    host.do(fork, "edit", **CELL, value=2, **TEXT)
    assert host.do(fork, "unedit", all=True, **TEXT)["n_edits"] == 0
    assert_equal(before, weights_of(host, fork))
    assert "no edit" in host.refusal(fork, "unedit")
    kinds = [event["kind"] for event in host.snapshot(fork)[0]["events"]]
    assert kinds == ["edit", "edit", "unedit", "edit", "unedit"]


def test_a_slider_that_is_dragged_is_one_edit(host, run, fork):
    before = weights_of(host, fork)
    for value in (0.1, 0.2, 0.3):
        header = host.do(fork, "edit", **CELL, value=value, go_on=True, **TEXT)
    assert header["n_edits"] == 1
    assert header["before"] == before["blocks.0.mlp.w_in"][3, 5]
    host.do(fork, "unedit", **TEXT)
    assert_equal(before, weights_of(host, fork))


def test_the_gradient_foretells_a_small_change_and_not_a_large_one(host, run, fork):
    small = host.do(fork, "edit", **CELL, by=1e-2, **TEXT)
    foretold = small["slope"] * (small["after"] - small["before"])
    assert small["loss_after"] - small["loss_before"] == pytest.approx(foretold, rel=0.05, abs=2e-6)
    large = host.do(fork, "edit", **CELL, value=50, **TEXT)
    foretold = large["slope"] * (large["after"] - large["before"])
    assert abs(large["loss_after"] - large["loss_before"] - foretold) > 0.05 * abs(foretold)


def test_edits_survive_their_process_and_can_still_be_taken_back(host, run, fork):
    before = weights_of(host, fork)
    host.do(fork, "edit", **CELL, value=0.5, **TEXT)
    other = host.do(fork, "fork", what_if=True)["run"]  # opened from disk, with the log
    assert host.do(other, "unedit", **TEXT)["n_edits"] == 0
    assert_equal(before, weights_of(host, other))


def test_learning_fixes_edits(host, run, fork):
    host.do(fork, "edit", **CELL, value=0.5, **TEXT)
    assert host.do(fork, "learn", **TEXT)["n_edits"] == 0
    assert "no edit" in host.refusal(fork, "unedit")


def test_a_run_of_its_own_is_never_tried_on(host, run, fork):
    for command in ("learn", "edit", "unedit"):
        assert "what-if" in host.refusal(run, command, **TEXT, **CELL, value=1)
        assert "another browser" in host.refusal(fork, command, key="other", **TEXT)
    host.do(fork, "adopt")
    assert "what-if" in host.refusal(fork, "learn", **TEXT)
    assert fork in [line.id for line in host.client.runs("k" * 32)]
    host.do(fork, "delete")


def test_an_adopted_fork_trains_on_from_what_it_learned(host, run, fork):
    host.do(fork, "learn", **TEXT)
    host.do(fork, "adopt")
    host.do(fork, "step", n=3)
    header = host.until(fork, lambda h: h["state"] == "paused" and h["step"] == 16)
    assert len(host.snapshot(fork)[1]["losses"]) == header["step"]
    host.do(fork, "delete")


def test_a_finished_run_can_still_be_tried_on(host):
    run = host.create(start=False, n_steps=3)
    host.do(run, "step", n=3)
    host.until(run, lambda h: h["state"] == "finished")
    fork = host.do(run, "fork", what_if=True)["run"]
    assert host.do(fork, "learn", **TEXT)["step"] == 4
    assert host.do(fork, "set", changes={"weight_decay": 0.2})["step"] == 4


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"value": 1e7}, "value must be"), ({"value": "1"}, "value must be"), ({"by": None}, "value must be"),
        ({"value": 1, "name": "x"}, "name must be a parameter"), ({"value": 1, "index": [3]}, "index must have 2"),
        ({"value": 1, "index": [3, -1]}, "index must lie"), ({"value": 1, "tokens": []}, "tokens must be"),
        ({"value": 1, "tokens": [10**6] * 7}, "tokens must be"),
    ],
)  # fmt: skip
def test_a_try_that_makes_no_sense_is_one_sentence_and_changes_nothing(host, run, fork, wrong, words):
    before = weights_of(host, fork)
    assert words in host.refusal(fork, "edit", **{**TEXT, **CELL, **wrong})
    assert_equal(before, weights_of(host, fork))
    assert host.snapshot(fork)[0]["events"] == []


def test_a_text_that_breaks_the_model_is_a_sentence_and_the_fork_stays(host):
    run = host.create(start=False, learning_rate=1e12, optimizer="sgd", grad_clip=0, schedule="constant")
    fork = host.do(run, "fork", what_if=True)["run"]
    step = sentence = 0
    while not sentence:
        try:
            step = host.do(fork, "learn", **TEXT)["step"]
        except Refused as refusal:
            sentence = str(refusal)
    assert "no longer finite" in sentence
    assert host.client.request("describe", run=fork)[0]["step"] == step
    assert all(np.isfinite(value).all() for value in weights_of(host, fork).values())


def test_the_state_on_disk_is_the_tried_one(host, run, fork):
    host.do(fork, "edit", **CELL, value=0.25, **TEXT)
    folder = RunFolder(host.home / "runs" / fork)
    saved = safetensors.numpy.load_file(folder.state_path)
    assert saved[f"model/{CELL['name']}"][3, 5] == 0.25

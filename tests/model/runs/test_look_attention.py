"""What the Attention page gets, against the tensors of the run's model."""

import numpy as np
import pytest
import torch

from model.operations import replay
from model.probing import look_closely
from model.records import Operation
from tests.model.runs.conftest import TINY, look, trained_job

TOKENS = [0, 5, 3, 9, 1, 5, 3]
KINDS = [{}, {"positions": "rope", "qk_norm": True}, {"positions": "alibi"}, {"norm": "rmsnorm", "qk_norm": True}]


def job_of(path, **changes):
    return trained_job(path, TINY.replace(n_layers=2, n_heads=2, d_model=8, **changes))


@pytest.mark.parametrize("changes", KINDS)
def test_what_is_shown_of_a_head_are_the_tensors_of_the_model(tmp_path, changes):
    job = job_of(tmp_path, **changes)
    _, arrays = look(job, "attention", tokens=TOKENS, layer=1, head=1)
    names = [name for name in arrays if name.startswith("blocks.1.attn.")]
    row = np.array(TOKENS)
    seen = look_closely(job.trainer.model, row[:-1], row[1:], [*names, "blocks.0.attn.pattern"])
    assert {"blocks.1.attn.q", "blocks.1.attn.k", "blocks.1.attn.scores", "blocks.1.attn.pattern"} <= set(names)
    for name in names:
        np.testing.assert_array_equal(arrays[name], seen[name][1])
    shades = np.round(255 * np.stack([seen["blocks.0.attn.pattern"], seen["blocks.1.attn.pattern"]]))
    np.testing.assert_array_equal(arrays["patterns"], shades)
    np.testing.assert_array_equal(arrays["token_loss"], seen["token_loss"])
    np.testing.assert_allclose(arrays["blocks.1.attn.pattern"].sum(-1), 1, atol=1e-6)


@pytest.mark.parametrize("changes", KINDS)
def test_the_operations_of_the_chain_make_each_number_from_those_before(tmp_path, changes):
    job = job_of(tmp_path, **changes)
    header, _ = look(job, "attention", tokens=TOKENS, layer=1)
    both = [look(job, "attention", tokens=TOKENS, layer=1, head=head)[1] for head in (0, 1)]
    tensors = {name: np.stack([one[name] for one in both]) if axes[0] == "head" else both[0][name]
               for name, axes in header["axes"].items()}  # fmt: skip
    for listed in header["operations"]:
        operation = Operation(part="forward", block="blocks.1", **{**listed, "inputs": tuple(listed["inputs"])})
        np.testing.assert_allclose(replay(operation, tensors), tensors[operation.name], atol=1e-5)
    assert header["operations"][-1]["name"] == "blocks.1.attn.pattern"


def test_the_history_has_every_kept_step_and_is_looked_for_once(tmp_path):
    job = job_of(tmp_path)
    header, arrays = look(job, "head_scores")
    assert (header["history_steps"], header["missing"], arrays["history"].shape) == ([0, 5], 0, (2, 2, 2, 5))
    np.testing.assert_allclose(arrays["history"][1], arrays["scores"], atol=1e-6)
    then = look(job, "head_scores", at=0)[1]["scores"]
    np.testing.assert_array_equal(arrays["history"][0], then)
    job.gallery.model_at = None  # would fail if it were asked again
    assert look(job, "head_scores")[0]["history_steps"] == [0, 5]


def test_a_step_that_is_kept_anew_is_looked_at_anew(tmp_path):
    job = job_of(tmp_path)
    before = look(job, "head_scores")[1]["history"][1]
    with torch.no_grad():
        job.trainer.model.blocks[0].attn.w_q.mul_(50)
    job.gallery.keep(job.trainer.model, 5)
    assert (look(job, "head_scores")[1]["history"][1] != before).any()
    job.gallery.cut(0)
    assert look(job, "head_scores")[0]["history_steps"] == [0]


def test_no_time_left_says_how_many_steps_lack(tmp_path, monkeypatch):
    monkeypatch.setattr("model.runs.look_attention.SECONDS_OF_HISTORY", 0.0)
    job = job_of(tmp_path)
    header, arrays = look(job, "head_scores")
    assert (header["missing"], len(arrays["history"])) == (2, 0)


def test_effects_of_no_change_are_none_and_of_all_heads_off_some(tmp_path):
    job = job_of(tmp_path)
    header, arrays = look(job, "head_effects", tokens=TOKENS)
    np.testing.assert_array_equal(arrays["before/token_loss"], arrays["after/token_loss"])
    assert header["loss"]["before"] == pytest.approx(float(arrays["before/token_loss"].mean()))
    off, _ = look(job, "head_effects", tokens=TOKENS, off=[[0, 0], [0, 1], [1, 0], [1, 1]])
    assert off["loss"]["before"] == header["loss"]["before"] != off["loss"]["after"]


def test_a_patch_reads_the_second_text_as_the_first_one_is_read(tmp_path):
    job = job_of(tmp_path)
    tokens = job.dataset.tokenizer.encode("a n n a →")
    same, _ = look(job, "head_effects", tokens=tokens, patch=[[0, 0], [1, 1]], other="a n n a →")
    other, _ = look(job, "head_effects", tokens=tokens, patch=[[0, 0], [1, 1]], other="o t t o →")
    assert same["loss"]["before"] == same["loss"]["after"] != other["loss"]["after"]


@pytest.mark.parametrize(("order", "words"), [
    ({"patch": [[0, 0]]}, "Type a second text first"),
    ({"patch": [[0, 0]], "other": 3}, "Type a second text first"),
    ({"patch": [[0, 0]], "other": "😀"}, "text may hold"),
    ({"patch": [[0, 0]], "other": "a n n a"}, "as many tokens as the first, 6"),
    ({"off": [[7, 0]]}, "off must be a list"),
])  # fmt: skip
def test_a_trial_that_makes_no_sense_is_refused_in_a_sentence(tmp_path, order, words):
    with pytest.raises(ValueError, match=words):
        look(job_of(tmp_path), "head_effects", tokens=TOKENS, **order)


@pytest.mark.parametrize("order", [{"layer": 2}, {"head": -1}, {"head": "1"}, {"layer": True}])
def test_a_head_that_is_not_there_is_refused(tmp_path, order):
    with pytest.raises(ValueError, match="must be a whole number from 0 to 1"):
        look(job_of(tmp_path), "attention", **order)

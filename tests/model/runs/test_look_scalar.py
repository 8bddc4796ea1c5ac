"""What the scalar tabs of the Autograd page ask a run, against the tensors of the run's model."""

import math

import numpy as np
import pytest
import torch

from model.gradient_flow import measure_flow
from model.measure import batch_loss
from model.trace_capture import parameters_by_name
from tests.model.runs.conftest import look


def read_at(job, at):
    """The loss of the held-out row in the model of a kept step."""
    row = job.dataset.probe_text(job.trainer.config.model.block_size)
    with torch.no_grad():
        return batch_loss(job.gallery.model_at(at)(torch.from_numpy(row.tokens)), row).item()


@pytest.mark.parametrize("at", [0, 5])
def test_a_window_opens_the_iteration_of_the_step_that_is_asked_for(job, at):
    header, arrays = look(job, "window", at=at, tensor="loss", depth=3)
    assert header["at"] == at
    assert arrays["held"][-1] == pytest.approx(read_at(job, at), rel=1e-5)
    is_held = ~np.isnan(arrays["held"])
    np.testing.assert_allclose(arrays["values"][is_held], arrays["held"][is_held], rtol=1e-5, atol=1e-6)


def test_an_earlier_iteration_has_no_update_as_the_optimizers_memory_is_not_kept(job):
    now, then = look(job, "window")[0], look(job, "window", at=5)[0]
    roles = [{role for *_, role, _ in each["tensors"]} for each in (now, then)]
    assert roles == [{"value", "parameter", "gradient", "state", "update"}, {"value", "parameter", "gradient"}]
    order = {"tensor": "new:tok_emb.table", "index": [0, 0]}
    assert look(job, "window", **order)[0]["cell"] == ["new:tok_emb.table", [0, 0]]
    with pytest.raises(ValueError, match="tensor must name a tensor of this iteration"):
        look(job, "window", at=5, **order)


def test_a_window_says_how_large_each_nodes_tensor_and_its_gradient_are(job):
    header, arrays = look(job, "window", tensor="blocks.0.attn.z", index=[0, 1, 0])
    entries = [at for at, node in enumerate(header["nodes"]) if node["tensor"]]
    for what in ("", "_gradients"):
        held, largest = arrays[f"held{what}"][entries], arrays[f"largest{what}"][entries]
        assert np.nanmax(largest) > 0
        assert (np.isnan(held) | np.isinf(held) | (np.abs(held) <= largest)).all()
    row = job.dataset.probe_text(job.trainer.config.model.block_size)
    trace = job.trainer.trace(row.tokens[0].tolist(), row.targets[0].tolist(), row.weights[0].tolist())
    assert arrays["largest"][-1] == np.abs(trace.tensors["blocks.0.attn.z"].value).max()


def test_a_window_counts_the_scalars_behind_its_cell(job):
    logits = look(job, "window", tensor="logits", index=[0, 1])[0]
    assert 0 < logits["n_behind"] < logits["n_scalars"]
    assert look(job, "window", tensor="grad:logits", index=[0, 1])[0]["n_behind"] is None


def test_the_checked_slope_is_that_of_the_step_that_is_asked_for(job):
    then = look(job, "gradient_check", at=0)[0]
    assert then["weight"] == parameters_by_name(job.gallery.model_at(0))[then["name"]][tuple(then["index"])].item()
    now = look(job, "gradient_check", name=then["name"], index=then["index"])[0]
    assert now["weight"] != then["weight"]
    for each in (then, now):
        exact = each["measured"]["float64"]
        nearest = min(abs(quotient - exact["gradient"]) for quotient in exact["quotients"])
        assert nearest < 1e-7 * abs(exact["gradient"])


def test_the_flow_is_that_of_the_model_and_of_a_fresh_one(job):
    header, _ = look(job, "gradient_flow", at=0, fresh={"n_layers": 2})
    row = job.dataset.probe_text(job.trainer.config.model.block_size)
    assert header["own"]["loss"] == measure_flow(job.gallery.model_at(0), row).loss
    assert [place["tap"] for place in header["fresh"]["places"] if place["is_stream"]].count("blocks.1.resid_post") == 1


def test_broken_numbers_go_as_nothing_or_are_refused(job):
    with torch.no_grad():
        job.trainer.model.tok_emb.fill_(math.nan)
    assert look(job, "gradient_flow")[0]["own"]["loss"] is None
    with pytest.raises(ValueError, match="no longer finite"):
        look(job, "window")


@pytest.mark.parametrize(
    ("what", "order", "words"),
    [
        ("window", {"depth": 0}, "depth must be a whole number from 1 to 8; got 0"),
        ("window", {"terms": "3"}, "terms must be a whole number from 1 to 12; got '3'"),
        ("window", {"tensor": ["loss"]}, "tensor must name a tensor"),
        ("window", {"tensor": "logits", "index": [0]}, r"index must have 2 numbers.* shape \(12, 27\)"),
        ("window", {"tensor": "logits", "index": [0, -1]}, "index must lie within logits's shape"),
        ("window", {"at": 3}, "at must be a step whose weights are kept"),
        ("gradient_check", {"name": "nothing", "index": [0]}, "name must be a parameter of this model"),
        ("gradient_check", {"name": "tok_emb.table", "index": [0]}, "index must have 2 numbers, as tok_emb"),
        ("gradient_flow", {"fresh": [1]}, "fresh must be a set of settings"),
        ("gradient_flow", {"fresh": {"d_model": 4}}, "fresh may change has_residual"),
        ("gradient_flow", {"fresh": {"norm": "none of them"}}, "norm must be"),
    ],
)
def test_a_question_without_sense_is_refused_in_a_sentence(job, what, order, words):
    with pytest.raises(ValueError, match=words):
        look(job, what, **order)

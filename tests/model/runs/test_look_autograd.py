"""What the Autograd page asks of the graph behind the loss."""

import copy

import numpy as np
import pytest
import torch

from model import sizes
from model.autograd import iterate
from model.records import Batch
from model.runs import look_autograd
from tests.model.runs.conftest import TINY, look


def node_of(header, tap):
    return next(i for i, node in enumerate(header["graph"]["nodes"]) if tap in node["taps"])


def test_a_node_comes_whole_with_what_each_reader_contributes(job):
    header, sizes = look(job, "autograd")
    node = node_of(header, "blocks.0.resid_mid")
    chosen, arrays = look(job, "autograd", node=node)
    readers = [reader for source, reader, _ in header["graph"]["edges"] if source == node]
    assert chosen["node"] == node
    assert len(readers) > 1
    parts = [arrays[f"from {reader}"] for reader in readers]
    np.testing.assert_allclose(sum(parts), arrays["gradient"], rtol=1e-5, atol=1e-8)
    for name, listed in (("gradient", "gradients"), ("value", "values")):
        whole = arrays[name]
        expected = [np.linalg.norm(whole), whole.min(), whole.max()]
        np.testing.assert_allclose(sizes[listed][node], expected, rtol=1e-5)
    assert {each for each in arrays if each.startswith("from ")} == {f"from {reader}" for reader in readers}


def test_of_a_long_tensor_come_the_first_rows(job, monkeypatch):
    node = node_of(look(job, "autograd")[0], "blocks.0.resid_mid")
    whole = look(job, "autograd", node=node)[1]["value"]
    monkeypatch.setattr(look_autograd, "MAX_NUMBERS", 30)
    np.testing.assert_array_equal(look(job, "autograd", node=node)[1]["value"], whole[: 30 // whole.shape[1]])


@pytest.mark.parametrize("node", [-1, 10_000, 1.0, "3", True, [1]])
def test_a_node_that_is_not_there_is_refused(job, node):
    with pytest.raises(ValueError, match="node must be a"):
        look(job, "autograd", node=node)


def test_who_knows_the_graph_gets_its_numbers_alone(job):
    header, _ = look(job, "autograd")
    job.trainer.train_step()
    again, arrays = look(job, "autograd", known=header["digest"])
    assert "graph" not in again
    assert again["digest"] == header["digest"]
    assert arrays["values"].shape == (len(header["graph"]["nodes"]), 3)
    assert "graph" in look(job, "autograd", known=header["digest"], tokens=[1, 2, 3])[0], "a shorter text, other shapes"


def test_the_batch_is_the_one_that_the_next_step_learns_from(job):
    before = copy.deepcopy(job.trainer.draws.bit_generator.state)
    header, _ = look(job, "autograd", rows="batch")
    assert job.trainer.draws.bit_generator.state == before
    assert header["n_rows"] == TINY.train.batch_size
    drawn = job.dataset.draw(job.trainer.draws, TINY.train.batch_size, TINY.model.block_size)
    job.trainer.draws.bit_generator.state = before
    np.testing.assert_array_equal(header["tokens"], drawn.tokens[0])
    assert header["loss"] == pytest.approx(job.trainer.train_step().loss, rel=1e-5)


ROW_BYTES = sizes.iteration_bytes(TINY.model, 1, TINY.batch.n_tokens, is_fused=False)


@pytest.mark.parametrize(("budget", "n_rows"), [(1e9, 8), (3.5 * ROW_BYTES, 3), (1, 2)])
def test_of_the_next_batch_as_many_rows_go_through_as_fit_and_at_least_two(job, monkeypatch, budget, n_rows):
    monkeypatch.setattr(look_autograd, "MAX_BYTES", budget)
    header, _ = look(job, "autograd", rows="batch")
    assert (header["n_rows"], header["batch_size"]) == (n_rows, 8)
    drawn = vars(job.dataset.draw(job.trainer.draws, 8, TINY.model.block_size)).values()
    first = iterate(job.trainer.model, Batch(*(each[:n_rows] for each in drawn)))
    assert header["loss"] == pytest.approx(first.graph["loss"])


def test_more_rows_fit_where_attention_makes_no_maps(job, monkeypatch):
    monkeypatch.setattr(look_autograd, "MAX_BYTES", 3.5 * ROW_BYTES)
    assert look(job, "autograd", rows="batch", is_fused=True)[0]["n_rows"] > 3


def test_one_text_is_one_row(job):
    header, _ = look(job, "autograd")
    assert (header["n_rows"], header["batch_size"]) == (1, 1)


def test_a_broken_model_has_no_loss_to_say(job):
    with torch.no_grad():
        job.trainer.model.tok_emb.fill_(float("nan"))
    assert look(job, "autograd")[0]["loss"] is None

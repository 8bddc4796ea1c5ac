"""A running worker takes its next iteration apart when asked, and trains on as if nobody had."""

from types import SimpleNamespace

import numpy as np
import pytest

from model.config import RunConfig
from model.datasets import load_dataset
from model.runs import orders
from model.training import Trainer


def ask(host, run, **fields):
    return host.client.request("trace", run=run, timeout=60, **fields)


def test_a_worker_answers_with_the_manifest_and_its_bytes(host):
    run = host.create(start=False)
    header, blobs = ask(host, run)
    listed = header["manifest"]["blobs"]
    assert {name: blob.nbytes for name, blob in blobs.items()} == {name: spec["bytes"] for name, spec in listed.items()}
    assert {blob.dtype for blob in blobs.values()} == {np.dtype(np.uint8)}
    assert header["manifest"]["step"] == header["step"] == 0


def test_a_row_of_ones_own_is_read(host):
    run = host.create(start=False)
    row = {"tokens": [1, 2, 3], "targets": [2, 3, 1], "weights": [0, 0, 1]}
    header = ask(host, run, **row)[0]["manifest"]
    assert (header["tokens"], header["targets"]) == ([1, 2, 3], [2, 3, 1])


def test_tracing_a_run_that_trains_shows_its_present_step(host):
    run = host.create(n_layers=1)
    host.until_step(run, 5)
    steps = [ask(host, run)[0]["manifest"]["step"] for _ in range(3)]
    assert steps[0] >= 5
    assert steps == sorted(steps)


ROWS = [
    {"tokens": []}, {"tokens": [1]}, {"tokens": "ab"}, {"tokens": 3}, {"tokens": {"a": 1}}, {"tokens": [1, None]},
    {"tokens": [1, 2], "weights": 1}, {"tokens": [[1], [2]]}, {"tokens": [1, 2], "targets": "ab"},
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS)
def test_what_cannot_be_traced_is_refused_in_one_sentence(host, row):
    run = host.create(start=False)
    assert "must" in host.refusal(run, "trace", **row)


def test_an_iteration_too_large_for_a_message_is_refused_in_a_sentence(monkeypatch):
    config = RunConfig().replace(n_layers=1, n_heads=2, d_model=8, d_mlp=8)
    job = SimpleNamespace(trainer=Trainer(config, load_dataset(config.data)), step=0)
    monkeypatch.setattr(orders, "MAX_TRACE", 10_000)
    with pytest.raises(ValueError, match="shorter text, or a smaller model"):
        orders.trace(job, {})

"""What a look is at: which model, which row of tokens, and what that row says in words. Every look starts so."""

from typing import Any

from model.fields import shown
from model.records import Batch
from model.runs.job import Job
from model.runs.wire import Arrays, Header
from model.trace import one_row
from model.transformer import Transformer

Answer = tuple[Header, Arrays]


def model_of(job: Job, order: Header) -> tuple[Transformer, int]:
    """The model to look at and its step: as it is now, or as it was after step `at`."""
    at: Any = order.get("at")
    if at is None:
        return job.trainer.model, job.step
    if type(at) is not int:
        raise ValueError(f"at must be a step; got {shown(at)}")
    return job.gallery.model_at(at), at


def row_of(job: Job, order: Header) -> Batch:
    """The row to read: `tokens`, perhaps with `targets` and `weights`, else the run's fixed held-out row."""
    model = job.trainer.config.model
    if order.get("tokens") is None:
        return job.dataset.probe_text(model.block_size)
    return one_row(order["tokens"], order.get("targets"), order.get("weights"), model)


def described(job: Job, row: Batch) -> Header:
    """A row in words: its tokens, their `labels`, those of the `targets`, and which targets count."""
    labels = job.dataset.tokenizer.labels
    return {
        "tokens": row.tokens[0].tolist(), "labels": labels(row.tokens[0].tolist()),
        "targets": labels(row.targets[0].tolist()), "weights": row.weights[0].tolist(),
    }  # fmt: skip

"""Looks at tables of vectors: one now or at a kept step, or the same one at all kept steps, to see how it formed."""

from math import ceil

import numpy as np

from model.embedding_tables import Offer, offer_of, offered
from model.probing import Array, look_closely
from model.records import Batch
from model.runs.job import Job
from model.runs.looked_at import Answer, described, model_of, row_of
from model.runs.wire import Header
from model.transformer import Transformer

MAX_FILM_BYTES = 8_000_000  # of all frames together: what one answer may weigh on the way to a browser


def table(job: Job, order: Header) -> Answer:
    """The table that `table` names (n, d) float32, and what its rows stand for."""
    model, at = model_of(job, order)
    offer, row = _asked(job, order)
    return {"at": at, **_described(job, offer, row)}, {"table": _table(model, offer, row)}


def table_film(job: Job, order: Header) -> Answer:
    """The table that `table` names at every kept step and now, (F, n, d) float32, and these steps: `frames`.

    Evenly spaced ones, the first and the newest among them, where all would be too many bytes.
    """
    offer, row = _asked(job, order)
    now = _table(job.trainer.model, offer, row)
    kept = [step for step in job.gallery.steps if step != job.step]
    every = max(1, ceil((len(kept) + 1) * now.nbytes / MAX_FILM_BYTES))
    kept = kept[::every]
    frames = [_kept_table(job, step, offer, row) for step in kept]
    return {"frames": [*kept, job.step], **_described(job, offer, row)}, {"tables": np.stack([*frames, now])}


def _asked(job: Job, order: Header) -> tuple[Offer, Batch | None]:
    offer = offer_of(order.get("table", "tok_emb"), job.trainer.config.model)
    return offer, row_of(job, order) if offer.rows == "text" else None


def _described(job: Job, offer: Offer, row: Batch | None) -> Header:
    """What each row of the table stands for: its label and, where it is one, its token."""
    config, tokenizer = job.trainer.config.model, job.dataset.tokenizer
    if row is not None:
        rows = {"tokens": row.tokens[0].tolist(), "labels": described(job, row)["labels"]}
    elif offer.rows == "token":
        rows = {"tokens": list(range(config.vocab_size)), "labels": tokenizer.labels(range(config.vocab_size))}
    else:
        rows = {"tokens": None, "labels": [str(position) for position in range(config.block_size)]}
    return {"table": offer.name, "rows": offer.rows, "tables": [each._asdict() for each in offered(config)], **rows}


def _table(model: Transformer, offer: Offer, row: Batch | None) -> Array:
    """The table of this model as float32 (n, d), a copy."""
    if row is not None:
        value = look_closely(model, row.tokens[0], row.targets[0], [offer.name])[offer.name]
    else:
        is_fixed = offer.name == "pos_emb" and model.pos_emb is None
        value = getattr(model, "sinusoids" if is_fixed else offer.name).detach().numpy()
    return np.array(value, np.float32)


def _kept_table(job: Job, step: int, offer: Offer, row: Batch | None) -> Array:
    if row is None and offer.name in dict(job.trainer.model.named_parameters()):
        return job.gallery.parameter_at(step, offer.name)  # it alone is read: the rest of the weights is not needed
    return _table(job.gallery.model_at(step), offer, row)

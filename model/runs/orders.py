"""What can be asked of a worker between two steps: commands that change its run, and queries that only look.

Each is a function of the job and the order's header that returns the answer's header and arrays, or raises ValueError
with one sentence. Whatever joins later (traces, embeddings) is one more entry of ORDERS.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from model.fields import shown, whole_number
from model.runs import wire
from model.runs.job import Job
from model.runs.store import Card, RunFolder
from model.runs.tries import TRIES
from model.runs.wire import Arrays, Header
from model.trace_manifest import manifest

MAX_TEXTS, MAX_TOKENS = 16, 512  # of one request for samples
MAX_TRACE = wire.MAX_MESSAGE - 4_000_000  # bytes; what is left is for the manifest
Answer = tuple[Header, Arrays]


def start(job: Job, order: Header) -> Answer:
    """Train on until something stops it."""
    _refuse_if_finished(job)
    job.stop_at = None
    if job.mode != "training":
        job.set_mode("training")
    return {"state": job.mode, "step": job.step}, {}


def pause(job: Job, order: Header) -> Answer:
    """Stand still, saved."""
    if job.mode == "training":
        job.set_mode("paused")
        job.save()
    return {"state": job.mode, "step": job.step}, {}


def step(job: Job, order: Header) -> Answer:
    """Train `n` steps (1 … 100,000), then stand still."""
    _refuse_if_finished(job)
    n = _count(order, "n", 1, 100_000)
    job.stop_at = job.step + n
    job.set_mode("training")
    return {"state": job.mode, "step": job.step}, {}


def set_(job: Job, order: Header) -> Answer:
    """Change live settings: `changes` by name."""
    changes = order.get("changes")
    if not isinstance(changes, dict):
        raise ValueError("changes must be settings by name")
    job.change(job.trainer.set(**changes))
    return {"step": job.step, "config": job.trainer.config.to_dict()}, {}


def extend(job: Job, order: Header) -> Answer:
    """Let the run go on for `n` more steps than it had."""
    n = _count(order, "n", 1, 100_000)
    job.change(job.trainer.extend(job.trainer.config.train.n_steps + n))
    return {"step": job.step, "n_steps": job.trainer.config.train.n_steps}, {}


def reset(job: Job, order: Header) -> Answer:
    """Begin again with the same seed; a run that trains goes on training."""
    job.reset()
    return {"state": job.mode, "step": job.step}, {}


def undo(job: Job, order: Header) -> Answer:
    """Go back to the kept state of `step`."""
    job.undo(_count(order, "step", 0, 100_000))
    return {"state": job.mode, "step": job.step}, {}


def fork(job: Job, order: Header) -> Answer:
    """Save, and copy everything into another run's folder."""
    job.save()
    job.folder.copy_to(RunFolder(Path(order["path"])), Card(**order["card"]))
    return {"step": job.step}, {}


def sample(job: Job, order: Header) -> Answer:
    """Let the model write `n` texts of at most `max_tokens` tokens."""
    n, max_tokens = _count(order, "n", 1, MAX_TEXTS, 4), _count(order, "max_tokens", 1, MAX_TOKENS, 32)
    temperature, seed = order.get("temperature", 1.0), _count(order, "seed", 0, 2**31, 0)
    if not isinstance(temperature, int | float) or not 0 <= temperature <= 100:
        raise ValueError(f"temperature must be between 0 and 100; got {shown(temperature)}")
    texts = job.trainer.sample(n, max_tokens, temperature=float(temperature), seed=seed)
    return {"step": job.step, "texts": texts}, {}


def weights(job: Job, order: Header) -> Answer:
    """Return parameters by name, as they are now."""
    known = dict(job.trainer.model.named_parameters())
    names = _names(order, "names")
    for name in names:
        if name not in known:
            raise ValueError(f"names must be parameters of this model, such as {next(iter(known))}; got {shown(name)}")
    arrays = {name: known[name].detach().numpy().astype(np.float32) for name in names}
    return {"step": job.step, "known": list(known)}, arrays


def probe(job: Job, order: Header) -> Answer:
    """Send one sequence through the model with taps on: the fixed probe text, or `text`."""
    text = order.get("text")
    tokens = None if text is None else job.dataset.tokenizer.encode(str(text))
    return job.trainer.probe(_names(order, "taps"), tokens=tokens)


def trace(job: Job, order: Header) -> Answer:
    """Take the next iteration apart, on `tokens`, perhaps with `targets` and `weights`, or on the fixed probe text.

    Answers with the manifest, still without words, and its blobs as bytes.
    """
    header, blobs = manifest(job.trainer.trace(order.get("tokens"), order.get("targets"), order.get("weights")))
    n_bytes = sum(blob.nbytes for blob in blobs.values())
    if n_bytes > MAX_TRACE:
        n_mb, most = round(n_bytes / 1e6), round(MAX_TRACE / 1e6)
        raise ValueError(
            f"This iteration is too large to be shown: {n_mb} MB of numbers, where {most} MB may be. "
            "Try a shorter text, or a smaller model."
        )
    return {"step": job.step, "manifest": header}, dict(blobs)


ORDERS: dict[str, Callable[[Job, Header], Answer]] = {
    "start": start, "pause": pause, "step": step, "set": set_, "extend": extend, "reset": reset, "undo": undo,
    "fork": fork, "sample": sample, "weights": weights, "probe": probe,
    "trace": trace, **TRIES,
}  # fmt: skip


def _refuse_if_finished(job: Job) -> None:
    if job.trainer.is_finished:
        raise ValueError(f"All {job.step:,} steps are done: give the run more steps, or start it again from step 0.")


def _count(order: Header, name: str, low: int, high: int, default: int | None = None) -> int:
    return whole_number(name, order.get(name, default), low, high)


def _names(order: Header, name: str) -> list[str]:
    value = order.get(name, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"{name} must be a list of names")
    return value

"""The looks of the Attention page: every head's attention on a row, one head's whole chain, what heads do, what they
are good for."""

import time
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from model import heads
from model.ablation import compare, from_other_text, heads_of, rise_without_each, switching
from model.config import ModelConfig
from model.fields import whole_number
from model.measure import mean_loss
from model.records import Batch, finite
from model.runs.job import Job
from model.runs.looked_at import Answer, described, model_of, row_of
from model.runs.wire import Header
from model.trace import one_row
from model.trace_forward import forward_operations
from model.trace_names import axes_of
from model.transformer import Transformer
from model.typed import read_typed

SECONDS_OF_HISTORY = 0.03  # that one look may spend on earlier steps: training waits meanwhile
SHADES = 255


def attention(job: Job, order: Header) -> Answer:
    """`patterns`, uint8 (L, H, T, T): all attention, in as many shades as a picture has colours. Of head `head` in
    layer `layer`, exact and under their names in a trace: everything between q, k and the pattern. `entropy` of each
    head in nats, mean over the queries (L, H); `token_loss` (T,)."""
    model, at = model_of(job, order)
    row, config = row_of(job, order), model.config
    header = {"at": at, **described(job, row), "n_layers": config.n_layers, "n_heads": config.n_heads}
    if not config.n_layers:
        return header, {}
    layer = whole_number("layer", order.get("layer", 0), 0, config.n_layers - 1)
    head = whole_number("head", order.get("head", 0), 0, config.n_heads - 1)
    operations = _chain(config, row.tokens.shape[1], layer)
    names = {name for operation in operations for name in (operation["name"], *operation["inputs"])}
    seen, token_loss = _see(model, row, names)
    arrays = {"patterns": _shades(seen["patterns"]), "entropy": heads.entropy(seen["patterns"]).mean(dim=-1).numpy(),
              "token_loss": token_loss.numpy()}  # fmt: skip
    constants = _constants(model, layer, row.tokens.shape[1])
    arrays |= {name: _of_head(name, (seen | constants)[name], head) for name in names}
    axes = {name: axes_of(name) for name in names}
    return {**header, "layer": layer, "head": head, "operations": operations, "axes": axes}, arrays


@lru_cache(maxsize=16)
def _chain(config: ModelConfig, T: int, layer: int) -> list[dict[str, Any]]:
    """The operations between q, k and the pattern of one layer, as a trace lists them."""
    own = f"blocks.{layer}.attn."
    kept = ("q_norm", "k_norm", "q_rot", "k_rot", "scores", "masked_scores", "pattern")
    return [
        {"name": o.name, "kind": o.kind, "inputs": list(o.inputs), "settings": o.settings, "code": o.code}
        for o in forward_operations(config, T, 1) if o.name.removeprefix(own) in kept
    ]  # fmt: skip


@torch.no_grad()
def _see(model: Transformer, row: Batch, names: set[str]) -> tuple[dict[str, Tensor], Tensor]:
    """The values of these names, without their batch axis, `patterns` of all layers (L, H, T, T), and token_loss."""
    seen: dict[str, Tensor] = {}
    patterns: list[Tensor] = []

    def look(name: str, value: Tensor) -> Tensor:
        if name in names:
            seen[name] = value[0]
        if name.endswith(".attn.pattern"):
            patterns.append(value[0])
        return value

    with model.watch(look):
        logits = model(torch.from_numpy(row.tokens))[0]  # (T, V)
    loss = torch.nn.functional.cross_entropy(logits, torch.from_numpy(row.targets[0]), reduction="none")
    return seen | {"patterns": torch.stack(patterns)}, loss


def _constants(model: Transformer, layer: int, T: int) -> dict[str, Tensor]:
    """The model's own tables that scores are made with."""
    own = f"blocks.{layer}.attn."
    tables = {name.removeprefix(own): table for name, table in model.named_buffers() if name.startswith(own)}
    found = {name: tables[name][:T] for name in ("rope.cos", "rope.sin") if name in tables}
    return found | ({"alibi": tables["score_bias"][:, :T, :T]} if "score_bias" in tables else {})


def _of_head(name: str, value: Tensor, head: int) -> NDArray[np.float32]:
    """One head's part, where a value has heads."""
    return (value[head] if "head" in axes_of(name) else value).contiguous().numpy()


def _shades(patterns: Tensor) -> NDArray[np.uint8]:
    return (patterns.nan_to_num() * SHADES).round().to(torch.uint8).numpy()


def head_scores(job: Job, order: Header) -> Answer:
    """What heads do: `scores` (L, H, kind) and `names` with the score behind each, now or at step `at`; `history`
    (N, L, H, kind) at `history_steps`, as many of the kept steps as there was time for: `missing` counts the rest."""
    model, at = model_of(job, order)
    texts = heads.probes(job.dataset, model.config.block_size)
    scores = heads.head_scores(model, texts)
    known, missing = _history(job, texts)
    names = [[heads.name_of_head(head) for head in layer] for layer in scores]
    header = {
        "at": at, "kinds": heads.KINDS, "names": names, "history_steps": list(known), "missing": missing,
        "least_share": heads.LEAST_SHARE, "least_spread": heads.LEAST_SPREAD, "periods": texts.periods,
        "n_rows": len(texts.own),
    }  # fmt: skip
    past = np.stack(list(known.values())) if known else np.zeros((0, *scores.shape), np.float32)
    return header, {"scores": scores, "history": past}


def _history(job: Job, texts: heads.Probes) -> tuple[dict[int, NDArray[np.float32]], int]:
    """The scores at kept steps, made as long as there is time, and the number of those that still lack."""
    known: dict[int, NDArray[np.float32]] = {}
    started, steps = time.process_time(), job.gallery.steps
    for step in steps:
        is_time = time.process_time() - started < SECONDS_OF_HISTORY
        if is_time or job.gallery.has_noted(step, "head_scores"):
            known[step] = job.gallery.noted(step, "head_scores", lambda model: heads.head_scores(model, texts))
    return known, len(steps) - len(known)


def head_effects(job: Job, order: Header) -> Answer:
    """What heads are good for on this row: `rise`, by how much the loss rises without each (L, H). And the row read
    `before` and `after` the heads of `off` are switched off and those of `patch` write what they write on the text
    `other`."""
    model, at = model_of(job, order)
    row, config = row_of(job, order), model.config
    off, patch = (heads_of(order.get(name, []), config, name) for name in ("off", "patch"))
    given = from_other_text(model, row, _other(job, order), patch) if patch else {}
    found = compare(model, row, switching(off, given))
    losses = {when: finite(float(mean_loss(found[f"{when}/token_loss"], row))) for when in ("before", "after")}
    vocabulary = job.dataset.tokenizer.labels(range(job.dataset.vocab_size))
    header = {"at": at, **described(job, row), "loss": losses, "vocabulary": vocabulary}
    return header, {**found, "rise": rise_without_each(model, row)}


def _other(job: Job, order: Header) -> Batch:
    """The second text, read as the first one is."""
    text, config = order.get("other", ""), job.trainer.config.model
    if not isinstance(text, str) or not text.strip():
        raise ValueError("Type a second text first: the heads write what they write on it.")
    typed = read_typed(text, job.dataset, config.block_size)
    assert typed.tokens is not None
    return one_row(typed.tokens, None, None, config)


ATTENTION: dict[str, Any] = {"attention": attention, "head_scores": head_scores, "head_effects": head_effects}

"""What a head is good for: the model with some heads switched off, or with what they write taken from another text.

A head that is off writes zeros into its part of `z`: the same as if its columns of w_o were zero. Works through the
model's taps, on its step-by-step path; changes no weight. It does not know runs or screens.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from model.config import ModelConfig
from model.fields import shown
from model.records import Batch
from model.transformer import Tap, Transformer

Head = tuple[int, int]  # layer, head
N_SHOWN = 8  # tokens whose probabilities are compared at each position


def heads_of(listed: Any, config: ModelConfig, name: str) -> list[Head]:
    """A list of [layer, head] as it came from a browser. ValueError where this model has no such head."""
    is_listed = isinstance(listed, list) and all(
        isinstance(head, list) and len(head) == 2 and all(type(k) is int for k in head) for head in listed
    )
    if not is_listed or not all(0 <= i < config.n_layers and 0 <= h < config.n_heads for i, h in listed):
        raise ValueError(
            f"{name} must be a list of [layer, head] with layers below {config.n_layers} and heads below "
            f"{config.n_heads}; got {shown(listed)}"
        )
    return [(i, h) for i, h in listed]


def switching(off: Sequence[Head] = (), given: Mapping[Head, Tensor] | None = None) -> Tap:
    """A listener under which the heads of `off` write nothing, and those of `given` write what stands there, (T, D)."""
    given = given or {}

    def replace(name: str, value: Tensor) -> Tensor:
        if not name.endswith(".attn.z"):
            return value
        layer, z = int(name.split(".")[1]), value.clone()  # (B, H, T, D)
        for i, head in off:
            if i == layer:
                z[:, head] = 0
        for (i, head), written in given.items():
            if i == layer:
                z[:, head] = written
        return z

    return replace


@torch.no_grad()
def written_by(model: Transformer, tokens: NDArray[np.int64], heads: Sequence[Head]) -> dict[Head, Tensor]:
    """What these heads write when the model reads tokens (T,): their z, (T, D) each."""
    found: dict[Head, Tensor] = {}

    def look(name: str, value: Tensor) -> Tensor:
        if name.endswith(".attn.z"):
            layer = int(name.split(".")[1])
            found.update({(i, head): value[0, head].clone() for i, head in heads if i == layer})
        return value

    with model.watch(look):
        model(torch.from_numpy(tokens)[None])
    return found


def from_other_text(model: Transformer, row: Batch, other: Batch, heads: Sequence[Head]) -> dict[Head, Tensor]:
    """What these heads write on the `other` row. ValueError when it is not as long: position goes to position."""
    T, n = row.tokens.shape[1], other.tokens.shape[1]
    if n != T:
        raise ValueError(
            f"The second text must have as many tokens as the first, {T}, since each position takes over what the head "
            f"wrote at the same position; it has {n}."
        )
    return written_by(model, other.tokens[0], heads)


@torch.no_grad()
def compare(model: Transformer, row: Batch, tap: Tap) -> dict[str, NDArray[Any]]:
    """One row read as it is, and under `tap`: `before/…` and `after/…` with token_loss (nats), (T,), and the
    probability of those `ids`, (T, up to 8), that either holds for likely."""
    tokens, targets = torch.from_numpy(row.tokens), torch.from_numpy(row.targets[0])
    logits = []
    for listener in (switching(), tap):
        with model.watch(listener):
            logits.append(model(tokens)[0])  # (T, V)
    before, after = (each.softmax(dim=-1) for each in logits)
    ids = torch.maximum(before, after).topk(min(N_SHOWN, before.shape[-1])).indices  # (T, up to 8)
    found: dict[str, Tensor] = {"ids": ids.to(torch.int32)}
    for when, made, probs in (("before", logits[0], before), ("after", logits[1], after)):
        found[f"{when}/token_loss"] = F.cross_entropy(made, targets, reduction="none")
        found[f"{when}/probability"] = probs.gather(-1, ids)
    return {name: value.numpy() for name, value in found.items()}


def mean_loss(token_loss: NDArray[Any], row: Batch) -> float:
    """Mean (nats) over the targets that count, added up in float64: small changes are the subject."""
    weights = row.weights[0].astype(np.float64)
    return float((token_loss * weights).sum() / weights.sum())


@torch.no_grad()
def loss_without_each(model: Transformer, row: Batch) -> NDArray[np.float32]:
    """The row's loss (nats) when one head is switched off, for each head: (L, H). A layer's heads go as one batch."""
    config = model.config
    tokens = torch.from_numpy(row.tokens).expand(config.n_heads, -1)  # (H, T)
    targets = torch.from_numpy(row.targets).expand(config.n_heads, -1)  # (H, T)
    weights = torch.from_numpy(row.weights[0])
    each = torch.arange(config.n_heads)
    found = np.zeros((config.n_layers, config.n_heads), np.float32)
    for layer in range(config.n_layers):

        def remove(name: str, value: Tensor, its: str = f"blocks.{layer}.attn.z") -> Tensor:
            if name != its:
                return value
            z = value.clone()  # (H, H, T, D): in row h, head h is off
            z[each, each] = 0
            return z

        with model.watch(remove):
            logits = model(tokens)  # (H, T, V)
        loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none").view(config.n_heads, -1)
        found[layer] = ((loss * weights).sum(dim=-1) / weights.sum()).numpy()
    return found

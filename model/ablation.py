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
from model.measure import mean_loss
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


@torch.no_grad()
def rise_without_each(model: Transformer, row: Batch) -> NDArray[np.float32]:
    """By how much the row's loss (nats) rises when one head is switched off, for each head: (L, H). A layer's heads go
    as one batch, and with them the row as it is, so that a head without effect is one of exactly 0."""
    config = model.config
    n = config.n_heads
    tokens, targets = (torch.from_numpy(each).expand(n + 1, -1) for each in (row.tokens, row.targets))  # (H + 1, T)
    each = torch.arange(n)
    found = np.zeros((config.n_layers, n), np.float32)
    for layer in range(config.n_layers):

        def remove(name: str, value: Tensor, its: str = f"blocks.{layer}.attn.z") -> Tensor:
            if name != its:
                return value
            z = value.clone()  # (H + 1, H, T, D): in row h, head h is off; in the last none is
            z[each, each] = 0
            return z

        with model.watch(remove):
            logits = model(tokens)  # (H + 1, T, V)
        losses = mean_loss(F.cross_entropy(logits.mT, targets, reduction="none").numpy(), row)  # (H + 1)
        found[layer] = losses[:-1] - losses[-1]
    return found

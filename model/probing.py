"""Probing: one sequence seen step by step, for pictures of the running model. Changes nothing and draws nothing."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from model.datasets import Dataset
from model.fields import shown
from model.transformer import Transformer

Array = NDArray[Any]


def probe(
    model: Transformer, dataset: Dataset, taps: Sequence[str], tokens: Sequence[int] | None = None
) -> tuple[dict[str, Any], dict[str, Array]]:
    """A probe frame's header and arrays for the held-out row that is always the same, or for `tokens`, of which the
    first block_size + 1 count. Arrays: as `look_closely` gives them.

    ValueError for a tap that this model does not have, or for tokens that are too few or unknown.
    """
    config, tokenizer = model.config, dataset.tokenizer
    if tokens is None:
        row = dataset.probe_text(config.block_size)
        x, y, weights = row.tokens[0], row.targets[0], row.weights[0]
    else:
        x, y = _shifted(tokens, config.block_size, config.vocab_size)
        weights = np.ones(len(y), np.float32)
    header = {
        "text": tokenizer.decode(x.tolist()),
        "labels": tokenizer.labels(x.tolist()),
        "targets": tokenizer.labels(y.tolist()),
        "weights": weights.tolist(),  # 0 where a target does not count: in a task only the answer does
        "available": {"n_layers": config.n_layers, "n_heads": config.n_heads},
    }
    return header, look_closely(model, x, y, taps)


def _shifted(tokens: Sequence[int], block_size: int, vocab_size: int) -> tuple[Array, Array]:
    """tokens → inputs and targets, (T,) each."""
    window = tokens[: block_size + 1]
    if len(window) < 2 or not all(0 <= token < vocab_size for token in window):
        raise ValueError(f"tokens must be at least 2 ids below {vocab_size}; got {shown(list(tokens[:5]))}")
    return np.array(window[:-1], np.int64), np.array(window[1:], np.int64)


@torch.no_grad()
def look_closely(
    model: Transformer, tokens: NDArray[np.int64], targets: NDArray[np.int64], taps: Sequence[str]
) -> dict[str, Array]:
    """One sequence, tokens and targets (T,), seen step by step: `token_loss` (nats) and `token_probability` of each
    target, (T,) float32, and every tap asked for, without its batch axis. `blocks.0.attn.pattern/2` is head 2 alone.

    ValueError names a tap that this model does not have.
    """
    names = {tap.partition("/")[0] for tap in taps}
    seen: dict[str, Tensor] = {}

    def look(name: str, value: Tensor) -> Tensor:
        if name in names:
            seen[name] = value if name == "pos_emb" else value[0]
        return value

    with model.watch(look):
        logits = model(torch.from_numpy(tokens)[None])[0]  # (T, V)
    loss = F.cross_entropy(logits, torch.from_numpy(targets), reduction="none")  # (T,)
    found = {"token_loss": loss, "token_probability": (-loss).exp()}
    return {name: value.numpy() for name, value in (found | {tap: _tapped(seen, tap) for tap in taps}).items()}


def _tapped(seen: dict[str, Tensor], tap: str) -> Tensor:
    name, _, head = tap.partition("/")
    if name not in seen or (head and not (head.isdecimal() and seen[name].dim() == 3 and int(head) < len(seen[name]))):
        raise ValueError(f"taps must name values of this model, such as blocks.0.attn.pattern/0; got {shown(tap)}")
    return (seen[name][int(head)] if head else seen[name]).contiguous()

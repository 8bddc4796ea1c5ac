"""What is measured of a run: columns of a point, loss and accuracy, the size of an update, dead and saturated units.

Nothing here changes a model or draws a random number, so a run that is measured equals one that is not.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from model.activations import ACTIVATIONS
from model.config import ModelConfig
from model.flat import FlatParameters
from model.records import Batch
from model.transformer import Transformer

FLAT_SLOPE = 0.05  # a hidden value counts as flat when less than a twentieth of its gradient passes (tanh: |y| > 0.975)
N_PROBE_ROWS = 8

_SCALARS = [
    "step", "loss", "loss_mean", "val_loss", "val_accuracy", "train_accuracy", "learning_rate", "grad_norm",
    "update_ratio", "tokens_per_second", "seconds",
]  # fmt: skip


def group_of(parameter: str) -> str:
    """The group a parameter is counted in: `blocks.0.attn.w_q` → `blocks.0.attn`, `norm_final.gain` → `norm_final`."""
    parts = parameter.split(".")
    if parts[0] != "blocks":
        return parts[0]
    return ".".join(parts[:2]) + (".norms" if parts[2].startswith("norm") else f".{parts[2]}")


def groups_of(model: nn.Module) -> list[str]:
    """All groups of a model's parameters, from the embeddings to the unembedding."""
    groups = dict.fromkeys(group_of(name) for name, _ in model.named_parameters())
    rank = {"tok_emb": 0, "pos_emb": 1, "norm_emb": 2, "norm_final": 4, "unembed": 5}
    return sorted(groups, key=lambda group: rank.get(group, 3))


def columns_of(model: Transformer) -> list[str]:
    """Names of a point's columns: numbers of the whole run, then by parameter group, then by layer."""
    layers = range(model.config.n_layers if model.config.has_mlp else 0)
    grouped = [f"{what}/{group}" for what in ("grad_norm", "update_ratio") for group in groups_of(model)]
    return _SCALARS + grouped + [f"{what}/{i}" for what in ("dead", "saturated") for i in layers]


def n_counted(batch: Batch) -> float:
    """How many targets of the batch count."""
    return float(batch.weights.sum())


def batch_loss(logits: Tensor, batch: Batch) -> Tensor:
    """Mean cross-entropy (nats) of the targets that count, in float32 at least; logits (B, T, V) → scalar."""
    flat = logits.to(torch.promote_types(logits.dtype, torch.float32)).flatten(0, 1)  # (B * T, V)
    targets = torch.from_numpy(batch.targets).flatten()  # (B * T)
    if batch.weights.all():
        return F.cross_entropy(flat, targets)
    weights = torch.from_numpy(batch.weights).flatten()  # (B * T)
    return (F.cross_entropy(flat, targets, reduction="none") * weights).sum() / weights.sum()


def mean_loss(token_loss: NDArray[Any], batch: Batch) -> NDArray[np.float64]:
    """Means (nats) over the targets of a row that count, added up in float64 as small changes are the subject:
    token_loss (…, T) → (…)."""
    weights = batch.weights[0].astype(np.float64)
    return np.asarray((token_loss * weights).sum(axis=-1) / weights.sum())


def batch_accuracy(logits: Tensor, batch: Batch) -> float:
    """Share of the targets that count which the most likely token gets right; logits (B, T, V)."""
    is_right = logits.argmax(dim=-1).numpy() == batch.targets  # (B, T)
    return float((is_right * batch.weights).sum()) / n_counted(batch)


@torch.no_grad()
def evaluate(model: Transformer, batches: Sequence[Batch]) -> tuple[float, float]:
    """Loss (nats) and accuracy over all targets of `batches` that count, in float32."""
    was_training, total = model.training, sum(map(n_counted, batches))
    model.eval()
    loss = accuracy = 0.0
    for batch in batches:
        logits = model(torch.from_numpy(batch.tokens))  # (B, T, V)
        share = n_counted(batch) / total
        loss += batch_loss(logits, batch).item() * share
        accuracy += batch_accuracy(logits, batch) * share
    model.train(was_training)
    return loss, accuracy


def gradient_row(flat: FlatParameters) -> dict[str, float]:
    """Norm of the gradient, of each group and in total."""
    norms = flat.group_norms(flat.grads, group_of)
    return {"grad_norm": math.hypot(*norms.values())} | {f"grad_norm/{group}": norm for group, norm in norms.items()}


def update_row(flat: FlatParameters, before: Tensor) -> dict[str, float]:
    """How far the weights moved from `before` (flat) as a share of their size, for each group and in total."""
    moved, size = flat.group_norms(flat.values - before, group_of), flat.group_norms(before, group_of)
    ratios = {f"update_ratio/{group}": moved[group] / size[group] for group in moved if size[group]}
    return {"update_ratio": math.hypot(*moved.values()) / math.hypot(*size.values())} | ratios


def _slope(values: Tensor, config: ModelConfig) -> Tensor:
    """Derivative of the activation at each of `values`."""
    activation = F.silu if config.activation == "swiglu" else ACTIVATIONS[config.activation]
    with torch.enable_grad():
        x = values.detach().requires_grad_()
        return torch.autograd.grad(activation(x).sum(), x)[0]


def statistics(model: Transformer, tokens: NDArray[np.int64]) -> dict[str, float]:
    """Per layer, on tokens (B, T): `dead/i`, the share of hidden units that are flat at every position, and
    `saturated/i`, the share of all hidden values that are flat (see FLAT_SLOPE). SwiGLU: of its gates."""
    config, bent = model.config, "mlp_gate" if model.config.activation == "swiglu" else "mlp_pre"
    found: dict[str, float] = {}

    def look(name: str, value: Tensor) -> Tensor:
        if name.endswith(f".{bent}"):
            layer = name.split(".")[1]
            is_flat = _slope(value, config).abs() < FLAT_SLOPE  # (B, T, d_mlp)
            found[f"dead/{layer}"] = is_flat.flatten(0, 1).all(dim=0).float().mean().item()
            found[f"saturated/{layer}"] = is_flat.float().mean().item()
        return value

    with torch.no_grad(), model.watch(look):
        model(torch.from_numpy(tokens))
    return found

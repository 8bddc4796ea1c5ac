"""How large values and gradients are on their way through the layers: where they vanish, and where they explode.

Forward the size of the residual stream after every part of the model, backward the norm of the loss's gradient at the
same places, and of the gradient of each layer's weights. Of a given model, or of a fresh one that differs in a few
settings and has not learned anything.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from model.config import ModelConfig
from model.fields import shown
from model.measure import batch_loss, group_of
from model.records import Batch, finite
from model.trace_capture import parameters_by_name
from model.transformer import Transformer

TOGGLES = ("has_residual", "norm", "init_scale", "activation", "n_layers")
STREAM = ("resid_pre", "resid_mid", "resid_post", "norm_final", "logits")
PARTS = ("attn_out", "mlp_out")


@dataclass(frozen=True)
class Place:
    """One value on the way: its tap, how deep it stands (0: the embedding, 1: behind the first block), whether it is
    the stream itself or what a part adds to it; `size`, the root mean square of its numbers; `gradient`, the norm of
    the loss's derivative by it. None where a number is not finite."""

    tap: str
    depth: float
    is_stream: bool
    size: float | None
    gradient: float | None


@dataclass(frozen=True)
class Flow:
    """All places in the order of the forward pass, and the gradient norm of each group of weights."""

    places: list[Place]
    weights: dict[str, float | None]
    loss: float | None


def fresh_config(config: ModelConfig, changes: Mapping[str, Any]) -> ModelConfig:
    """The configuration with other toggles. ValueError, a sentence, for a setting that is none or cannot be."""
    unknown = [name for name in changes if name not in TOGGLES]
    if unknown:
        raise ValueError(f"fresh may change {', '.join(TOGGLES)}; got {shown(unknown[0])}")
    return replace(config, **changes)


def measure_flow(model: Transformer, batch: Batch) -> Flow:
    """One forward and one backward pass of a row; the model and its gradients stay as they are."""
    seen: dict[str, Tensor] = {}

    def look(name: str, value: Tensor) -> Tensor:
        if _is_shown(name):
            seen[name] = value = value.view_as(value)  # a node of its own: what is read here is all that comes back
        return value

    with torch.enable_grad(), model.watch(look):
        loss = batch_loss(model(torch.from_numpy(batch.tokens)), batch)
        parameters = parameters_by_name(model)
        found = torch.autograd.grad(loss, [*seen.values(), *parameters.values()])
    flows = zip(seen.items(), found[: len(seen)], strict=True)
    places = [_place(name, value, gradient, model.config) for (name, value), gradient in flows]
    return Flow(places, _by_group(dict(zip(parameters, found[len(seen) :], strict=True))), finite(loss.item()))


def _is_shown(name: str) -> bool:
    own = name.rpartition(".")[2]
    return own in PARTS or (own in STREAM and (own != "resid_pre" or name == "blocks.0.resid_pre"))


def _place(name: str, value: Tensor, gradient: Tensor, config: ModelConfig) -> Place:
    own = name.rpartition(".")[2]
    layer = int(name.split(".")[1]) if name.startswith("blocks.") else config.n_layers
    within = {"resid_pre": 0.0, "attn_out": 0.25, "resid_mid": 0.5, "mlp_out": 0.75, "resid_post": 1.0}
    depth = layer + within.get(own, 0.5 if own == "norm_final" else 1.0)
    size = float(value.detach().square().mean().sqrt())
    return Place(name, depth, own in STREAM, finite(size), finite(float(gradient.norm())))


def _by_group(gradients: Mapping[str, Tensor]) -> dict[str, float | None]:
    squares: dict[str, float] = {}
    for name, gradient in gradients.items():
        group = group_of(name)
        squares[group] = squares.get(group, 0.0) + float(gradient.square().sum())
    return {group: finite(math.sqrt(total)) for group, total in squares.items()}

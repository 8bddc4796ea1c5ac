"""When training breaks: notice it, name the tensor that broke first, say what would probably have helped.

Diverged means a value that is not finite, or a mean loss of 20 steps above 1.5 × ln(vocab_size) and above twice the
best such mean. A loss is healthy while it alone crosses neither of these two lines.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor

from model.config import TrainConfig
from model.measure import batch_loss
from model.records import Batch
from model.transformer import Transformer

WINDOW = 20  # steps
# Peaks that train our small models well; nobody is advised to go above them.
USUAL_RATE = {"sgd": 0.3, "momentum": 0.1, "rmsprop": 1e-3, "adam": 3e-3, "adamw": 3e-3, "muon": 0.02}


@dataclass(frozen=True)
class Divergence:
    """What broke: the tensor's name, the update (1 …) in which it did, a sentence, and likely cures.

    A cure is {"text": words, "changes": settings to change}.
    """

    tensor: str
    step: int
    sentence: str
    cures: tuple[dict[str, Any], ...]


class Diverged(Exception):  # noqa: N818  # the state of a run, not a fault of the program
    """Training broke; the trainer stands at its last good state again."""

    def __init__(self, divergence: Divergence) -> None:
        super().__init__(divergence.sentence)
        self.divergence = divergence

    @property
    def tensor(self) -> str:
        """Name of the first tensor that broke."""
        return self.divergence.tensor

    @property
    def step(self) -> int:
        """The update (1 …) in which it broke."""
        return self.divergence.step

    @property
    def cures(self) -> tuple[dict[str, Any], ...]:
        """Likely cures, the likeliest first."""
        return self.divergence.cures


class LossWatch:
    """Remembers the last losses and the best mean of 20, and says when the loss has left for good."""

    def __init__(self, vocab_size: int, losses: Sequence[float] = (), best: float = math.inf) -> None:
        self.line = 1.5 * math.log(vocab_size)
        self.losses = list(losses)
        self.best = best

    @property
    def mean(self) -> float:
        """Mean of the remembered losses (nats); there must be one."""
        return sum(self.losses) / len(self.losses)

    def is_healthy(self, loss: float) -> bool:
        """Whether this loss (nats) alone is finite and on the right side of the lines. The first one always is."""
        return math.isfinite(loss) and loss <= max(self.line, 2 * self.best)

    def has_diverged(self, loss: float) -> bool:
        """Add the loss of a step; True when the mean of the last 20 has crossed both lines."""
        if not self.losses:
            self.best = loss  # until there is a mean, guessing is the best so far
        self.losses = [*self.losses[1 - WINDOW :], loss]
        if len(self.losses) < WINDOW:
            return False
        self.best = min(self.best, self.mean)
        return self.mean > max(self.line, 2 * self.best)


def first_broken(model: Transformer, batch: Batch) -> str:
    """Name of the first value that is not finite when `batch` goes through step by step: a tap in the order of the
    forward pass, else `loss`, else a gradient (`grad:` and its tap or parameter) in the order of the backward pass.

    Empty when all are finite here, as may happen where training computes in another order or in bfloat16.
    """
    values: dict[str, Tensor] = {}
    broken: list[str] = []

    def look(name: str, value: Tensor) -> Tensor:
        if value.requires_grad:
            note = partial(_note_broken, broken, f"grad:{name}")
            value.register_hook(note)  # type: ignore[no-untyped-call]
        values[name] = value
        return value

    with model.watch(look):
        loss = batch_loss(model(torch.from_numpy(batch.tokens)), batch)
    # masked_scores hold −inf above the diagonal on purpose; what breaks in them shows in the pattern.
    forward = [name for name, value in values.items() if not name.endswith("masked_scores") and _is_broken(value)]
    if forward or _is_broken(loss):
        return [*forward, "loss"][0]
    loss.backward()  # type: ignore[no-untyped-call]
    parameters = [f"grad:{name}" for name, p in model.named_parameters() if p.grad is not None and _is_broken(p.grad)]
    model.zero_grad(set_to_none=True)
    return [*broken, *reversed(parameters), ""][0]


def _note_broken(broken: list[str], name: str, grad: Tensor) -> None:
    if _is_broken(grad):
        broken.append(name)


def _is_broken(value: Tensor) -> bool:
    return not bool(value.isfinite().all())


def likely_cures(config: TrainConfig, step: int) -> tuple[dict[str, Any], ...]:
    """Changes that usually help, the likeliest first: {"text", "changes"}."""
    usual = USUAL_RATE[config.optimizer]
    rate = float(f"{min(config.learning_rate / 10, usual):.3g}")
    cures: list[tuple[str, dict[str, Any]]] = [(f"Lower the learning rate to {rate:g}", {"learning_rate": rate})]
    if config.optimizer == "muon" and config.learning_rate_rest > usual:
        rest = float(f"{min(config.learning_rate_rest / 10, USUAL_RATE['adamw']):.3g}")
        cures.append((f"Lower the rate of what is not a hidden matrix to {rest:g}", {"learning_rate_rest": rest}))
    if config.grad_clip == 0 or config.grad_clip > 1:
        cures.append(("Clip gradients to a norm of 1", {"grad_clip": 1.0}))
    warmup_steps = min(100, config.n_steps // 2)
    if step <= warmup_steps and config.warmup_steps < warmup_steps:
        cures.append((f"Warm up over {warmup_steps} steps", {"warmup_steps": warmup_steps}))
    return tuple({"text": text, "changes": changes} for text, changes in cures)

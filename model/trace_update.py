"""The update, as operations: learning rate, norm of the gradient, clipping, what the optimizer remembers, new weights.

It is the run's own `optim.Update` that makes it, on a copy of the weights and of what the optimizer remembers. Every
tensor of a parameter carries its name: `clip:…`, `m:…` (from `m_before:…`), `v:…` (from `v_before:…`), for Muon
`ahead:…` and `orthogonal:…`, and `new:…`.
"""

import copy
from collections.abc import Mapping

import torch
from torch import Tensor

from model.config import TrainConfig
from model.flat import FlatParameters
from model.optim import Muon, Update, clip
from model.records import Operation
from model.trace_names import traced
from model.trace_optimizers import update_operations
from model.transformer import Transformer

Memory = Mapping[str, Tensor]  # by `<parameter>/<what>`, as optim.Update.tensors() gives it
Updated = dict[str, tuple[Tensor, str]]  # tensor and role, by name

SYMBOLS = {"exp_avg": "m", "momentum_buffer": "m", "exp_avg_sq": "v", "square_avg": "v"}


def trace_update(
    model: Transformer, gradients: Mapping[str, Tensor], train: TrainConfig, memory: Memory, step: int
) -> tuple[list[Operation], Updated]:
    """Update number `step` + 1 from `gradients` (by parameter, as a trace names it): its operations and its tensors."""
    flat = FlatParameters(copy.deepcopy(model))
    update = Update(flat, train)
    update.load(dict(memory))
    made: Updated = {}
    _listen(update, flat, made)

    for name, part in flat.whole.parts(flat.grads).items():
        part.copy_(gradients[traced(name)])
    grad_norm = torch.linalg.vector_norm(flat.grads)
    made["grad_norm"] = grad_norm, "update"
    clip(flat.grads, grad_norm.item(), train.grad_clip)
    if train.grad_clip:
        made |= {f"clip:{traced(n)}": (g.clone(), "update") for n, g in flat.whole.parts(flat.grads).items()}
    update.step(train, step + 1)
    after = update.tensors()
    for path, value in after.items():
        name, _, key = path.rpartition("/")
        if key in SYMBOLS:
            made[f"{SYMBOLS[key]}:{traced(name)}"] = value, "update"
            made[f"{SYMBOLS[key]}_before:{traced(name)}"] = memory.get(path, torch.zeros_like(value)), "state"
    made |= {f"new:{traced(n)}": (w, "update") for n, w in flat.whole.parts(flat.values).items()}

    for group in (group for optimizer in update.optimizers for group in optimizer.param_groups):
        made[group["rate"]] = torch.tensor(group["lr"]), "update"

    n_updates = next((int(value) for path, value in after.items() if path.endswith("/step")), 0)
    shapes = {traced(name): tuple(parameter.shape) for name, parameter in model.named_parameters()}
    return update_operations(train, shapes, step + 1, n_updates), made


def _listen(update: Update, flat: FlatParameters, made: Updated) -> None:
    names = {id(piece.parameter): traced(piece.name) for piece in flat.hidden}

    def hear(parameter: Tensor, what: str, value: Tensor) -> None:
        made[f"{what}:{names[id(parameter)]}"] = value, "update"

    for optimizer in update.optimizers:
        if isinstance(optimizer, Muon):
            optimizer.listener = hear

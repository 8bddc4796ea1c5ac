"""The optimizers and the learning-rate schedules. Knows `FlatParameters` and `TrainConfig`, neither model nor data.

The arithmetic is torch's own, fused into one call where torch can. Two classes are ours: Adam, because a small model
feels what torch's class does around that call, and Muon, because torch's orthogonalises one matrix at a time and a
small transformer has many matrices of few shapes.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch.optim import SGD, Optimizer, RMSprop

from model.config import TrainConfig
from model.flat import FlatParameters, Piece

Groups = list[dict[str, Any]]

EPS = 1e-8  # keeps a step finite where the gradient has always been zero: torch's own, for Adam and RMSProp
NEWTON_SCHULZ_STEPS = 5
# A quintic whose slope at zero is as steep as possible: after five rounds every singular value lies near 1.
NEWTON_SCHULZ_COEFFICIENTS = (3.4445, -4.7750, 2.0315)


def schedule_share(config: TrainConfig, step: int) -> float:
    """Share of the peak learning rate that update number `step` (1 … n_steps) uses.

    Rises linearly over `warmup_steps`, then falls along a cosine or a line to `final_learning_rate` at the last step;
    "constant" stays at the peak. Beyond the last step the final share holds.
    """
    if step < config.warmup_steps:
        return step / config.warmup_steps
    if config.schedule == "constant":
        return 1.0
    progress = min(1.0, (step - config.warmup_steps) / max(1, config.n_steps - config.warmup_steps))
    remaining = 1 - progress if config.schedule == "linear" else (1 + math.cos(math.pi * progress)) / 2
    return config.final_learning_rate + (1 - config.final_learning_rate) * remaining


def clip(grads: Tensor, norm: float, max_norm: float) -> None:
    """Scale gradients whose Euclidean norm is above `max_norm` (0: as large as they like) down to it."""
    if max_norm and norm > max_norm:
        grads.mul_(max_norm / (norm + 1e-6))


def orthogonalise(matrices: Tensor) -> Tensor:
    """The nearest (roughly) orthogonal matrix to each of a batch, in bfloat16: (n, rows, columns), rows <= columns.

    Newton–Schulz iteration of Keller Jordan's Muon: https://kellerjordan.github.io/posts/muon/
    """
    a, b, c = NEWTON_SCHULZ_COEFFICIENTS
    x = matrices.bfloat16()
    x = x / x.norm(dim=(1, 2), keepdim=True).clamp(min=1e-7)
    for _ in range(NEWTON_SCHULZ_STEPS):
        gram = x @ x.mT  # (n, rows, rows)
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x


class Adam:
    """Adam (Kingma & Ba, 2015) by torch's fused kernel; has `param_groups` and `state` as torch's optimizers do.

    `torch.optim.Adam` makes the same call and spends 1.7 % of the classroom model's step around it (profiler hooks,
    graph capture, sorting by device). Weight decay, which makes it AdamW, is `Update`'s.
    """

    def __init__(self, groups: Groups) -> None:
        self.param_groups = [{"lr": 0.0, "betas": (0.9, 0.999), **group} for group in groups]
        self.state: dict[Tensor, dict[str, Tensor]] = defaultdict(dict)

    def step(self) -> None:
        """One update of every parameter; each must have a gradient."""
        for group in self.param_groups:
            for p in group["params"]:
                state = self.state[p]
                if not state:
                    zeros = torch.zeros_like(p, requires_grad=False)
                    state |= {"step": torch.tensor(0.0), "exp_avg": zeros, "exp_avg_sq": zeros.clone()}
                state["step"] += 1
                beta1, beta2 = group["betas"]
                torch._fused_adam_(
                    [p], [p.grad], [state["exp_avg"]], [state["exp_avg_sq"]], [], [state["step"]], lr=group["lr"],
                    beta1=beta1, beta2=beta2, weight_decay=0.0, eps=EPS, amsgrad=False, maximize=False,
                )  # fmt: skip


class Muon(Optimizer):
    """Momentum whose step is orthogonalised: every direction of a matrix moves by the same amount.

    Takes (out, in) matrices only. A matrix and its transpose orthogonalise alike, so all matrices that share a shape,
    lying or standing, go through one batch. Decay is decoupled; the step grows with √(out / in) when out > in.
    """

    def __init__(self, params: Any, lr: float = 0.02, momentum: float = 0.95, weight_decay: float = 0.0) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})
        # Hears what a step makes on the way to the new weights: the parameter, "ahead" or "orthogonal", and the value.
        self.listener: Callable[[Tensor, str, Tensor], None] = unheard

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """One update of every matrix that has a gradient."""
        for group in self.param_groups:
            params = [p for p in group["params"] if p.grad is not None]
            grads = [p.grad for p in params]
            buffers = [self.state[p].setdefault("momentum_buffer", torch.zeros_like(p)) for p in params]
            torch._foreach_lerp_(buffers, grads, 1 - group["momentum"])
            ahead = torch._foreach_lerp(grads, buffers, group["momentum"])
            for p, value in zip(params, ahead, strict=True):
                self.listener(p, "ahead", value)
            torch._foreach_mul_(params, 1 - group["lr"] * group["weight_decay"])
            for indices in _same_shape(params):
                self._move([params[i] for i in indices], [ahead[i] for i in indices], group["lr"])

    def _move(self, params: list[Tensor], ahead: list[Tensor], rate: float) -> None:
        lying = torch.stack([a if a.size(0) <= a.size(1) else a.mT for a in ahead])  # (n, rows, columns)
        for p, direction in zip(params, orthogonalise(lying).float().unbind(), strict=True):
            is_standing = p.size(0) > p.size(1)
            orthogonal = direction.mT if is_standing else direction
            self.listener(p, "orthogonal", orthogonal)
            p.add_(orthogonal, alpha=-rate * step_scale(p))


def step_scale(matrix: Tensor) -> float:
    """What Muon's step of an (out, in) matrix is multiplied by: √(out / in) when out > in."""
    return math.sqrt(max(1.0, matrix.size(0) / matrix.size(1)))


def unheard(parameter: Tensor, name: str, value: Tensor) -> None:
    """What a listener is while nobody listens."""


def _same_shape(params: list[Tensor]) -> list[list[int]]:
    by_shape = defaultdict(list)
    for i, p in enumerate(params):
        by_shape[min(p.shape), max(p.shape)].append(i)
    return list(by_shape.values())


_BUILDERS: dict[str, Callable[[Groups], Optimizer | Adam]] = {
    "sgd": lambda groups: SGD(groups, lr=0.0, fused=True),
    "momentum": lambda groups: SGD(groups, lr=0.0, momentum=0.9, fused=True),
    "rmsprop": lambda groups: RMSprop(groups, lr=0.0, foreach=True),
    "adam": Adam,
    "adamw": Adam,
}


class Update:
    """The optimizers that together update every parameter: one, or for Muon two."""

    def __init__(self, flat: FlatParameters, config: TrainConfig) -> None:
        is_muon = config.optimizer == "muon"
        self._pieces = [*flat.hidden, flat.remainder] if is_muon else [flat.whole]
        self._decaying = flat.rest if is_muon else flat.matrices
        self._rate = "learning_rate_rest" if is_muon else "learning_rate"  # of all but Muon's matrices
        build = _BUILDERS["adamw" if is_muon else config.optimizer]
        group = {"params": [self._pieces[-1].parameter], "rate": self._rate}
        self.optimizers: list[Optimizer | Adam] = [build([group])]
        if is_muon and flat.hidden:
            self.optimizers.append(Muon([{"params": [p.parameter for p in flat.hidden], "rate": "learning_rate"}]))

    @torch.no_grad()
    def step(self, config: TrainConfig, step: int) -> None:
        """Make update number `step` (1 …) from the gradients, with the settings that hold now.

        RMSProp averages with `beta2`; `momentum` belongs to "momentum" and "muon".
        """
        share = schedule_share(config, step)
        self._decay(config, getattr(config, self._rate) * share)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = getattr(config, group["rate"]) * share
                if "betas" in group:
                    group["betas"] = (config.beta1, config.beta2)
                if "alpha" in group:
                    group["alpha"] = config.beta2
                if config.optimizer in ("momentum", "muon") and "momentum" in group:
                    group["momentum"] = config.momentum
                if isinstance(optimizer, Muon):
                    group["weight_decay"] = config.weight_decay
            optimizer.step()

    def _decay(self, config: TrainConfig, rate: float) -> None:
        """Weight decay of all matrices but Muon's, which decay there. Vectors never do: a gain has no reason to be 0.

        Adam, RMSProp and SGD add it to the gradient (L2); AdamW shrinks the weight itself. It is done here and not in
        torch's optimizers so that they may have all parameters in one tensor.
        """
        weights = self._decaying.parameter
        if config.optimizer in ("adamw", "muon"):
            weights.mul_(1 - rate * config.weight_decay)
        elif config.weight_decay:
            assert weights.grad is not None
            weights.grad.add_(weights, alpha=config.weight_decay)

    def tensors(self) -> dict[str, Tensor]:
        """What the optimizers remember, by `<parameter>/<what>`, e.g. `blocks.0.attn.w_q/exp_avg`: views, no copies.

        What belongs to no single parameter carries the name of its piece: `whole/step`.
        """
        found: dict[str, Tensor] = {}
        for piece, key, value in self._remembered():
            if value.numel() == piece.parameter.numel():
                found |= {f"{name}/{key}": part for name, part in piece.parts(value).items()}
            else:
                found[f"{piece.name}/{key}"] = value
        return found

    def memory(self) -> list[Tensor]:
        """The same tensors whole, in a fixed order: what to copy for going back."""
        return [value for _, _, value in self._remembered()]

    def load(self, tensors: dict[str, Tensor]) -> None:
        """Fill a fresh `Update` of the same optimizer with copies of what `tensors()` gave."""
        parts: dict[tuple[str, str], dict[str, Tensor]] = {}
        for path, value in tensors.items():
            name, key = path.rsplit("/", 1)
            piece = next(piece for piece in self._pieces if name == piece.name or name in piece.spans)
            state = next(o.state for o in self.optimizers if _updates(o, piece))[piece.parameter]
            if name in piece.spans:
                if key not in state:
                    state[key] = torch.zeros_like(piece.parameter, requires_grad=False)
                if (piece.name, key) not in parts:
                    parts[piece.name, key] = piece.parts(state[key])
                parts[piece.name, key][name].copy_(value)
            else:
                state[key] = value.clone()

    def _remembered(self) -> Iterator[tuple[Piece, str, Tensor]]:
        for piece in self._pieces:
            for optimizer in self.optimizers:
                for key, value in optimizer.state.get(piece.parameter, {}).items():
                    if isinstance(value, Tensor):
                        yield piece, key, value


def _updates(optimizer: Optimizer | Adam, piece: Piece) -> bool:
    return any(piece.parameter is p for group in optimizer.param_groups for p in group["params"])

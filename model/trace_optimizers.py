"""The update written down as operations: for each optimizer, how every parameter gets its new value.

It computes nothing; `model/trace_update.py` lets the run's own optimizer compute it. One function per optimizer, each
a recipe: what is remembered, from what, and the step. Every line of code has the names of the settings.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from model.config import TrainConfig
from model.records import Operation
from model.sizes import NEWTON_SCHULZ_STEPS
from model.trace_names import block_of, in_code

EPS = 1e-8  # torch's own, for Adam and RMSProp
NEWTON_SCHULZ_COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # as model/optim.py has them


@dataclass
class Parameter:
    """One parameter on its way to its new value. Collects the operations."""

    train: TrainConfig
    name: str
    shape: tuple[int, ...]
    gradient: str  # the name of its gradient, clipped where the run clips
    rate: str  # the name of its learning rate
    n_updates: int
    operations: list[Operation]

    @property
    def decay(self) -> float:
        """Only matrices decay: a gain or a bias has no reason to be small."""
        return self.train.weight_decay if len(self.shape) == 2 else 0.0

    def make(self, what: str, kind: str, roles: dict[str, str], code: str, **settings: Any) -> str:
        """Write down the operation that makes `what:parameter`; `roles` are its inputs by role.

        In `code`, {w}, {g}, {rate}, {m}, {v} and so on stand for the tensors. Returns the output's name.
        """
        name = f"{what}:{self.name}"
        known = {"w": self.name, "g": self.gradient, "rate": self.rate} | {
            symbol: f"{symbol}:{self.name}" for symbol in ("m", "v", "m_before", "v_before", "ahead", "orthogonal")
        }
        line = f"{in_code(name)} = {code}".format(**{symbol: in_code(own) for symbol, own in known.items()})
        settings = {**settings, "roles": list(roles)}
        inputs, block = tuple(roles.values()), block_of(self.name)
        self.operations.append(Operation(name, "update", kind, inputs, settings, line, block, self.name))
        return name

    def average(self, code: str, keep: float, add: float, decay: float = 0.0, what: str = "m", old: str = "") -> str:
        """What the optimizer remembers: keep × the old + add × the gradient (with weight decay, where it joins it)."""
        roles = {"old": old or f"m_before:{self.name}", "gradient": self.gradient}
        return self.make(what, "average", roles | self._decaying(decay), code, keep=keep, add=add, weight_decay=decay)

    def average_square(self, code: str, decay: float) -> str:
        """The running mean of the gradient's square: how large it usually is, entry by entry."""
        roles = {"old": f"v_before:{self.name}", "gradient": self.gradient} | self._decaying(decay)
        return self.make("v", "average_square", roles, code, keep=self.train.beta2, weight_decay=decay)

    def descend(self, kind: str, direction: dict[str, str], code: str, **settings: Any) -> None:
        """The new weight."""
        roles = {"weight": self.name, **direction, "learning_rate": self.rate}
        self.make("new", kind, roles, code, **settings)

    def _decaying(self, decay: float) -> dict[str, str]:
        return {"weight": self.name} if decay else {}


def _joined(p: Parameter) -> str:
    """Code for the gradient with weight decay added."""
    return "({g} + weight_decay * {w})" if p.decay else "{g}"


def _sgd(p: Parameter) -> None:
    """Downhill."""
    code = f"{{w}} - {{rate}} * {_joined(p)}"
    p.descend("sgd", {"gradient": p.gradient}, code, weight_decay=p.decay)


def _momentum(p: Parameter) -> None:
    """Downhill, with the speed of the steps before."""
    m = p.average(f"momentum * {{m_before}} + {_joined(p)}", p.train.momentum, 1.0, p.decay)
    p.descend("momentum", {"m": m}, "{w} - {rate} * {m}", weight_decay=p.decay)


def _rmsprop(p: Parameter) -> None:
    """Downhill, each entry by its gradient over how large that usually is."""
    v = p.average_square(f"beta2 * {{v_before}} + (1 - beta2) * {_joined(p)} ** 2", p.decay)
    code = f"{{w}} - {{rate}} * {_joined(p)} / ({{v}}.sqrt() + eps)"
    p.descend("rmsprop", {"gradient": p.gradient, "v": v}, code, eps=EPS, weight_decay=p.decay)


def _adam(p: Parameter, kind: str = "adam") -> None:
    """Downhill along the mean gradient over the root of its mean square; both means freed of their start at zero."""
    train, is_apart = p.train, kind == "adamw"
    joined, decay = ("{g}", 0.0) if is_apart else (_joined(p), p.decay)
    m = p.average(f"beta1 * {{m_before}} + (1 - beta1) * {joined}", train.beta1, 1 - train.beta1, decay)
    v = p.average_square(f"beta2 * {{v_before}} + (1 - beta2) * {joined} ** 2", decay)
    weight = "{w} * (1 - {rate} * weight_decay)" if is_apart and p.decay else "{w}"
    code = (
        f"{weight} - {{rate}} * ({{m}} / (1 - beta1**n_updates)) "
        "/ (({v} / (1 - beta2**n_updates)).sqrt() + eps)"
    )  # fmt: skip
    settings = {"beta1": train.beta1, "beta2": train.beta2, "eps": EPS, "n_updates": p.n_updates}
    p.descend(kind, {"m": m, "v": v}, code, **settings, weight_decay=p.decay)


def _adamw(p: Parameter) -> None:
    """Adam, but weight decay shrinks the weight itself and leaves the means alone."""
    _adam(p, "adamw")


def _muon(p: Parameter) -> None:
    """Momentum, looked ahead, and made orthogonal: every direction of the matrix moves by the same amount."""
    momentum, (rows, columns) = p.train.momentum, p.shape
    m = p.average("momentum * {m_before} + (1 - momentum) * {g}", momentum, 1 - momentum)
    ahead = p.average("momentum * {m} + (1 - momentum) * {g}", momentum, 1 - momentum, what="ahead", old=m)
    settings = {"coefficients": list(NEWTON_SCHULZ_COEFFICIENTS), "n_rounds": NEWTON_SCHULZ_STEPS}
    lying = "orthogonalise({ahead}[None])[0].float()"
    standing = "orthogonalise({ahead}.mT[None])[0].float().mT"
    code = standing if rows > columns else lying
    orthogonal = p.make("orthogonal", "newton_schulz", {"matrix": ahead}, code, **settings)
    weight = "{w} * (1 - {rate} * weight_decay)" if p.decay else "{w}"
    step = f"{{rate}} * math.sqrt({rows} / {columns}) * {{orthogonal}}" if rows > columns else "{rate} * {orthogonal}"
    scale = math.sqrt(max(1.0, rows / columns))
    p.descend("muon", {"orthogonal": orthogonal}, f"{weight} - {step}", scale=scale, weight_decay=p.decay)


RECIPES: dict[str, Callable[[Parameter], None]] = {
    "sgd": _sgd, "momentum": _momentum, "rmsprop": _rmsprop, "adam": _adam, "adamw": _adamw, "muon": _muon,
}  # fmt: skip


def update_operations(
    train: TrainConfig, shapes: Mapping[str, tuple[int, ...]], number: int, n_updates: int
) -> list[Operation]:
    """The operations of update `number` (1 …) of all parameters, given by name and shape.

    `n_updates` counts the updates that Adam's means have seen, this one included.
    """
    found: list[Operation] = []
    for name, shape in shapes.items():
        is_hidden = name.startswith("blocks.") and len(shape) == 2
        is_rest = train.optimizer == "muon" and not is_hidden
        rate = "learning_rate_rest" if is_rest else "learning_rate"
        p = Parameter(train, name, shape, f"grad:{name}", rate, n_updates, found)
        if train.grad_clip:
            roles = {"gradient": p.gradient, "norm": "grad_norm"}
            code = "{g} * min(1, grad_clip / (grad_norm + 1e-6))"
            p.gradient = p.make("clip", "clip", roles, code, max_norm=train.grad_clip)
        RECIPES["adamw" if is_rest else train.optimizer](p)
    rates = [rate for rate in ("learning_rate", "learning_rate_rest") if any(rate in o.inputs for o in found)]
    return [*(_scheduled(train, rate, number) for rate in rates), _norm(list(shapes)), *found]


def _scheduled(train: TrainConfig, rate: str, number: int) -> Operation:
    settings = {
        "schedule": train.schedule, "step": number, "warmup_steps": train.warmup_steps, "n_steps": train.n_steps,
        "final": train.final_learning_rate, "peak": getattr(train, rate),
    }  # fmt: skip
    code = f"{rate} = {getattr(train, rate)!r} * schedule_share(train, {number})"
    return Operation(rate, "update", "schedule", (), settings, code, "update")


def _norm(parameters: list[str]) -> Operation:
    inputs = tuple(f"grad:{name}" for name in parameters)
    code = "grad_norm = torch.cat([p.grad.flatten() for p in model.parameters()]).norm()"
    return Operation("grad_norm", "update", "gradient_norm", inputs, {}, code, "update")

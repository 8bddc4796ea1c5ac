"""Records: the frozen numpy dataclasses that cross process and layer borders.

They know neither torch nor where their numbers came from.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def finite(number: float) -> float | None:
    """The number as JSON can hold it: None for NaN and for what is infinite."""
    return number if math.isfinite(number) else None


@dataclass(frozen=True)
class Batch:
    """What one training step reads: `tokens` (B, T) int64, `targets` (B, T) int64, the same rows shifted by one, and
    `weights` (B, T) float32, 1 where the target counts in the loss and 0 where it does not."""

    tokens: NDArray[np.int64]
    targets: NDArray[np.int64]
    weights: NDArray[np.float32]


@dataclass(frozen=True)
class Recorded:
    """A tensor of a trace: float32 (token ids and positions int32), with the name of each axis.

    `role`: value (made on the way forward) | gradient | parameter | constant | state (what the optimizer remembered) |
    update (made by the optimizer).
    """

    value: Array
    axes: tuple[str, ...]
    role: str


@dataclass(frozen=True)
class Operation:
    """One thing that happens in a training iteration: named inputs become one named output.

    `name` is that of its output: `blocks.0.attn.pattern`; its gradient is `grad:blocks.0.attn.pattern`, and what one
    reader of a value contributes to a gradient is `grad:blocks.0.norm1<-q`. The optimizer makes `clip:…`, `m:…`, `v:…`
    and `new:…` of each parameter. `kind` and `settings` say which numbers of the inputs make which number of the output
    (`model/operations.py`). `part`: forward | loss | backward | update. `forward`: the operation that a backward one
    undoes, or the parameter that an update changes. `block`: where in the model it belongs. `code`: the PyTorch line.
    """

    name: str
    part: str
    kind: str
    inputs: tuple[str, ...]
    settings: dict[str, Any]
    code: str
    block: str
    forward: str = ""


@dataclass(frozen=True)
class Trace:
    """One training iteration on one sequence: every operation in order, and every tensor by name.

    `step` counts the updates made before it; `labels` and `target_labels` are the tokens as a reader sees them.
    """

    step: int
    text: str
    tokens: tuple[int, ...]
    labels: tuple[str, ...]
    targets: tuple[int, ...]
    target_labels: tuple[str, ...]
    vocabulary: tuple[str, ...]
    config: dict[str, Any]
    operations: tuple[Operation, ...]
    tensors: dict[str, Recorded]

    @property
    def loss(self) -> float:
        """Mean cross-entropy (nats) of the targets that count."""
        return float(self.tensors["loss"].value)


@dataclass(frozen=True)
class Factor:
    """One entry of a tensor: where it stands, and what it is."""

    tensor: str
    index: tuple[int, ...]
    value: float


@dataclass(frozen=True)
class Term:
    """One summand of a cell. Its value is its coefficient times its factors.

    Where the coefficient is no plain number, `label` says what it is and `arguments` from which entries it was made:
    GELU(x) has the argument x, and no factor.
    """

    value: float
    coefficient: float = 1.0
    factors: tuple[Factor, ...] = field(default=())
    label: str = ""
    arguments: tuple[Factor, ...] = field(default=())

"""Records: the frozen numpy dataclasses that cross process and layer borders.

They know neither torch nor where their numbers came from.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Batch:
    """What one training step reads: `tokens` (B, T) int64, `targets` (B, T) int64, the same rows shifted by one, and
    `weights` (B, T) float32, 1 where the target counts in the loss and 0 where it does not."""

    tokens: NDArray[np.int64]
    targets: NDArray[np.int64]
    weights: NDArray[np.float32]

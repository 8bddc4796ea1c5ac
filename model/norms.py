"""Normalisations: each keeps the numbers of one position at a size that the next layer can work with.

Knows nothing of where in the model it stands; `model/transformer.py` decides that.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

EPS = 1e-5  # keeps the division finite when a position holds only zeros


class LayerNorm(nn.Module):
    """Mean 0 and variance 1 over the channels of each position (Ba et al., 2016)."""

    def __init__(self, width: int, has_gain: bool, has_bias: bool) -> None:
        super().__init__()
        self.width = width
        self.gain = nn.Parameter(torch.ones(width)) if has_gain else None
        self.bias = nn.Parameter(torch.zeros(width)) if has_gain and has_bias else None

    def forward(self, x: Tensor) -> Tensor:
        """x (..., width) → (..., width)."""
        return F.layer_norm(x, (self.width,), self.gain, self.bias, EPS)


class RMSNorm(nn.Module):
    """Root mean square 1 over the channels of each position; the mean stays (Zhang & Sennrich, 2019)."""

    def __init__(self, width: int, has_gain: bool, has_bias: bool) -> None:
        super().__init__()
        self.width = width
        self.gain = nn.Parameter(torch.ones(width)) if has_gain else None

    def forward(self, x: Tensor) -> Tensor:
        """x (..., width) → (..., width)."""
        return F.rms_norm(x, (self.width,), self.gain, EPS)


class BatchNorm(nn.Module):
    """Mean 0 and variance 1 of each channel over all positions of the batch (Ioffe & Szegedy, 2015).

    In the training step the statistics are those of the batch, so a position is touched by every other one, later ones
    too. Everywhere else (`eval()`) running averages stand in for them, and each position is on its own again.
    """

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, width: int, has_gain: bool, has_bias: bool) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(width)) if has_gain else None
        self.bias = nn.Parameter(torch.zeros(width)) if has_gain and has_bias else None
        self.register_buffer("running_mean", torch.zeros(width))
        self.register_buffer("running_var", torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        """x (B, T, width) → (B, T, width)."""
        rows = x.flatten(0, -2)  # (B * T, width)
        rows = F.batch_norm(
            rows, self.running_mean, self.running_var, self.gain, self.bias, self.training, momentum=0.1, eps=EPS
        )
        return rows.view(x.shape)  # (B, T, width)


NORMS: dict[str, type[LayerNorm] | type[RMSNorm] | type[BatchNorm]] = {
    "layernorm": LayerNorm,
    "rmsnorm": RMSNorm,
    "batchnorm": BatchNorm,
}

"""Ways to tell a transformer where a token stands. Attention alone sees a bag of tokens, in no order.

Sinusoidal and learned positions are vectors added to the token embeddings; RoPE turns queries and keys; ALiBi lowers
the scores of distant keys. Everything that does not depend on the tokens is computed once, for the longest context.
"""

import math

import torch
from torch import Tensor, nn


def sinusoids(block_size: int, d_model: int) -> Tensor:
    """Sines and cosines of the position, at wavelengths from 2π to 10,000 · 2π (Vaswani et al., 2017). (T, C)."""
    position = torch.arange(block_size).unsqueeze(1)  # (T, 1)
    frequency = 10_000.0 ** (-torch.arange(0, d_model, 2) / d_model)  # (C / 2,)
    angle = position * frequency  # (T, C / 2)
    return torch.stack((angle.sin(), angle.cos()), dim=-1).flatten(1)[:, :d_model]  # (T, C)


class Rope(nn.Module):
    """Rotary positions (Su et al., 2021): turns each pair of channels by an angle that grows with the position.

    The product of a turned query and a turned key depends only on how far apart the two stand. Channel i is paired with
    channel i + D/2, as in LLaMA's published weights.
    """

    cos: Tensor
    sin: Tensor

    def __init__(self, block_size: int, d_head: int) -> None:
        super().__init__()
        frequency = 10_000.0 ** (-torch.arange(0, d_head, 2) / d_head)  # (D / 2,)
        angle = torch.arange(block_size).unsqueeze(1) * frequency  # (T, D / 2)
        self.register_buffer("cos", torch.cat((angle.cos(), angle.cos()), dim=-1), persistent=False)  # (T, D)
        self.register_buffer("sin", torch.cat((-angle.sin(), angle.sin()), dim=-1), persistent=False)  # (T, D)

    def forward(self, x: Tensor) -> Tensor:
        """x (..., T, D) → (..., T, D)."""
        T, D = x.shape[-2:]
        return x * self.cos[:T] + x.roll(D // 2, dims=-1) * self.sin[:T]


def alibi_slopes(n_heads: int) -> Tensor:
    """How steeply each head's scores fall with distance (Press et al., 2022). (H,).

    For a power of two the slopes are the geometric sequence that starts at 2^(−8/H); for other counts the paper's
    code fills up with every second slope of the next power of two.
    """
    n = 2 ** int(math.log2(n_heads))
    slopes = [2.0 ** (-8.0 * (head + 1) / n) for head in range(n)]
    between = [2.0 ** (-4.0 * (head + 1) / n) for head in range(0, 2 * n, 2)]
    return torch.tensor((slopes + between)[:n_heads])


def alibi_bias(n_heads: int, block_size: int) -> Tensor:
    """What ALiBi adds to the scores: −slope × distance from query back to key. (H, T_query, T_key)."""
    position = torch.arange(block_size)
    distance = (position.unsqueeze(1) - position).clamp(min=0)  # (T_query, T_key)
    return -alibi_slopes(n_heads).view(-1, 1, 1) * distance  # (H, T_query, T_key)

"""The honest baseline: the classroom model trained by a plain loop, as minGPT teaches it. Imports nothing of ours.

The same parameters as our model: a matrix each for queries, keys and values, as minGPT had them at first (one for all
three is 1–3 % faster). Step-by-step attention with its maps in memory, AdamW with foreach, batches of random slices
stacked in Python, gradients clipped, the loss read every step.
`python benchmarks/plain_loop.py [seconds]` prints its steps a second.
"""

import json
import math
import random
import sys
import time

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Attention(nn.Module):
    """Causal self-attention, every map materialised."""

    def __init__(self, d_model: int, n_heads: int, block_size: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.query, self.key, self.value = (nn.Linear(d_model, d_model) for _ in range(3))
        self.out = nn.Linear(d_model, d_model)
        self.register_buffer("mask", torch.tril(torch.ones(block_size, block_size)).view(1, 1, block_size, block_size))

    def forward(self, x: Tensor) -> Tensor:
        """x (B, T, C) → (B, T, C)."""
        B, T, C = x.shape
        q, k, v = (f(x).view(B, T, self.n_heads, -1).transpose(1, 2) for f in (self.query, self.key, self.value))
        scores = (q @ k.transpose(-2, -1)) * (1.0 / math.sqrt(k.size(-1)))
        scores = scores.masked_fill(self.mask[:, :, :T, :T] == 0, float("-inf"))
        z = F.softmax(scores, dim=-1) @ v
        return self.out(z.transpose(1, 2).contiguous().view(B, T, C))


class Block(nn.Module):
    """Attention and MLP, each after a LayerNorm."""

    def __init__(self, d_model: int, n_heads: int, block_size: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        self.attn = Attention(d_model, n_heads, block_size)
        self.mlp = nn.Sequential(nn.Linear(d_model, 4 * d_model), nn.GELU(), nn.Linear(4 * d_model, d_model))

    def forward(self, x: Tensor) -> Tensor:
        """x (B, T, C) → (B, T, C)."""
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class PlainGPT(nn.Module):
    """A small GPT with learned positions."""

    def __init__(self, vocab_size: int, block_size: int, n_layers: int, n_heads: int, d_model: int) -> None:
        super().__init__()
        self.tok_emb, self.pos_emb = nn.Embedding(vocab_size, d_model), nn.Embedding(block_size, d_model)
        self.blocks = nn.Sequential(*(Block(d_model, n_heads, block_size) for _ in range(n_layers)))
        self.norm_final = nn.LayerNorm(d_model)
        self.unembed = nn.Linear(d_model, vocab_size, bias=False)
        for name, p in self.named_parameters():
            if p.ndim == 2:
                nn.init.normal_(p, std=0.02)
            elif name.endswith("bias"):
                nn.init.zeros_(p)

    def forward(self, tokens: Tensor) -> Tensor:
        """tokens (B, T) → logits (B, T, V)."""
        x = self.tok_emb(tokens) + self.pos_emb(torch.arange(tokens.size(1)))
        return self.unembed(self.norm_final(self.blocks(x)))


class PlainLoop:
    """The classroom configuration: 2 layers, 4 heads, width 64, context 32, batch 32, AdamW 3e-3 along a cosine."""

    def __init__(self, tokens: list[int], vocab_size: int, n_steps: int = 1000) -> None:
        torch.manual_seed(1337)
        random.seed(1337)
        self.data, self.n_steps, self.step = torch.tensor(tokens), n_steps, 0
        self.model = PlainGPT(vocab_size, block_size=32, n_layers=2, n_heads=4, d_model=64)
        decayed = [p for p in self.model.parameters() if p.ndim >= 2]
        rest = [p for p in self.model.parameters() if p.ndim < 2]
        groups = [{"params": decayed, "weight_decay": 0.1}, {"params": rest, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(groups, lr=3e-3, betas=(0.9, 0.99), foreach=True)

    def batch(self) -> tuple[Tensor, Tensor]:
        """32 random slices and the same shifted by one, (32, 32) each."""
        starts = [random.randrange(len(self.data) - 32) for _ in range(32)]
        x = torch.stack([self.data[i : i + 32] for i in starts])
        return x, torch.stack([self.data[i + 1 : i + 33] for i in starts])

    def train_step(self) -> float:
        """One update; its loss."""
        share = 0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * min(1.0, self.step / self.n_steps)))
        for group in self.optimizer.param_groups:
            group["lr"] = 3e-3 * share
        x, y = self.batch()
        logits = self.model(x)
        loss = F.cross_entropy(logits.view(-1, logits.size(-1)), y.view(-1))
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.step += 1
        return loss.item()


def steps_per_second(loop: PlainLoop, seconds: float) -> float:
    """Steps per second of wall time over about `seconds`, after ten steps to warm up."""
    for _ in range(10):
        loop.train_step()
    started, n = time.perf_counter(), 0
    while time.perf_counter() - started < seconds:
        loop.train_step()
        n += 1
    return n / (time.perf_counter() - started)


if __name__ == "__main__":
    torch.set_num_threads(1)
    random.seed(0)
    letters = [random.randrange(27) for _ in range(100_000)]  # speed does not depend on what the letters say
    loop = PlainLoop(letters, vocab_size=27)
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
    n_parameters = sum(p.numel() for p in loop.model.parameters())
    print(json.dumps({"steps_per_second": round(steps_per_second(loop, seconds), 1), "n_parameters": n_parameters}))

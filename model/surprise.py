"""How surprised a model is by each token of a text of any length. Knows no tokenizer and no screen."""

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from model.transformer import Transformer


@torch.no_grad()
def token_losses(model: Transformer, tokens: NDArray[np.int64]) -> NDArray[np.float32]:
    """−ln p (nats) of every token of tokens (N,) but the first, (N − 1,).

    A text longer than the context is read in overlapping windows, so that every token is predicted from at least half
    a context (the text's own first tokens aside).
    """
    starts, T = _starts(len(tokens) - 1, model.config.block_size)
    rows = tokens[np.array(starts)[:, None] + np.arange(T + 1)]  # (B, T + 1)
    was_training = model.training
    model.eval()
    try:
        logits = model(torch.from_numpy(rows[:, :-1]))  # (B, T, V)
    finally:
        model.train(was_training)
    losses = F.cross_entropy(logits.mT, torch.from_numpy(rows[:, 1:]), reduction="none").numpy()  # (B, T)
    found = np.empty(len(tokens) - 1, np.float32)
    for start, row in zip(reversed(starts), losses[::-1], strict=True):  # the earlier window has seen more of its end
        found[start : start + T] = row
    return found


def _starts(n: int, block_size: int) -> tuple[list[int], int]:
    """Where the windows over n targets begin, and their length."""
    T = min(n, block_size)
    stride = max(1, T // 2)
    return [*range(0, n - T, stride), n - T], T

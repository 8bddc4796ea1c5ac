"""What each attention head does, measured: how much of its attention goes where, on texts that show it.

Four places have a name: the token before, the first token, the token itself, and what followed the last time the same
token stood there (induction; Olsson et al., 2022, call its score prefix matching). The first three are measured on
held-out rows of the run's own data, induction on random tokens that repeat. It does not know runs or screens.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from model.datasets import Dataset
from model.transformer import Transformer

KINDS = ("previous token", "first token", "itself", "induction", "spread out")
MIXED = "mixed"
LEAST_SHARE, LEAST_SPREAD = 0.4, 0.8  # from here on a score gives a head its name
N_ROWS, MAX_LENGTH, N_PERIODS = 4, 64, 4
_FIRST_QUERY = 2  # before it there is no choice: the first token is the one before, or the token itself
_SEED = 271828

Ids = NDArray[np.int64]


@dataclass(frozen=True)
class Probes:
    """The texts that heads are measured on: `own`, held-out rows of the data, and `repeated`, random tokens that begin
    again after `periods[i]` positions, (B, T) each."""

    own: Ids
    repeated: Ids
    periods: tuple[int, ...]


def probes(dataset: Dataset, block_size: int) -> Probes:
    """The same texts for every model of a run."""
    n_rows = min(N_ROWS, dataset.heldout.n_rows(block_size))
    own = dataset.heldout.take(np.arange(n_rows), block_size).tokens[:, :MAX_LENGTH]
    length = min(block_size, MAX_LENGTH)
    periods = tuple(sorted({max(2, round(p)) for p in np.linspace(length / 3, length / 2, N_PERIODS)}))
    return Probes(own, repeated_tokens(dataset.vocab_size, length, periods), periods)


def repeated_tokens(vocab_size: int, length: int, periods: Sequence[int]) -> Ids:
    """One row for each period: random tokens, all different as far as the vocabulary goes, again and again. (B, T)."""
    rng = np.random.default_rng(_SEED)
    rows = []
    for period in periods:
        drawn = [rng.permutation(vocab_size) for _ in range(-(-period // vocab_size))]
        rows.append(np.resize(np.concatenate(drawn)[:period], length))
    return np.stack(rows).astype(np.int64)


def prefix_matches(tokens: Ids) -> NDArray[np.bool_]:
    """Where an induction head looks: from a query to each key that followed an earlier copy of the query's token.
    (B, T) → (B, T_query, T_key)."""
    found = np.zeros((*tokens.shape, tokens.shape[1]), np.bool_)
    found[:, :, 1:] = tokens[:, :, None] == tokens[:, None, :-1]
    return np.tril(found)


def place_scores(pattern: Tensor) -> Tensor:
    """Mean share of attention that goes to the token before, to the first one and to the token itself, over all queries
    that can tell them apart. pattern (B, H, T_query, T_key) → (H, 3); zeros for fewer than three tokens."""
    T = pattern.shape[-1]
    if T <= _FIRST_QUERY:
        return pattern.new_zeros(pattern.shape[1], 3)
    queries = torch.arange(_FIRST_QUERY, T)
    places = (queries - 1, torch.zeros_like(queries), queries)
    return torch.stack([pattern[:, :, queries, keys].mean(dim=(0, 2)) for keys in places], dim=-1)  # (H, 3)


def induction_score(pattern: Tensor, tokens: Ids, periods: Sequence[int]) -> Tensor:
    """Prefix matching: mean share of attention that goes to what followed earlier copies of the query's token, over the
    queries from each row's first repeat on. pattern (B, H, T_query, T_key), tokens (B, T) → (H,)."""
    matches = torch.from_numpy(prefix_matches(tokens))[:, None]  # (B, 1, T_query, T_key)
    is_repeat = torch.arange(tokens.shape[1]) >= torch.tensor(periods)[:, None]  # (B, T_query)
    shares = (pattern * matches).sum(dim=-1)  # (B, H, T_query)
    weights = is_repeat[:, None].to(shares.dtype)  # (B, 1, T_query)
    return (shares * weights).sum(dim=(0, 2)) / weights.sum().clamp(min=1)  # (H,)


def entropy(pattern: Tensor) -> Tensor:
    """Entropy of each query's attention, in nats: 0 = all on one key. (..., T_query, T_key) → (..., T_query)."""
    found: Tensor = torch.special.entr(pattern).sum(dim=-1)
    return found


def spread_score(pattern: Tensor) -> Tensor:
    """Mean entropy as a share of the largest possible, ln of the number of keys in sight, over all queries but the
    first. pattern (B, H, T_query, T_key) → (H,)."""
    T = pattern.shape[-1]
    if T < 2:
        return pattern.new_zeros(pattern.shape[1])
    most = torch.arange(2, T + 1, dtype=pattern.dtype).log()  # (T_query − 1,)
    return (entropy(pattern)[:, :, 1:] / most).mean(dim=(0, 2))  # (H,)


@torch.no_grad()
def patterns(model: Transformer, tokens: Ids) -> list[Tensor]:
    """The attention of every layer on tokens (B, T): (B, H, T_query, T_key) each."""
    seen: list[Tensor] = []

    def look(name: str, value: Tensor) -> Tensor:
        if name.endswith(".attn.pattern"):
            seen.append(value)
        return value

    with model.watch(look):
        model(torch.from_numpy(np.ascontiguousarray(tokens)))
    return seen


def head_scores(model: Transformer, texts: Probes) -> NDArray[np.float32]:
    """The scores of every head, each from 0 to 1, in the order of KINDS. (L, H, 5)."""
    pairs = zip(patterns(model, texts.own), patterns(model, texts.repeated), strict=True)
    layers = [
        torch.cat([place_scores(own), induction_score(repeated, texts.repeated, texts.periods)[:, None],
                   spread_score(own)[:, None]], dim=-1)
        for own, repeated in pairs
    ]  # fmt: skip
    if not layers:
        return np.zeros((0, model.config.n_heads, len(KINDS)), np.float32)
    return torch.stack(layers).float().numpy()


def name_of_head(scores: NDArray[np.float32]) -> tuple[str, float | None]:
    """A head's name and the score behind it, from its five scores: the place that gets most attention, if that is
    LEAST_SHARE; else "spread out", if its entropy is LEAST_SPREAD of the largest possible; else "mixed", no score."""
    places = scores[:-1]
    best = int(np.nanargmax(places)) if not np.isnan(places).all() else 0
    if places[best] >= LEAST_SHARE:
        return KINDS[best], float(places[best])
    if scores[-1] >= LEAST_SPREAD:
        return KINDS[-1], float(scores[-1])
    return MIXED, None

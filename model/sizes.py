"""What a configuration costs before it runs: parameters, activation memory, seconds per step.

Closed formulas, no torch: the limits must be known before anything is allocated. Knows nothing of data or schedules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from model.config import ModelConfig, TrainConfig

FLOAT_BYTES = 4
FLOPS_PER_SECOND = 150e9
SECONDS_PER_BYTE = 0.28e-9
CACHE_BYTES = 64e6
SECONDS_PER_BYTE_BEYOND_CACHE = 3.2e-9
SECONDS_PER_BLOCK = 1.5e-3
SECONDS_PER_STEP = 1.1e-3


def n_parameters(config: ModelConfig) -> int:
    """Trainable numbers of the whole model."""
    return sum(parameters_by_part(config).values())


def parameters_by_part(config: ModelConfig) -> dict[str, int]:
    """Trainable numbers of embeddings, positions, attention, MLPs, norms and unembedding."""
    V, C, N = config.vocab_size, config.d_model, config.n_layers
    return {
        "tok_emb": V * C,
        "pos_emb": config.block_size * C if config.positions == "learned" else 0,
        "attn": N * 4 * (C * C + config.has_bias * C),
        "mlp": N * config.has_mlp * _mlp_parameters(config),
        "norms": n_norms(config) * _norm_parameters(config),
        "unembed": 0 if config.tied_embeddings else V * C,
    }


def _mlp_parameters(config: ModelConfig) -> int:
    n_in = 2 if config.activation == "swiglu" else 1
    weights = (n_in + 1) * config.d_model * config.d_mlp
    return weights + config.has_bias * (n_in * config.d_mlp + config.d_model)


def _norm_parameters(config: ModelConfig) -> int:
    if config.norm == "none" or not config.norm_gain:
        return 0
    has_shift = config.has_bias and config.norm != "rmsnorm"
    return config.d_model * (1 + has_shift)


def n_norms(config: ModelConfig) -> int:
    """Normalisations in the model: one for each part of a block, after the embedding and before the logits."""
    return config.n_layers * (1 + config.has_mlp) + config.norm_embedding + config.norm_final


def field_with_most_parameters(config: ModelConfig) -> str:
    """The field to lower when the model is too large."""
    parts = parameters_by_part(config)
    if parts["mlp"] > max(parts["attn"], parts["tok_emb"]):
        return "d_mlp"
    return "d_model"


def activation_bytes(config: ModelConfig, n_rows: int, n_tokens: int) -> int:
    """Bytes that a training step keeps for its backward pass, for a batch of (n_rows, n_tokens)."""
    n_hidden = 4 if config.activation == "swiglu" else 2
    block = 9 * config.d_model + config.has_mlp * n_hidden * config.d_mlp
    per_token = config.n_layers * block + 3 * config.d_model + 3 * config.vocab_size
    return FLOAT_BYTES * n_rows * n_tokens * per_token


def step_flops(config: ModelConfig, n_rows: int, n_tokens: int) -> int:
    """Floating-point operations of all matrix products, forward and backward, for a batch of (n_rows, n_tokens)."""
    C = config.d_model
    n_mlp = 3 if config.activation == "swiglu" else 2
    block = 4 * C * C + 2 * n_tokens * C + config.has_mlp * n_mlp * C * config.d_mlp
    products = config.n_layers * block + C * config.vocab_size
    return 2 * 3 * n_rows * n_tokens * products


def step_seconds(config: ModelConfig, train: TrainConfig, n_rows: int, n_tokens: int) -> float:
    """Estimated seconds of one training step on one core."""
    n_bytes = activation_bytes(config, n_rows, n_tokens)
    return (
        SECONDS_PER_STEP
        + SECONDS_PER_BLOCK * config.n_layers
        + step_flops(config, n_rows, n_tokens) / FLOPS_PER_SECOND
        + SECONDS_PER_BYTE * n_bytes
        + SECONDS_PER_BYTE_BEYOND_CACHE * max(0.0, n_bytes - CACHE_BYTES)
    )

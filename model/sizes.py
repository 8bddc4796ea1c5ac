"""What a configuration costs before it runs, and what it may cost: parameters, activation memory, seconds per step.

Closed formulas without torch: the limits must be known before anything is allocated. The letters are those of shapes:
V = vocab_size, C = d_model, T = tokens of a row. Knows nothing of data sets or schedules.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from model.config import ModelConfig, TrainConfig

MAX_PARAMETERS = 2_000_000
MAX_ACTIVATION_BYTES = 300_000_000
MAX_STEP_SECONDS = 1.0

FLOAT_BYTES = 4
FLOPS_PER_SECOND = 130e9
BFLOAT16_SPEED_UP = 3.0  # of matrix products, on a core with bfloat16 units
BFLOAT16_CALLS = 1.5  # every product brings casts with it
SECONDS_PER_BYTE = 0.4e-9
SECONDS_PER_BLOCK = 0.7e-3
SECONDS_PER_STEP = 1e-3
NEWTON_SCHULZ_STEPS = 5


def parameters_by_part(config: ModelConfig) -> dict[str, int]:
    """Trainable numbers of embeddings, positions, attention, MLPs, norms and unembedding; they sum to the model's."""
    V, C, N = config.vocab_size, config.d_model, config.n_layers
    return {
        "tok_emb": V * C,
        "pos_emb": config.block_size * C if config.positions == "learned" else 0,
        "attn": N * 4 * (C * C + config.has_bias * C),
        "mlp": N * config.has_mlp * _mlp_parameters(config),
        "norms": _n_norms(config) * _norm_parameters(config),
        "unembed": 0 if config.tied_embeddings else V * C,
    }


def _mlp_parameters(config: ModelConfig) -> int:
    n_in = _n_mlp_matrices(config) - 1
    weights = (n_in + 1) * config.d_model * config.d_mlp
    return weights + config.has_bias * (n_in * config.d_mlp + config.d_model)


def _n_mlp_matrices(config: ModelConfig) -> int:
    return 3 if config.activation == "swiglu" else 2


def _norm_parameters(config: ModelConfig) -> int:
    if config.norm == "none" or not config.norm_gain:
        return 0
    has_shift = config.has_bias and config.norm != "rmsnorm"
    return config.d_model * (1 + has_shift)


def _n_norms(config: ModelConfig) -> int:
    return config.n_layers * (1 + config.has_mlp) + config.norm_embedding + config.norm_final


def check_parameters(config: ModelConfig) -> None:
    """ValueError, one line, when the model is larger than MAX_PARAMETERS: it names the field that brings it down."""
    parts = parameters_by_part(config)
    n_parameters = sum(parts.values())
    if n_parameters > MAX_PARAMETERS:
        is_mlp_alone = n_parameters - parts["mlp"] < MAX_PARAMETERS / 2
        field = "d_mlp" if is_mlp_alone else "d_model"
        raise ValueError(
            f"{field} must be lower for n_layers={config.n_layers}, vocab_size={config.vocab_size}: a model may have "
            f"{MAX_PARAMETERS:,} parameters; got {n_parameters:,} with {field}={getattr(config, field)}"
        )


@dataclass(frozen=True)
class Batch:
    """The shape that a training step works on: rows of tokens, and the number format."""

    n_rows: int
    n_tokens: int
    precision: str


def activation_bytes(config: ModelConfig, batch: Batch) -> int:
    """Bytes that a training step keeps for its backward pass.

    Counted from what autograd saves in each block (norms, q, k, v, z, sums, hidden units) and, around the blocks,
    embeddings, logits and their softmax. bfloat16 stores the attention maps too (step-by-step attention).
    """
    n_hidden = {"swiglu": 4, "relu2": 3}.get(config.activation, 2)
    pattern = 0 if batch.precision == "float32" else config.n_heads * batch.n_tokens
    block = 9 * config.d_model + pattern + config.has_mlp * n_hidden * config.d_mlp
    n_numbers = config.n_layers * block + 2 * config.d_model + 3 * config.vocab_size
    return FLOAT_BYTES * batch.n_rows * batch.n_tokens * n_numbers


def iteration_bytes(config: ModelConfig, n_rows: int, n_tokens: int, is_fused: bool) -> int:
    """Bytes of every value and gradient of an iteration together (`model/autograd.py`), in float32.

    Measured: about four times what a step keeps, and each attention map eight times (scores, scaled, masked, pattern,
    their gradients), unless torch's fused attention makes none.
    """
    maps = FLOAT_BYTES * n_rows * config.n_layers * config.n_heads * n_tokens**2
    return 4 * activation_bytes(config, Batch(n_rows, n_tokens, "float32")) + (0 if is_fused else 8 * maps)


def step_flops(config: ModelConfig, batch: Batch) -> int:
    """Floating-point operations of all matrix products of a step: 2 a product forward, twice that backward."""
    C = config.d_model
    block = 4 * C * C + 2 * batch.n_tokens * C + config.has_mlp * _n_mlp_matrices(config) * C * config.d_mlp
    products = config.n_layers * block + C * config.vocab_size
    return 3 * 2 * batch.n_rows * batch.n_tokens * products


def newton_schulz_flops(config: ModelConfig) -> int:
    """Floating-point operations of Muon's orthogonalisation of every matrix inside the blocks, once a step."""
    C, hidden = config.d_model, config.d_mlp
    short, long = min(C, hidden), max(C, hidden)
    mlp = config.has_mlp * _n_mlp_matrices(config) * (2 * short**2 * long + short**3)
    return 2 * NEWTON_SCHULZ_STEPS * config.n_layers * (4 * 3 * C**3 + mlp)


def step_seconds(config: ModelConfig, train: TrainConfig, batch: Batch) -> float:
    """Estimated seconds of one training step on one core.

    Matrix products at an effective rate, time per activation byte, calls per block and per step. The constants were
    fitted to measured steps (one core with AVX-512, torch 2.13, fused attention and AdamW): 1 layer, width 32, T 16,
    B 32: 3 ms; 2, 64, 32, 32: 9 to 13 ms; 4, 128, 64, 12: 45 ms. The same core when shared takes up to twice as long.
    Far beyond the limit memory slows too: 2, 256, 256, 256 took 12.7 s and 2.8 GB, about twice its estimate.
    """
    is_fast = batch.precision == "bfloat16"
    rate = FLOPS_PER_SECOND * (BFLOAT16_SPEED_UP if is_fast else 1)
    products = step_flops(config, batch) / rate
    orthogonal = newton_schulz_flops(config) / (FLOPS_PER_SECOND * BFLOAT16_SPEED_UP) * (train.optimizer == "muon")
    calls = SECONDS_PER_STEP + SECONDS_PER_BLOCK * config.n_layers * (BFLOAT16_CALLS if is_fast else 1)
    return products + orthogonal + calls + SECONDS_PER_BYTE * activation_bytes(config, batch)


def check_cost(config: ModelConfig, train: TrainConfig, batch: Batch) -> None:
    """ValueError, one line, when a step takes too much memory or time: it names the field to lower, and how far."""
    n_bytes = activation_bytes(config, batch)
    seconds = step_seconds(config, train, batch)
    # Both grow with the rows, so this many rows are allowed (a few more, as not all of the time grows).
    share = min(MAX_ACTIVATION_BYTES / n_bytes, MAX_STEP_SECONDS / seconds)
    if share < 1:
        field, unit = ("train_share", "rows in the table") if train.batch_size == "all" else ("batch_size", "rows")
        raise ValueError(
            f"{field} must be lower, at most {int(share * batch.n_rows)} {unit} of {batch.n_tokens} tokens for "
            f"n_layers={config.n_layers}, d_model={config.d_model}: a step may take {MAX_ACTIVATION_BYTES / 1e6:.0f} MB"
            f" and {MAX_STEP_SECONDS:g} s; got {batch.n_rows} rows, about {n_bytes / 1e6:,.0f} MB and {seconds:.2g} s"
        )

"""The presets, as what each changes from the default: a readable constant with its source.

`model.config.PRESETS` turns them into validated configurations; this module knows no rules.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from model.fields import Setting


@dataclass(frozen=True)
class Recipe:
    """A preset's words and the fields in which it differs from the default."""

    key: str
    title: str
    source: str
    special: str
    expects: str
    settings: dict[str, Setting] = field(default_factory=dict)


CLASSROOM = Recipe(
    key="classroom",
    title="Classroom",
    source="our own default: a small GPT with LayerNorm, GELU and learned positions",
    special="Small enough to take about a hundred steps a second, large enough to invent names.",
    expects="First names: loss 3.30 when guessing, 2.42 after 250 steps, 2.30 after 1,000 (counted bigrams: 2.55).",
)

BIGRAM = Recipe(
    key="bigram",
    title="Bigram",
    source="Andrej Karpathy, makemore: the bigram language model",
    special="No layers, no positions, no norms: each token alone predicts the next.",
    expects="First names: 2.56 after 250 steps, 2.55 at the end: what counting pairs of letters gives, and no lower.",
    settings={
        "n_layers": 0, "n_heads": 1, "d_model": 64, "positions": "none", "norm": "none", "norm_final": False,
        "has_bias": False, "init_scale": 0.1, "learning_rate": 0.01, "weight_decay": 0.0,
    },
)  # fmt: skip

MICROGPT = Recipe(
    key="microgpt",
    title="microgpt",
    source="Andrej Karpathy, microgpt: a GPT in 200 lines of plain Python",
    special="4,192 parameters: one layer, four heads of width 4, RMSNorm without gain, no biases, one name a step.",
    expects="First names: 3.3 at first, then noisy, as each step sees one name; about 2.4 on average at the end.",
    settings={
        "block_size": 16, "n_layers": 1, "n_heads": 4, "d_model": 16, "d_mlp": 64, "norm": "rmsnorm",
        "norm_gain": False, "norm_embedding": True, "norm_final": False, "activation": "relu", "has_bias": False,
        "init_scale": 0.08, "optimizer": "adam", "learning_rate": 0.01, "schedule": "linear",
        "final_learning_rate": 0.0, "n_steps": 1000, "beta1": 0.85, "beta2": 0.99, "weight_decay": 0.0,
        "grad_clip": 0.0, "batch_size": 1, "layout": "document",
    },
)  # fmt: skip

NANOGPT = Recipe(
    key="nanogpt",
    title="nanoGPT / GPT-2 style",
    source="Andrej Karpathy, nanoGPT: the README's recipe for a laptop without a GPU",
    special="GPT-2's architecture in small: pre-norm, GELU, learned positions, tied embeddings, no biases.",
    expects="TinyShakespeare: validation loss 1.88 to 1.91 after 2,000 steps, in about two minutes.",
    settings={
        "vocab_size": 65, "block_size": 64, "n_layers": 4, "n_heads": 4, "d_model": 128, "d_mlp": 512,
        "has_bias": False, "tied_embeddings": True, "init": "gpt2", "learning_rate": 1e-3, "warmup_steps": 100,
        "final_learning_rate": 0.1, "n_steps": 2000, "beta2": 0.99, "weight_decay": 0.1, "grad_clip": 1.0,
        "batch_size": 12, "eval_every": 250, "dataset": "shakespeare",
    },
)  # fmt: skip

LLAMA = Recipe(
    key="llama",
    title="LLaMA from scratch",
    source="Brian Kitano, LLaMA from scratch; after Touvron et al., 2023. Adapted: 8 heads of width 16",
    special="RoPE, RMSNorm and SwiGLU, 808,320 parameters. The norm sees one position; the article's saw the future.",
    expects="TinyShakespeare: 1.92 after 1,000 steps. The article's 1.15 is not honest: its norm leaks.",
    settings={
        "vocab_size": 65, "block_size": 16, "n_layers": 4, "n_heads": 8, "d_model": 128, "d_mlp": 344,
        "positions": "rope", "norm": "rmsnorm", "activation": "swiglu", "has_bias": False, "learning_rate": 1e-3,
        "schedule": "cosine", "weight_decay": 0.0, "grad_clip": 0.0, "batch_size": 32, "dataset": "shakespeare",
    },
)  # fmt: skip

ATTENTION = Recipe(
    key="attention",
    title="Attention Is All You Need",
    source="Vaswani et al., 2017, Attention Is All You Need (the decoder, in small)",
    special="Sinusoidal positions, norm after each addition, ReLU, tied embeddings, Adam with warm-up.",
    expects="First names: slower at first than pre-norm, about 2.34 after 1,000 steps. Try it without warm-up.",
    settings={
        "positions": "sinusoidal", "norm_placement": "post", "norm_final": False, "activation": "relu",
        "tied_embeddings": True, "init_scale": 0.05, "optimizer": "adam", "warmup_steps": 100, "beta2": 0.98,
        "weight_decay": 0.0,
    },
)  # fmt: skip

SPEEDRUN = Recipe(
    key="speedrun",
    title="Speedrun",
    source="our own measurements, after Keller Jordan's modded-nanogpt speedruns (Muon, QK-norm, ReLU², zero-init)",
    special="RoPE, QK-norm, ReLU², zero-initialised outputs, Muon and bfloat16: ten times less work for the same loss.",
    expects="TinyShakespeare: validation loss 1.88 by step 300 and 1.85 at 350, in ten to fifteen seconds of one core.",
    settings={
        "vocab_size": 65, "block_size": 64, "n_layers": 2, "n_heads": 4, "d_model": 128, "d_mlp": 512,
        "positions": "rope", "norm_gain": False, "norm_embedding": True, "activation": "relu2",
        "has_bias": False, "qk_norm": True, "zero_init_output": True, "optimizer": "muon",
        "learning_rate": 0.02, "learning_rate_rest": 5e-3, "schedule": "linear", "warmup_steps": 15,
        "final_learning_rate": 0.0, "n_steps": 350, "beta1": 0.8, "beta2": 0.95, "momentum": 0.95,
        "weight_decay": 0.0, "grad_clip": 0.0, "batch_size": 12, "eval_every": 25, "precision": "bfloat16",
        "dataset": "shakespeare",
    },
)  # fmt: skip

INDUCTION = Recipe(
    key="induction",
    title="Birth of an induction head",
    source="after Olsson et al., 2022, In-context Learning and Induction Heads; settings from our own measurements",
    special="Two layers of attention, no MLP, on rows that repeat with a period of their own. One layer cannot do it.",
    expects="Guessing costs 3.47. A plateau near 3, then a cliff between steps 50 and 120; about 0.02 at step 200.",
    settings={
        "vocab_size": 32, "block_size": 40, "n_layers": 2, "n_heads": 2, "d_model": 64, "has_mlp": False,
        "schedule": "constant", "n_steps": 300, "weight_decay": 0.0, "batch_size": 32, "eval_every": 25,
        "dataset": "induction",
    },
)  # fmt: skip

RECIPES = (CLASSROOM, BIGRAM, MICROGPT, NANOGPT, LLAMA, ATTENTION, SPEEDRUN, INDUCTION)

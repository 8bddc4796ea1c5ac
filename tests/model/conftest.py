"""Traced iterations of tiny models: one of every option, of every preset, of every optimizer, and mixtures of all."""

import random
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from model.config import PRESETS, RunConfig
from model.flat import FlatParameters
from model.optim import Update
from model.records import Batch
from model.scalar import backward, ordered
from model.tokenizer import CharacterTokenizer
from model.trace import trace_iteration
from model.transformer import Transformer

TOKENIZER = CharacterTokenizer("abcdefghijk")
TINY = {
    "vocab_size": 11, "block_size": 8, "n_layers": 2, "n_heads": 2, "d_model": 8, "d_mlp": 12, "init_scale": 0.3,
    "learning_rate": 0.01, "batch_size": 4, "dataset": "names",
}  # fmt: skip
OPTIONS = {
    "positions": ["none", "sinusoidal", "learned", "rope", "alibi"],
    "norm": ["none", "layernorm", "rmsnorm", "batchnorm"],
    "norm_gain": [False, True],
    "norm_placement": ["pre", "post"],
    "norm_embedding": [False, True],
    "norm_final": [False, True],
    "activation": ["identity", "relu", "relu2", "gelu", "silu", "swiglu", "tanh"],
    "has_mlp": [False, True],
    "has_residual": [False, True],
    "has_bias": [False, True],
    "tied_embeddings": [False, True],
    "qk_norm": [False, True],
    "n_layers": [0, 1, 3],
    "n_heads": [1, 2, 4],
    "d_mlp": [4, 20],
    "zero_init_output": [False, True],
    "optimizer": ["sgd", "momentum", "rmsprop", "adam", "adamw", "muon"],
    "grad_clip": [0.0, 0.05, 100.0],
    "weight_decay": [0.0, 0.3],
    "schedule": ["constant", "cosine", "linear"],
    "warmup_steps": [0, 10],
    "precision": ["float32", "bfloat16"],
}


def chosen():
    """Changes from TINY: none, each option alone, each preset, each optimizer without decay or clipping, mixtures."""
    usual = RunConfig().replace(**TINY).to_dict()
    alone = [{name: value} for name, values in OPTIONS.items() for value in values if value != usual[name]]
    bare = [{"optimizer": o, "weight_decay": 0.0, "grad_clip": 0.0} for o in OPTIONS["optimizer"]]
    draws = random.Random(0)
    mixed = [{name: draws.choice(values) for name, values in OPTIONS.items()} for _ in range(18)]
    return [{}, *alone] + [{"preset": key} for key in PRESETS] + bare + mixed


CASES = [tuple(sorted(changes.items())) for changes in chosen()]


def awaken(model, seed=1):
    """Leave nothing at zero or one, so that every parameter matters."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator), alpha=0.2)
        for name, buffer in model.named_buffers():
            if "running" in name:
                buffer.copy_(0.5 + torch.rand(buffer.shape, generator=generator))
    return model.eval()


def differentiate(result):
    """The whole backward pass of one scalar; returns everything behind it, with its gradient."""
    values = ordered(result)
    for value in values:
        value.grad = 0.0
    result.grad = 1.0
    for _ in backward(values):
        pass
    return values


@cache
def take_apart(case):
    """A model after three updates, the row it reads, and the trace of its next iteration."""
    changes = dict(case)
    size = {"n_layers": 2} | TINY if "preset" not in changes else {k: v for k, v in TINY.items() if k != "n_layers"}
    base = PRESETS[changes.pop("preset")].config if "preset" in changes else RunConfig()
    config = base.replace(**(size | changes))
    model = awaken(Transformer(config.model, seed=1))
    flat = FlatParameters(model)
    update = Update(flat, config.train)
    generator = torch.Generator().manual_seed(2)
    for step in (1, 2, 3):
        for part in flat.whole.parts(flat.grads).values():
            part.copy_(torch.randn(part.shape, generator=generator))
        update.step(config.train, step)
    tokens = np.random.default_rng(3).integers(0, 11, (1, 7))
    weights = np.array([[1, 1, 0, 1, 1, 0]] if "precision" in changes else [[1] * 6], np.float32)
    batch = Batch(tokens[:, :-1], tokens[:, 1:], weights)
    memory = {name: value.clone() for name, value in update.tensors().items()}
    trace = trace_iteration(model, batch, TOKENIZER, config, memory, 3)
    arrays = {name: recorded.value for name, recorded in trace.tensors.items()}
    return SimpleNamespace(config=config, model=model, batch=batch, memory=memory, trace=trace, arrays=arrays)


@pytest.fixture(params=CASES, ids=lambda case: ",".join(f"{k}={v}" for k, v in case)[:60])
def iteration(request):
    """One traced iteration after another: every option, preset and optimizer."""
    return take_apart(request.param)


@pytest.fixture(scope="session")
def traced():
    """A function: changes from the tiny model → its traced iteration."""
    return lambda **changes: take_apart(tuple(sorted(changes.items())))

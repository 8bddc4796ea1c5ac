import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from model import sizes
from model.autograd import iterate
from model.config import FIELDS, PRESETS, ModelConfig, RunConfig
from model.records import Batch
from model.transformer import Transformer

SMALL = {"vocab_size": 11, "block_size": 8, "n_layers": 2, "n_heads": 2, "d_model": 8, "d_mlp": 24}
MODEL_OPTIONS = [f for f in FIELDS.values() if f.owner == "model" and f.kind in ("choice", "bool")]


def options():
    """Every value of every choice and switch of the model, one at a time."""
    for field in MODEL_OPTIONS:
        for value in field.choices or (False, True):
            yield {field.name: value}


def assert_counts_agree(config):
    model = Transformer(config)
    assert sum(p.numel() for p in model.parameters()) == config.n_parameters


@pytest.mark.parametrize("option", list(options()), ids=str)
def test_the_formula_counts_the_parameters_of_every_option(option):
    assert_counts_agree(ModelConfig(**SMALL | option))


@pytest.mark.parametrize("key", PRESETS)
def test_the_formula_counts_the_parameters_of_every_preset(key):
    assert_counts_agree(PRESETS[key].config.model)


def test_the_formula_counts_the_parameters_of_combined_options():
    names = ("norm", "norm_gain", "has_bias", "has_mlp")
    values = (("none", "layernorm", "rmsnorm"), *[(False, True)] * 3)
    for combination in itertools.product(*values):
        changes = dict(zip(names, combination, strict=True)) | {"activation": "swiglu", "norm_embedding": True}
        assert_counts_agree(ModelConfig(**SMALL | changes))


def bytes_saved_for_backward(run):
    """What autograd really keeps for one step, parameters aside: each piece of memory once."""
    model = Transformer(run.model)
    own = {p.untyped_storage().data_ptr() for p in model.parameters()}
    own |= {b.untyped_storage().data_ptr() for b in model.buffers()}
    kept = {}

    def note(tensor):
        kept[tensor.untyped_storage().data_ptr()] = tensor  # held, so that no address is used twice
        return tensor

    shape = (run.batch.n_rows, run.batch.n_tokens)
    tokens = torch.randint(run.model.vocab_size, shape, generator=torch.Generator().manual_seed(0))
    is_bfloat16 = run.train.precision == "bfloat16"
    with (
        torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor),
        torch.autocast("cpu", torch.bfloat16, enabled=is_bfloat16),
    ):
        logits = model(tokens, step_by_step=is_bfloat16)
        F.cross_entropy(logits.flatten(0, 1).float(), tokens.flatten())
    return sum(t.untyped_storage().nbytes() for address, t in kept.items() if address not in own)


@pytest.mark.parametrize("changes", [
    *[{"preset": key} for key in PRESETS],
    {"activation": "swiglu", "positions": "rope", "qk_norm": True},
    {"activation": "relu2", "positions": "alibi", "norm": "rmsnorm"},
    {"norm": "batchnorm", "norm_placement": "post"},
    {"block_size": 256, "batch_size": 4, "n_heads": 8},
], ids=str)  # fmt: skip
def test_the_estimate_of_activations_is_near_what_autograd_keeps(changes):
    run = RunConfig.from_dict(changes)
    kept = bytes_saved_for_backward(run)
    # For a moment the logits live three times, and what bfloat16 keeps in two bytes a number is counted with four.
    assert 0.75 * kept <= sizes.activation_bytes(run.model, run.batch) <= 2.3 * kept


def bytes_of_an_iteration(config, n_rows, is_fused):
    """What the graph of one iteration holds, values and gradients: each piece of memory once."""
    tokens = np.random.default_rng(0).integers(config.vocab_size, size=(n_rows, config.block_size))
    graph = iterate(Transformer(config), Batch(tokens, tokens, np.ones(tokens.shape, np.float32)), is_fused)
    held = [node[name] for _, node in graph.nodes(data=True) for name in ("value", "gradient")]
    held += [edge["gradient"] for _, _, edge in graph.edges(data=True)]
    storages = {each.untyped_storage().data_ptr(): each.untyped_storage() for each in held if each is not None}
    return sum(storage.nbytes() for storage in storages.values())


@pytest.mark.parametrize("is_fused", [False, True])
@pytest.mark.parametrize("changes", [
    {"n_layers": 2, "n_heads": 8, "d_model": 16, "d_mlp": 64, "block_size": 128},
    {"preset": "llama", "block_size": 64, "batch_size": 8},
    {"preset": "nanogpt", "norm": "batchnorm", "activation": "swiglu", "positions": "alibi", "batch_size": 4},
], ids=str)  # fmt: skip
def test_the_estimate_of_a_whole_iteration_is_near_what_its_graph_holds(changes, is_fused):
    config = RunConfig.from_dict(changes).model
    held = bytes_of_an_iteration(config, 4, is_fused)
    assert 0.7 * held <= sizes.iteration_bytes(config, 4, config.block_size, is_fused) <= 2 * held


def run_of(n_layers, d_model, block_size, batch_size, vocab_size=65):
    return RunConfig().replace(
        n_layers=n_layers, d_model=d_model, d_mlp=4 * d_model, block_size=block_size, batch_size=batch_size,
        vocab_size=vocab_size,
    )  # fmt: skip


@pytest.mark.parametrize(("run", "low", "high"), [
    (run_of(1, 32, 16, 32, vocab_size=27), 0.002, 0.004),
    (run_of(2, 64, 32, 32), 0.009, 0.013),
    (run_of(4, 128, 64, 12), 0.040, 0.050),
], ids=["tiny", "class", "nano"])  # fmt: skip
def test_the_estimated_step_agrees_with_the_measured_ones(run, low, high):
    assert low <= run.step_seconds <= high


def test_the_step_that_took_13_seconds_and_2_8_gigabytes_is_far_over_both_limits():
    config = ModelConfig(d_model=256, d_mlp=1024, block_size=256, vocab_size=65)
    batch = sizes.Batch(256, 256, "float32")
    assert sizes.step_seconds(config, RunConfig().train, batch) > 5
    assert 2.2e9 < sizes.activation_bytes(config, batch) < 2.9e9


def test_muon_is_charged_for_orthogonalising():
    adamw, muon = (PRESETS["speedrun"].config.replace(optimizer=name) for name in ("adamw", "muon"))
    square = ModelConfig(n_layers=1, d_model=8, n_heads=2, d_mlp=8)
    assert muon.step_seconds > adamw.step_seconds
    assert sizes.newton_schulz_flops(square) == 6 * 5 * 3 * 2 * 8**3  # six matrices, five steps of three products

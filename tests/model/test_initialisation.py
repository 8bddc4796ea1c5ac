import math
from dataclasses import replace

import pytest
import torch
from torch import nn

from model.config import ModelConfig
from model.initialisation import DRAWS
from model.transformer import Transformer

WIDE = ModelConfig(vocab_size=200, block_size=64, n_layers=3, n_heads=4, d_model=96, d_mlp=160, init_scale=0.02)
MATRICES = ["tok_emb", "pos_emb", "unembed", "blocks.1.attn.w_q", "blocks.2.mlp.w_in"]
WRITERS = ["blocks.0.attn.w_o", "blocks.2.mlp.w_out"]


def weights(config, seed=0):
    return dict(Transformer(config, seed).named_parameters())


@pytest.mark.parametrize("scale", [0.02, 0.5])
def test_normal_has_the_standard_deviation_asked_for_everywhere(scale):
    drawn = weights(replace(WIDE, init_scale=scale))
    for name in MATRICES + WRITERS:
        assert drawn[name].std().item() == pytest.approx(scale, rel=0.05)
        assert abs(drawn[name].mean().item()) < 0.05 * scale


def test_gpt2_writes_into_the_residual_stream_more_softly():
    drawn = weights(replace(WIDE, init="gpt2"))
    for name in MATRICES:
        assert drawn[name].std().item() == pytest.approx(0.02, rel=0.05)
    for name in WRITERS:
        assert drawn[name].std().item() == pytest.approx(0.02 / math.sqrt(6), rel=0.05)


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_xavier_fills_glorots_interval(scale):
    drawn = weights(replace(WIDE, init="xavier", init_scale=scale))
    for name in MATRICES + WRITERS:
        bound = scale * math.sqrt(6 / sum(drawn[name].shape))
        assert 0.98 * bound < drawn[name].abs().max().item() <= bound
        assert drawn[name].std().item() == pytest.approx(bound / math.sqrt(3), rel=0.05)


def test_torchs_scheme_is_that_of_its_linear_and_embedding():
    drawn, scale = weights(replace(WIDE, init="torch", init_scale=1.0)), nn.Linear(96, 4000).weight.std().item()
    for name in ("unembed", "blocks.0.attn.w_o", "blocks.1.mlp.w_in", "blocks.1.mlp.b_in", "blocks.0.attn.b_q"):
        assert drawn[name].std().item() == pytest.approx(scale, rel=0.15)
    assert drawn["blocks.1.mlp.w_out"].std().item() == pytest.approx(nn.Linear(160, 4000).weight.std().item(), rel=0.05)
    assert drawn["blocks.1.mlp.b_out"].abs().max().item() <= 1 / math.sqrt(160)
    assert drawn["tok_emb"].std().item() == pytest.approx(1, rel=0.05)


def test_a_tied_table_starts_as_the_linear_map_it_also_is():
    tied = weights(replace(WIDE, init="torch", init_scale=1.0, tied_embeddings=True))
    assert tied["tok_emb"].abs().max().item() <= 1 / math.sqrt(96)
    assert tied["pos_emb"].std().item() == pytest.approx(1, rel=0.05)


@pytest.mark.parametrize("scheme", ["normal", "gpt2", "xavier"])
def test_biases_start_at_zero_and_gains_at_one(scheme):
    drawn = weights(replace(WIDE, init=scheme))
    assert all((value == 0).all() for name, value in drawn.items() if ".b_" in name or name.endswith(".bias"))
    assert all((value == 1).all() for name, value in drawn.items() if name.endswith(".gain"))


@pytest.mark.parametrize("scheme", DRAWS)
def test_zero_initialised_outputs_add_nothing_and_change_no_other_weight(scheme):
    drawn = weights(replace(WIDE, init=scheme))
    zeroed = weights(replace(WIDE, init=scheme, zero_init_output=True))
    writes = [name for name in drawn if name.endswith(("attn.w_o", "mlp.w_out"))]
    assert len(writes) == 6
    assert not any(zeroed[name].any() for name in writes)
    assert all(torch.equal(drawn[name], zeroed[name]) for name in drawn if name not in writes)


def test_equal_seeds_give_equal_weights_and_others_do_not():
    first, again, other = weights(WIDE, 7), weights(WIDE, 7), weights(WIDE, 8)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not any(torch.equal(first[name], other[name]) for name in MATRICES + WRITERS)


def test_no_two_matrices_start_equal():
    drawn = weights(WIDE)
    assert not torch.equal(drawn["blocks.0.attn.w_q"], drawn["blocks.0.attn.w_k"])
    assert not torch.equal(drawn["blocks.0.attn.w_q"], drawn["blocks.1.attn.w_q"])


def test_changing_one_part_leaves_the_start_of_all_others():
    learned = weights(WIDE)
    changed = weights(replace(WIDE, positions="rope", activation="swiglu", norm="none", n_layers=2))
    shared = learned.keys() & changed.keys()
    assert len(shared) == 26
    assert all(torch.equal(learned[name], changed[name]) for name in shared)


def test_making_a_model_leaves_the_global_generator_alone():
    before = torch.random.get_rng_state()
    Transformer(WIDE)
    assert torch.equal(before, torch.random.get_rng_state())

"""Flat parameters: the same numbers under the same names, in one piece of memory."""

import pytest
import torch

from model.config import ModelConfig
from model.flat import FlatParameters
from model.transformer import Transformer

torch.set_num_threads(1)
TINY = ModelConfig(block_size=4, d_model=8, d_mlp=12, n_heads=2, n_layers=1)
TOKENS = torch.tensor([[1, 2, 3, 4]])


def test_a_flattened_model_computes_the_same_and_shares_the_memory():
    plain, model = Transformer(TINY), Transformer(TINY)
    flat = FlatParameters(model)
    assert torch.equal(plain(TOKENS), model(TOKENS))
    flat.values.zero_()
    assert not any(p.any() for p in model.parameters())


def test_gradients_land_in_the_flat_memory():
    plain, model = Transformer(TINY), Transformer(TINY)
    flat = FlatParameters(model)
    for each in (plain, model):
        each(TOKENS).square().sum().backward()
    flat.collect_gradients()
    for name, grad in flat.whole.parts(flat.grads).items():
        torch.testing.assert_close(grad, plain.get_parameter(name).grad)


@pytest.mark.parametrize("changes", [{}, {"tied_embeddings": True}, {"n_layers": 0, "norm": "none", "has_bias": False}])
def test_pieces_hold_every_parameter_once(changes):
    model = Transformer(ModelConfig(**{**TINY.__dict__, **changes}))
    flat = FlatParameters(model)
    hidden = [piece.name for piece in flat.hidden]
    assert sorted([*hidden, *flat.remainder.spans]) == sorted(name for name, _ in model.named_parameters())
    assert sorted([*hidden, *flat.rest.spans]) == sorted(flat.matrices.spans)
    assert {name for name, p in model.named_parameters() if p.ndim == 2} == set(flat.matrices.spans)


def test_parts_of_a_piece_are_views_in_the_parameters_shape():
    model = Transformer(TINY)
    flat = FlatParameters(model)
    moved = torch.zeros_like(flat.remainder.parameter.detach())
    flat.remainder.parts(moved)["blocks.0.mlp.b_in"].fill_(2.0)
    assert moved.sum() == 2 * 12
    assert flat.matrices.parts(flat.matrices.parameter)["blocks.0.mlp.w_in"].shape == (12, 8)


def test_group_norms_add_up_to_the_whole():
    flat = FlatParameters(Transformer(TINY))
    norms = flat.group_norms(flat.values, lambda name: name.split(".")[0])
    assert sum(norm**2 for norm in norms.values()) == pytest.approx(flat.values.square().sum().item(), rel=1e-5)


def test_parameters_that_broke_are_named():
    flat = FlatParameters(Transformer(TINY))
    for name in ("unembed", "blocks.0.attn.b_q"):
        flat.whole.parts(flat.values)[name][0] = torch.inf
    assert sorted(flat.broken()) == ["blocks.0.attn.b_q", "unembed"]

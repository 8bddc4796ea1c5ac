"""Measures against their definitions, recomputed another way."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from model.config import ModelConfig
from model.measure import batch_accuracy, batch_loss, columns_of, evaluate, groups_of, statistics
from model.records import Batch
from model.transformer import Transformer

torch.set_num_threads(1)


def model(**changes):
    tiny = {"block_size": 6, "d_model": 8, "d_mlp": 16, "n_heads": 2, "init_scale": 0.5}
    return Transformer(ModelConfig(**tiny | changes))


def batch(weights, seed=0):
    rng = np.random.default_rng(seed)
    shape = weights.shape
    return Batch(rng.integers(27, size=shape), rng.integers(27, size=shape), weights.astype(np.float32))


def test_the_loss_is_the_weighted_mean_of_each_targets():
    some = batch(np.array([[1, 0, 0], [1, 1, 0]]))
    logits = torch.randn(2, 3, 27)
    counted = [(0, 0), (1, 0), (1, 1)]
    expected = np.mean([-logits[i, j].log_softmax(-1)[some.targets[i, j]].item() for i, j in counted])
    assert batch_loss(logits, some).item() == pytest.approx(expected, rel=1e-5)
    every = batch(np.ones((2, 3)))
    assert batch_loss(logits, every) == F.cross_entropy(logits.flatten(0, 1), torch.from_numpy(every.targets).flatten())


def test_accuracy_counts_only_weighted_targets():
    some = batch(np.array([[1, 0, 1, 1]]))
    logits = F.one_hot(torch.from_numpy(some.targets), 27).float()
    logits[0, 1] = logits[0, 3] = 0  # one that does not count and one that does, wrong (or rightly 0)
    right = 2 + int(some.targets[0, 3] == 0)
    assert batch_accuracy(logits, some) == pytest.approx(right / 3)


def test_validation_weighs_batches_by_their_targets():
    m, a, b = model(), batch(np.ones((2, 4))), batch(np.eye(1, 4), seed=1)
    losses = [batch_loss(m(torch.from_numpy(each.tokens)), each).item() for each in (a, b)]
    assert evaluate(m, [a, b])[0] == pytest.approx((8 * losses[0] + losses[1]) / 9, rel=1e-5)


def test_groups_cover_all_parameters_in_the_models_order():
    assert groups_of(model(norm_embedding=True, n_layers=1)) == [
        "tok_emb", "pos_emb", "norm_emb", "blocks.0.attn", "blocks.0.mlp", "blocks.0.norms", "norm_final", "unembed",
    ]  # fmt: skip
    assert groups_of(model(tied_embeddings=True, n_layers=0, norm="none")) == ["tok_emb", "pos_emb"]


def test_columns_of_a_model_without_layers_are_fewer():
    assert not any(name.startswith(("dead", "saturated", "grad_norm/b")) for name in columns_of(model(n_layers=0)))
    assert columns_of(model(n_layers=2))[-4:] == ["dead/0", "dead/1", "saturated/0", "saturated/1"]


def values_before_activation(m, tokens):
    seen = {}
    with torch.no_grad(), m.watch(lambda name, value: seen.setdefault(name, value)):
        m(torch.from_numpy(tokens))
    return seen["blocks.0.mlp_pre"].flatten(0, 1)  # (B * T, d_mlp)


def test_a_relu_unit_is_dead_when_it_never_fires():
    m, tokens = model(activation="relu", n_layers=1), batch(np.ones((8, 6))).tokens
    with torch.no_grad():
        m.blocks[0].mlp.b_in[:5] = -1e3
    pre = values_before_activation(m, tokens)
    found = statistics(m, tokens)
    assert found["dead/0"] == pytest.approx((pre <= 0).all(dim=0).float().mean().item())
    assert found["dead/0"] >= 5 / 16
    assert found["saturated/0"] == pytest.approx((pre <= 0).float().mean().item())


def test_tanh_saturates_where_its_slope_is_gone():
    m, tokens = model(activation="tanh", n_layers=1, init_scale=2.0), batch(np.ones((8, 6))).tokens
    out = values_before_activation(m, tokens).tanh()
    assert statistics(m, tokens)["saturated/0"] == pytest.approx((out.abs() > math.sqrt(0.95)).float().mean().item())


@pytest.mark.parametrize("activation", ["identity", "relu2", "gelu", "silu", "swiglu"])
def test_shares_lie_between_none_and_all(activation):
    found = statistics(model(activation=activation), batch(np.ones((8, 6))).tokens)
    assert list(found) == ["dead/0", "saturated/0", "dead/1", "saturated/1"]
    assert all(0 <= share <= 1 for share in found.values())
    assert activation != "identity" or sum(found.values()) == 0

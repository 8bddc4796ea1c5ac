"""Surprise: −log p of every token, also of a text that is longer than the context."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from model.config import ModelConfig
from model.surprise import token_losses
from model.transformer import Transformer

torch.set_num_threads(1)


def model(block_size=8):
    return Transformer(ModelConfig(vocab_size=11, block_size=block_size, d_model=8, d_mlp=8, n_heads=2, init_scale=0.6))


def text(n):
    return np.random.default_rng(n).integers(0, 11, n)


@pytest.mark.parametrize("n", [2, 5, 9])
def test_perplexity_is_e_to_the_mean_loss_of_one_pass(n):
    tokens, one = text(n), model()
    with torch.no_grad():
        loss = F.cross_entropy(one(torch.tensor(tokens[:-1])[None])[0], torch.tensor(tokens[1:]))
    assert math.exp(token_losses(one, tokens).mean()) == pytest.approx(math.exp(loss.item()), rel=1e-5)


@pytest.mark.parametrize(("n", "block_size"), [(10, 8), (16, 8), (17, 8), (41, 8), (12, 7), (6, 4)])
def test_each_token_of_a_long_text_is_predicted_from_half_a_context_or_more(n, block_size):
    tokens, one = text(n), model(block_size)
    found = token_losses(one, tokens)
    assert found.shape == (n - 1,)
    for i in range(1, n):
        lengths = range(min(i, max(1, block_size // 2)), min(i, block_size) + 1)
        possible = [-log_prob(one, tokens[i - length : i], tokens[i]) for length in lengths]
        assert min(abs(found[i - 1] - loss) for loss in possible) < 1e-5, i


def log_prob(one, before, token):
    with torch.no_grad():
        return one(torch.tensor(before)[None])[0, -1].log_softmax(-1)[token].item()


def test_the_model_trains_on_as_it_did():
    one = model().train()
    token_losses(one, text(20))
    assert one.training

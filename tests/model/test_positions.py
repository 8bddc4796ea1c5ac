import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from model.positions import Rope, alibi_bias, alibi_slopes, sinusoids


def heads(length, d_head, seed=0):
    return torch.randn(2, 3, length, d_head, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("d_model", [4, 6, 7])
def test_sinusoids_are_those_of_the_paper(d_model):
    table = sinusoids(10, d_model)
    for position in range(10):
        for channel in range(d_model):
            angle = position / 10_000 ** ((channel - channel % 2) / d_model)
            wanted = math.sin(angle) if channel % 2 == 0 else math.cos(angle)
            assert table[position, channel].item() == pytest.approx(wanted, abs=1e-6)


def test_rope_turns_pairs_like_complex_numbers():
    x = heads(9, 8)
    angle = torch.outer(torch.arange(9.0), 10_000.0 ** (-torch.arange(4) / 4))
    turned = torch.complex(x[..., :4], x[..., 4:]) * torch.polar(torch.ones(9, 4), angle)
    assert torch.allclose(Rope(16, 8)(x), torch.cat((turned.real, turned.imag), dim=-1), atol=1e-5)


def test_rope_keeps_lengths_and_leaves_the_first_position_alone():
    x = heads(12, 6)
    turned = Rope(12, 6)(x)
    assert torch.allclose(turned.norm(dim=-1), x.norm(dim=-1), atol=1e-5)
    assert torch.equal(turned[:, :, 0], x[:, :, 0])
    assert not torch.allclose(turned[:, :, 1:], x[:, :, 1:], atol=0.1)


@settings(max_examples=50, deadline=None, derandomize=True, database=None)
@given(st.integers(0, 39), st.integers(0, 39), st.integers(1, 24))
def test_rope_scores_depend_only_on_the_distance(query, key, shift):
    q, k = heads(1, 16, seed=1), heads(1, 16, seed=2)
    turn = Rope(64, 16)
    q, k = turn(q.expand(-1, -1, 64, -1)), turn(k.expand(-1, -1, 64, -1))
    scores = q @ k.mT
    assert torch.allclose(scores[..., query, key], scores[..., query + shift, key + shift], atol=1e-4)


def test_alibi_slopes_are_the_published_ones():
    assert alibi_slopes(8).tolist() == [1 / 2**n for n in range(1, 9)]
    assert alibi_slopes(1).tolist() == [1 / 256]
    assert alibi_slopes(4).tolist() == [1 / 4, 1 / 16, 1 / 64, 1 / 256]
    # What get_slopes(3) and get_slopes(6) of the authors' repository give.
    assert alibi_slopes(3).tolist() == [1 / 16, 1 / 256, 1 / 4]
    assert alibi_slopes(6).tolist() == [1 / 4, 1 / 16, 1 / 64, 1 / 256, 1 / 2, 1 / 8]


@pytest.mark.parametrize("n_heads", range(1, 9))
def test_alibi_lowers_scores_in_proportion_to_the_distance(n_heads):
    bias, slopes = alibi_bias(n_heads, 12), alibi_slopes(n_heads)
    assert bias.shape == (n_heads, 12, 12)
    for query in range(12):
        for key in range(query + 1):
            assert torch.allclose(bias[:, query, key], -slopes * (query - key))

"""What heads are called, against attention made by hand."""

import math

import numpy as np
import pytest
import torch

from model import heads
from model.config import RunConfig
from model.datasets import load_dataset
from model.transformer import Transformer

T = 9
TOKENS = np.array([[0, 1, 2, 3, 0, 1, 2, 3, 0]])


def looking_at(keys):
    """A pattern (1, 1, T, T) in which query i gives all its attention to key keys(i)."""
    pattern = torch.zeros(1, 1, len(range(T)), T)
    for query in range(T):
        pattern[0, 0, query, keys(query)] = 1
    return pattern


def uniform():
    return torch.tril(torch.ones(1, 1, T, T)) / torch.arange(1, T + 1)[:, None]


def scores(pattern):
    """The five scores of the one head of a pattern."""
    places = heads.place_scores(pattern)[0]
    return np.array([*places, heads.induction_score(pattern, TOKENS, [4])[0], heads.spread_score(pattern)[0]])


@pytest.mark.parametrize(("keys", "name"), [
    (lambda i: max(0, i - 1), "previous token"), (lambda i: 0, "first token"), (lambda i: i, "itself"),
    (lambda i: i - 3 if i >= 4 else i, "induction"),
])  # fmt: skip
def test_attention_made_by_hand_gets_its_name_and_a_full_score(keys, name):
    found = scores(looking_at(keys))
    assert found[heads.KINDS.index(name)] == (1 if name != "itself" else pytest.approx(1))
    assert found[-1] == 0
    assert heads.name_of_head(found) == (name, 1.0)


def test_even_attention_is_spread_out_and_its_shares_are_known():
    found = scores(uniform())
    share = np.mean([1 / (i + 1) for i in range(2, T)])
    assert found[:3] == pytest.approx([share] * 3)
    assert found[3] == pytest.approx(np.mean([1 / 5, 1 / 6, 1 / 7, 1 / 8, 2 / 9]))
    assert found[4] == pytest.approx(1)
    assert heads.name_of_head(found)[0] == "spread out"


def test_a_score_below_its_threshold_names_nothing():
    below = np.array([heads.LEAST_SHARE - 0.01, 0, 0, 0, heads.LEAST_SPREAD - 0.01], np.float32)
    assert heads.name_of_head(below) == (heads.MIXED, None)
    assert heads.name_of_head(np.full(5, np.nan, np.float32)) == (heads.MIXED, None)


def test_a_prefix_match_is_a_key_whose_predecessor_is_the_query():
    matches = heads.prefix_matches(TOKENS)[0]
    for query in range(T):
        for key in range(T):
            is_match = 1 <= key <= query and TOKENS[0, key - 1] == TOKENS[0, query]
            assert matches[query, key] == is_match


def test_entropy_agrees_with_its_definition():
    pattern = torch.softmax(torch.randn(2, 3, 5, 5, generator=torch.Generator().manual_seed(0)), dim=-1)
    by_hand = [-sum(p * math.log(p) for p in row) for row in pattern.flatten(0, 2).tolist()]
    assert heads.entropy(pattern).flatten().tolist() == pytest.approx(by_hand, abs=1e-5)


@pytest.mark.parametrize("vocab_size", [3, 32])
def test_repeated_tokens_repeat_and_differ_within_a_period_as_far_as_they_can(vocab_size):
    rows = heads.repeated_tokens(vocab_size, 24, (8, 12))
    for row, period in zip(rows, (8, 12), strict=True):
        assert (row[period:] == row[:-period]).all()
        assert len(set(row[:period])) == min(period, vocab_size)
        assert row.max() < vocab_size


@pytest.mark.parametrize("block_size", [4, 5, 40, 128])
def test_scores_of_any_model_lie_between_0_and_1(block_size, home):
    config = RunConfig().replace(block_size=block_size, n_layers=2, n_heads=2, d_model=8, init_scale=0.5)
    dataset = load_dataset(config.data, home=home)
    found = heads.head_scores(Transformer(config.model), heads.probes(dataset, block_size))
    assert found.shape == (2, 2, 5)
    assert ((found >= 0) & (found <= 1 + 1e-5)).all()


def test_a_model_without_layers_has_no_heads_to_name(home):
    config = RunConfig().replace(n_layers=0)
    dataset = load_dataset(config.data, home=home)
    assert heads.head_scores(Transformer(config.model), heads.probes(dataset, 32)).shape == (0, 4, 5)

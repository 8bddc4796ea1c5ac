"""The stages from logits to a token: against a brute-force reference, and the draw against the probabilities."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from model.sampling import Rule, draw, stages, uniform

# Whole numbers make ties common.
LOGITS = st.lists(st.one_of(st.integers(-3, 3), st.floats(-30, 30, width=32)), min_size=1, max_size=12)
RULES = st.tuples(st.sampled_from([0, 1e-6, 0.1, 0.7, 1.0, 2.5, 100.0]), st.integers(0, 14), st.floats(0.01, 1))


def reference(logits, temperature, top_k, top_p):
    """Word by word: each stage a dict of token → probability. Also every sum that top-p compares with p."""
    ranked = sorted(range(len(logits)), key=lambda token: (-logits[token], token))
    if temperature == 0:
        tempered = {ranked[0]: 1.0}
    else:
        tempered = renormalised({token: math.exp((logits[token] - max(logits)) / temperature) for token in ranked})
    kept = ranked[:top_k] if top_k else ranked
    after_k = renormalised({token: tempered.get(token, 0.0) for token in kept})
    sums = [math.fsum(after_k[token] for token in kept[: n + 1]) for n in range(len(kept))]
    n_kept = next((n + 1 for n, sum_ in enumerate(sums) if sum_ >= top_p), len(kept)) if top_p < 1 else len(kept)
    return ranked, [tempered, after_k, renormalised({token: after_k[token] for token in kept[:n_kept]})], sums


def renormalised(weights):
    total = math.fsum(weights.values())
    return {token: weight / total for token, weight in weights.items()}


@given(LOGITS, RULES)
def test_the_stages_equal_a_brute_force_reference(logits, rule):
    logits = np.array(logits, np.float32)
    ranked, expected, sums = reference(logits.astype(float).tolist(), *rule)
    assume(all(abs(sum_ - rule[2]) > 1e-9 for sum_ in sums))  # there rounding decides
    got = stages(logits, Rule(*rule))
    assert got.order.tolist() == ranked
    for stage, probs in zip((got.tempered, got.top_k, got.top_p), expected, strict=True):
        by_token = [probs.get(token, 0.0) for token in range(len(logits))]
        np.testing.assert_allclose(stage, by_token, rtol=1e-9, atol=1e-15)


@given(LOGITS, RULES)
def test_each_stage_sums_to_one_and_takes_tokens_away_only(logits, rule):
    got = stages(np.array(logits, np.float32), Rule(*rule))
    for before, after in ((got.tempered, got.tempered), (got.tempered, got.top_k), (got.top_k, got.top_p)):
        assert after.sum() == pytest.approx(1, abs=1e-12)
        assert (after >= before * (1 - 1e-12))[after > 0].all()


def test_of_equal_logits_the_first_in_the_vocabulary_is_the_likelier():
    tied = np.array([1, 2, 2, 2, 0], np.float32)
    assert stages(tied, Rule(temperature=0)).top_p.tolist() == [0, 1, 0, 0, 0]
    assert np.flatnonzero(stages(tied, Rule(top_k=2)).top_k).tolist() == [1, 2]
    assert np.flatnonzero(stages(np.zeros(4, np.float32), Rule(top_p=0.5)).top_p).tolist() == [0, 1]


@given(LOGITS, RULES, st.floats(0, 1, exclude_max=True))
def test_the_draw_is_where_u_falls_on_the_cumulative_line(logits, rule, u):
    got = stages(np.array(logits, np.float32), Rule(*rule))
    token, sum_ = draw(got.top_p, got.order, u), 0.0
    assert got.top_p[token] > 0
    for each in got.order:
        if each == token:
            assert sum_ - 1e-12 <= u < sum_ + got.top_p[each] + 1e-12
        sum_ += got.top_p[each]


def test_draws_come_as_often_as_their_probabilities_say():
    got = stages(np.array([2, 0.5, 1, -1, 0], np.float32), Rule(temperature=0.8, top_p=0.97))
    n = 40_000
    counts = np.bincount([draw(got.top_p, got.order, uniform(7, i)) for i in range(n)], minlength=5)
    deviation = np.sqrt(n * got.top_p * (1 - got.top_p))
    assert (np.abs(counts - n * got.top_p) <= 4 * deviation).all()


def hashed(seed, i):
    """The same hash in numpy's own 32-bit arithmetic."""
    def mix(x):
        x = (x ^ (x >> np.uint32(16))) * np.uint32(0x7FEB352D)
        x = (x ^ (x >> np.uint32(15))) * np.uint32(0x846CA68B)
        return x ^ (x >> np.uint32(16))

    words = np.array([2 * i, 2 * i + 1], np.uint64).astype(np.uint32) + np.uint32(0x85EBCA6B)
    high, low = mix(mix(np.array([seed], np.uint32) ^ np.uint32(0x9E3779B9)) ^ mix(words)).tolist()
    return ((high >> 5) * 2**26 + (low >> 6)) / 2**53


@given(st.integers(0, 2**32 - 1), st.integers(0, 10_000))
def test_random_numbers_are_the_stated_hash(seed, i):
    assert uniform(seed, i) == hashed(seed, i)


def test_random_numbers_are_even_and_owe_nothing_to_each_other():
    table = np.array([[uniform(seed, i) for i in range(200)] for seed in range(200)])
    assert len(np.unique(table)) == table.size
    assert np.abs(np.sort(table.ravel()) - (np.arange(table.size) + 0.5) / table.size).max() < 0.01
    neighbours = [(table[:-1], table[1:]), (table[:, :-1], table[:, 1:])]  # of seeds, of draws
    assert all(abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.02 for one, other in neighbours)


@pytest.mark.parametrize(
    ("field", "value"),
    [("temperature", -0.1), ("temperature", float("nan")), ("temperature", "1"), ("temperature", True),
     ("top_k", -1), ("top_k", 1.5), ("top_p", 0), ("top_p", 1.01), ("top_p", None)],
)  # fmt: skip
def test_a_rule_out_of_range_is_refused_by_name(field, value):
    with pytest.raises(ValueError, match=f"{field} must be"):
        Rule(**{field: value})


@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf])
def test_logits_that_are_no_numbers_give_no_token(broken):
    with pytest.raises(ValueError, match="no longer finite"):
        stages(np.array([0, broken], np.float32), Rule())


@pytest.mark.parametrize("field", ["temperature", "top_p"])
def test_an_integer_too_large_for_a_float_is_out_of_range(field):
    with pytest.raises(ValueError, match=f"{field} must be a number .* got an integer of more than 19 digits"):
        Rule(**{field: 10**400})

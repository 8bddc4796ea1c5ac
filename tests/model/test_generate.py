"""Sampling: bounds, stopping, seeds, and draws that follow the model's own probabilities."""

import math

import pytest
import torch

from model.config import ModelConfig
from model.generate import continue_prompt, sample
from model.sampling import Rule, draw, stages, uniform
from model.transformer import Transformer

torch.set_num_threads(1)


def model(**changes):
    tiny = {"block_size": 4, "d_model": 8, "d_mlp": 16, "n_heads": 2, "init_scale": 0.5}
    return Transformer(ModelConfig(**tiny | changes))


def test_each_continuation_is_as_long_as_asked_past_the_context():
    rows = sample(model(), [1, 2, 3], 5, 9)
    assert [len(row) for row in rows] == [9] * 5
    assert all(0 <= token < 27 for row in rows for token in row)


def test_nothing_comes_after_the_stop_token():
    free = sample(model(), [0], 20, 30, seed=3)
    stopped = sample(model(), [0], 20, 30, seed=3, stop_token=5)
    assert [row[: row.index(5)] if 5 in row else row for row in free] == stopped
    assert any(len(row) < 30 for row in stopped)


def test_equal_seeds_say_the_same_whatever_torch_drew_before():
    first = sample(model(), [0], 3, 8, seed=1)
    torch.manual_seed(99)
    assert sample(model(), [0], 3, 8, seed=1) == first
    assert sample(model(), [0], 3, 8, seed=2) != first


def test_temperature_zero_takes_the_likeliest_token_each_time():
    m = model()
    (row,) = sample(m, [0], 1, 6, temperature=0)
    tokens = [0]
    for token in row:
        assert token == m(torch.tensor([tokens[-4:]]))[0, -1].argmax()
        tokens.append(token)


def test_draws_follow_the_models_probabilities():
    m = model(vocab_size=3)
    expected = (m(torch.tensor([[1]]))[0, -1] / 2).softmax(-1)
    drawn = torch.tensor(sample(m, [1], 20_000, 1, temperature=2.0)).flatten()
    torch.testing.assert_close(torch.bincount(drawn, minlength=3) / 20_000, expected, atol=0.015, rtol=0)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"prompt": []}, "prompt"),
        ({"n": 0}, "n="),
        ({"max_tokens": 0}, "max_tokens"),
        ({"temperature": -1.0}, "temperature"),
    ],
)
def test_what_is_no_use_is_refused_by_name(changes, word):
    arguments = {"prompt": [0], "n": 1, "max_tokens": 1} | changes
    with pytest.raises(ValueError, match=word):
        sample(model(), **arguments)


def test_a_model_whose_logits_are_not_finite_says_so_and_stays_in_training_mode():
    m = model()
    with torch.no_grad():
        next(iter(m.parameters())).fill_(math.inf)
    m.train()
    with pytest.raises(ValueError, match="no longer finite"):
        sample(m, [1], 1, 3)
    assert m.training


def test_a_tiny_temperature_takes_the_likeliest_token():
    m = model()
    assert sample(m, [1], 1, 6, temperature=1e-300) == sample(m, [1], 1, 6, temperature=0)


def test_a_prompt_is_continued_by_the_stages_up_to_the_stop_token():
    m = model().train()
    rule = Rule(temperature=0.9, top_k=5, top_p=0.8)
    free = continue_prompt(m, [1, 2], 12, rule, seed=4)
    tokens = [1, 2]
    for i in range(12):
        with torch.no_grad():
            logits = m.eval()(torch.tensor([tokens[-4:]]), step_by_step=True)[0, -1]
        passed = stages(logits.numpy(), rule)
        tokens.append(draw(passed.top_p, passed.order, uniform(4, i)))
    assert free == tokens[2:]
    stop = free[5]
    assert continue_prompt(m, [1, 2], 12, rule, seed=4, stop_token=stop) == free[: free.index(stop) + 1]

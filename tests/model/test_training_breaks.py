"""Training that diverges: what broke is named in its step, and the last good state is kept."""

import math

import numpy as np
import pytest
import torch

from model.divergence import Diverged
from tests.model.test_training import NAMES, assert_equal_state, losses, trainer, weights


def test_an_absurd_learning_rate_is_caught_and_the_last_good_state_kept():
    run, twin = trainer(batch_size=16), trainer(batch_size=16)
    losses(run, 30), losses(twin, 30)
    run.set(learning_rate=1e9)
    with pytest.raises(Diverged) as caught:
        losses(run, 60)
    assert caught.value.tensor
    assert run.step == 30
    assert torch.equal(weights(run), weights(twin))
    assert run.divergence == caught.value.divergence
    run.set(**caught.value.cures[0]["changes"])
    assert np.mean(losses(run, 20)) < 3.3


def test_divergence_from_the_first_step_stands_at_the_start():
    run = trainer(learning_rate=1e9, schedule="constant")
    with pytest.raises(Diverged):
        losses(run, 60)
    assert run.step == 0
    assert torch.equal(weights(run), weights(trainer()))
    assert run.state()[1]["draws"] == trainer().state()[1]["draws"]


@pytest.mark.parametrize(
    ("name", "tap"), [("blocks.1.mlp.w_in", "blocks.1.mlp_pre"), ("norm_final.gain", "norm_final")]
)
def test_a_value_that_overflows_forward_is_named_in_its_step(name, tap):
    run = trainer()
    losses(run, 4)
    with torch.no_grad():
        run.model.get_parameter(name).fill_(3e38)
    with pytest.raises(Diverged) as caught:
        run.train_step()
    assert (caught.value.tensor, caught.value.step) == (tap, 5)
    assert weights(run).abs().max() < 10


def test_a_gradient_that_overflows_is_named_and_the_state_is_as_before_the_step():
    run, twin = trainer(), trainer()
    losses(run, 4), losses(twin, 4)
    run.model.unembed.register_hook(lambda grad: grad * math.inf)
    with pytest.raises(Diverged) as caught:
        run.train_step()
    assert caught.value.tensor == "grad:unembed"
    assert_equal_state(run, twin)


def test_weights_that_overflow_are_named_and_undone_in_the_same_step():
    settings = {"optimizer": "sgd", "learning_rate": 1e12, "grad_clip": 0.0, "seed": 3}
    run, twin = trainer(**settings), trainer(**settings)
    unseen = min(set(range(27)) - set(NAMES.draw(np.random.default_rng(3), 4, 8).tokens.flat))
    for each in (run, twin):  # a letter that this batch does not have: only weight decay moves its embedding
        with torch.no_grad():
            each.model.tok_emb[unseen] = 1e30
    with pytest.raises(Diverged) as caught:
        run.train_step()
    assert (caught.value.tensor, caught.value.step) == ("tok_emb", 1)
    assert_equal_state(run, twin)


def test_batchnorms_averages_go_back_too():
    run, twin = trainer(norm="batchnorm"), trainer(norm="batchnorm")
    losses(run, 4), losses(twin, 4)
    run.model.unembed.register_hook(lambda grad: grad * math.nan)
    with pytest.raises(Diverged):
        run.train_step()
    assert_equal_state(run, twin)

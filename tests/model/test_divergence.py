"""Divergence: the two lines a loss must cross, the first value that broke, cures that are allowed."""

import math

import numpy as np
import pytest
import torch

from model.config import ModelConfig, RunConfig
from model.divergence import LossWatch, first_broken, likely_cures
from model.records import Batch
from model.transformer import Transformer

torch.set_num_threads(1)
TOKENS = np.array([[1, 2, 3, 4]])
BATCH = Batch(TOKENS, TOKENS + 1, np.ones((1, 4), np.float32))


def model(**changes):
    tiny = {"block_size": 4, "d_model": 8, "d_mlp": 16, "n_heads": 2}
    return Transformer(ModelConfig(**tiny | changes))


@pytest.mark.parametrize(
    ("parameter", "tap"),
    [
        ("tok_emb", "tok_emb"),
        ("blocks.0.attn.w_v", "blocks.0.attn.v"),
        ("blocks.1.mlp.w_out", "blocks.1.mlp_out"),
        ("unembed", "logits"),
    ],
)
def test_the_first_value_of_the_forward_pass_is_named(parameter, tap):
    m = model()
    with torch.no_grad():
        m.get_parameter(parameter).fill_(math.nan)
    assert first_broken(m, BATCH) == tap


def test_scores_that_are_minus_infinity_under_the_mask_are_sound():
    m = model()
    m.blocks[0].attn.w_q.register_hook(lambda grad: grad * math.nan)
    assert first_broken(m, BATCH) == "grad:blocks.0.attn.w_q"


def test_the_first_gradient_of_the_backward_pass_is_named():
    m, one = model(), Batch(TOKENS[:, :1], TOKENS[:, 1:2], np.ones((1, 1), np.float32))
    with torch.no_grad():  # a tiny gain keeps the logits small, but flows back only after the sum over all tokens
        m.norm_final.gain.fill_(1e-38)
        m.unembed.fill_(-3e38)[one.targets[0]] = 3e38
    assert first_broken(m, one) == "grad:norm_final"


def test_the_loss_has_diverged_when_its_mean_of_twenty_crosses_both_lines():
    watch = LossWatch(vocab_size=27)
    assert not any(watch.has_diverged(3.0) for _ in range(40))
    late = [watch.has_diverged(8.0) for _ in range(20)]
    means = [(3.0 * (19 - i) + 8.0 * (i + 1)) / 20 for i in range(20)]
    assert late == [mean > max(1.5 * math.log(27), 6.0) for mean in means]


def test_a_bad_start_that_improves_is_no_divergence():
    watch = LossWatch(vocab_size=27)
    assert not any(watch.has_diverged(60.0 - 0.5 * i) for i in range(100))


def test_cures_change_what_is_wrong_to_something_allowed():
    broken = RunConfig().replace(learning_rate=1e9, grad_clip=0.0)
    cures = likely_cures(broken.train, step=3)
    changed = [name for cure in cures for name in cure["changes"]]
    assert changed == ["learning_rate", "grad_clip", "warmup_steps"]
    for cure in cures:
        broken.replace(**cure["changes"])
    assert cures[0]["changes"]["learning_rate"] == 3e-3

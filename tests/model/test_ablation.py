"""Heads switched off and patched, against weights zeroed by hand and against reading the text itself."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from model.ablation import compare, from_other_text, heads_of, rise_without_each, switching
from model.config import ModelConfig
from model.measure import mean_loss
from model.trace import one_row
from model.transformer import Transformer
from tests.model.conftest import awaken

OFF = [(0, 1), (1, 0)]
SIZES = {"vocab_size": 11, "block_size": 8, "n_layers": 2, "n_heads": 2, "d_model": 8, "d_mlp": 12, "init_scale": 0.3}


def made(**changes):
    config = ModelConfig(**SIZES | changes)
    return awaken(Transformer(config, seed=1)), one_row([3, 1, 4, 1, 5, 9, 2], None, None, config)


def zeroed_by_hand(model, off):
    """The same model whose columns of w_o that read these heads are zero."""
    copy = Transformer(model.config).eval()
    copy.load_state_dict(model.state_dict())
    with torch.no_grad():
        for layer, head in off:
            copy.blocks[layer].attn.w_o[:, head * model.config.d_head : (head + 1) * model.config.d_head] = 0
    return copy


def losses(model, row):
    with torch.no_grad():
        logits = model(torch.from_numpy(row.tokens), step_by_step=True)[0]
    return F.cross_entropy(logits, torch.from_numpy(row.targets[0]), reduction="none").numpy()


@pytest.mark.parametrize("changes", [{}, {"has_mlp": False}, {"positions": "rope", "norm": "rmsnorm", "qk_norm": True},
                                     {"has_bias": False, "norm": "none"}, {"norm_placement": "post"}])  # fmt: skip
def test_a_head_that_is_off_is_a_head_whose_weights_are_zeroed_by_hand(changes):
    model, row = made(**changes)
    found = compare(model, row, switching(OFF))
    np.testing.assert_array_equal(found["after/token_loss"], losses(zeroed_by_hand(model, OFF), row))
    np.testing.assert_array_equal(found["before/token_loss"], losses(model, row))
    assert (found["before/token_loss"] != found["after/token_loss"]).any()


def test_a_patch_from_the_same_text_changes_nothing():
    model, row = made()
    given = from_other_text(model, row, row, [(0, 0), (1, 1)])
    found = compare(model, row, switching(given=given))
    np.testing.assert_array_equal(found["before/token_loss"], found["after/token_loss"])
    np.testing.assert_array_equal(found["before/probability"], found["after/probability"])


def test_all_heads_patched_in_a_layer_write_what_they_write_on_the_other_text():
    model, row = made(n_layers=1, has_residual=False, has_mlp=False)  # nothing else reaches the logits
    other = one_row([7, 7, 2, 0, 10, 6, 8], None, None, model.config)
    given = from_other_text(model, row, other, [(0, 0), (0, 1)])
    found = compare(model, row, switching(given=given))
    with torch.no_grad():
        logits = model(torch.from_numpy(other.tokens), step_by_step=True)[0]
    expected = F.cross_entropy(logits, torch.from_numpy(row.targets[0]), reduction="none").numpy()
    np.testing.assert_array_equal(found["after/token_loss"], expected)


def test_a_second_text_of_another_length_is_refused_in_a_sentence():
    model, row = made()
    with pytest.raises(ValueError, match=r"as many tokens as the first, 6.*; it has 3"):
        from_other_text(model, row, one_row([1, 2, 3, 4], None, None, model.config), [(0, 0)])


def test_the_rise_without_a_head_is_that_of_switching_it_off_alone():
    model, _ = made()
    row = one_row([3, 1, 4, 1, 5, 9], [1, 4, 1, 5, 9, 2], [1, 0, 1, 1, 0, 1], model.config)
    found = rise_without_each(model, row)
    for layer in range(2):
        for head in range(2):
            alone = compare(model, row, switching([(layer, head)]))
            rise = mean_loss(alone["after/token_loss"], row) - mean_loss(alone["before/token_loss"], row)
            assert found[layer, head] == pytest.approx(rise, abs=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_without_a_head_that_has_no_effect_nothing_rises(seed):
    model = zeroed_by_hand(awaken(Transformer(ModelConfig(**SIZES), seed=seed)), OFF)
    tokens = np.random.default_rng(seed).integers(0, 11, 9).tolist()
    found = rise_without_each(model, one_row(tokens, None, None, model.config))
    assert [found[layer, head] for layer, head in OFF] == [0, 0]
    assert (np.abs(found) > 1e-6).sum() == 2


def test_nothing_is_left_behind():
    model, row = made()
    before = losses(model, row)
    compare(model, row, switching(OFF))
    rise_without_each(model, row)
    np.testing.assert_array_equal(losses(model, row), before)


def test_probabilities_are_those_of_the_softmax_and_the_likeliest():
    model, row = made()
    found = compare(model, row, switching(OFF))
    with torch.no_grad():
        probs = model(torch.from_numpy(row.tokens), step_by_step=True)[0].softmax(-1).numpy()
    picked = np.take_along_axis(probs, found["ids"].astype(np.int64), -1)
    np.testing.assert_array_equal(picked, found["before/probability"])
    assert (found["ids"] == probs.argmax(-1)[:, None]).any(-1).all()


@pytest.mark.parametrize("listed", ["0.1", [[0]], [[0, 2]], [[2, 0]], [[0, True]], [[-1, 0]], [["0", 1]], {}])
def test_heads_that_this_model_does_not_have_are_refused(listed):
    with pytest.raises(ValueError, match=r"off must be a list of \[layer, head\]"):
        heads_of(listed, ModelConfig(**SIZES), "off")

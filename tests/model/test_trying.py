import numpy as np
import pytest
import torch

from model.config import ModelConfig
from model.measure import mean_loss
from model.records import Batch
from model.transformer import Transformer
from model.trying import largest_slope, read, set_weight, slope, weight

CONFIG = ModelConfig(vocab_size=12, block_size=8, n_layers=2, n_heads=2, d_model=8, d_mlp=16, norm="batchnorm")
ROW = Batch(
    np.array([[1, 2, 3, 4, 5]]), np.array([[2, 3, 4, 5, 6]]), np.array([[0, 1, 1, 0, 1]], np.float32)
)  # fmt: skip
CELL = "blocks.1.mlp.w_out", [3, 5]


@pytest.fixture
def model():
    return Transformer(CONFIG, seed=3)


def test_a_reading_is_torchs_own_log_softmax(model):
    reading = read(model, ROW)
    model.eval()
    probs = model(torch.from_numpy(ROW.tokens), step_by_step=True)[0].softmax(-1).detach()  # (T, V)
    targets = torch.from_numpy(ROW.targets[0])
    torch.testing.assert_close(torch.from_numpy(reading["target_probability"]), probs[range(5), targets])
    np.testing.assert_allclose(reading["token_loss"], -np.log(reading["target_probability"]), rtol=1e-5)
    np.testing.assert_array_equal(reading["likeliest"][:, 0], probs.argmax(-1))
    assert reading["likeliest"].shape == reading["likeliest_probability"].shape == (5, 10)
    assert (np.diff(reading["likeliest_probability"], axis=1) <= 0).all()


def test_only_targets_that_count_make_the_loss(model):
    reading = read(model, ROW)
    assert mean_loss(reading["token_loss"], ROW) == pytest.approx(reading["token_loss"][[1, 2, 4]].mean())


def test_the_slope_is_that_of_finite_differences(model):
    model, epsilon = model.double(), 1e-5
    found, at = slope(model, ROW, *CELL), weight(model, *CELL)
    losses = []
    for value in (at + epsilon, at - epsilon):
        set_weight(model, *CELL, value)
        losses.append(mean_loss(read(model, ROW)["token_loss"], ROW))
    assert found == pytest.approx((losses[0] - losses[1]) / (2 * epsilon), rel=1e-3)


def test_a_weight_is_set_as_float32_and_nothing_else_changes(model):
    before = {name: value.clone() for name, value in model.state_dict().items()}
    assert set_weight(model, *CELL, 0.1) == weight(model, *CELL) == float(np.float32(0.1))
    changed = [name for name, value in model.state_dict().items() if not torch.equal(value, before[name])]
    assert changed == [CELL[0]]
    assert (model.state_dict()[CELL[0]] != before[CELL[0]]).sum() == 1


def test_reading_leaves_the_model_in_training_with_its_statistics(model):
    before = {name: value.clone() for name, value in model.named_buffers()}
    read(model, ROW)
    slope(model, ROW, *CELL)
    assert model.training
    assert all(torch.equal(value, before[name]) for name, value in model.named_buffers())
    assert all(parameter.grad is None for parameter in model.parameters())


@pytest.mark.parametrize(
    ("name", "index", "words"),
    [
        ("blocks.9.attn.w_q", [0, 0], "name must be a parameter"), (["x"], [0], "name must be a parameter"),
        (CELL[0], [1], "index must have 2 numbers"), (CELL[0], "35", "index must have 2 numbers"),
        (CELL[0], [8, 0], "index must lie within"), (CELL[0], [True, 0], "index must lie within"),
    ],
)  # fmt: skip
def test_a_weight_that_is_not_there_is_one_sentence(model, name, index, words):
    with pytest.raises(ValueError, match=words):
        weight(model, name, index)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2e6, "1", None, True])
def test_a_wild_value_is_one_sentence_and_changes_nothing(model, value):
    before = weight(model, *CELL)
    with pytest.raises(ValueError, match="value must be a number from −1,000,000 to 1,000,000"):
        set_weight(model, *CELL, value)
    assert weight(model, *CELL) == before


@pytest.mark.parametrize("name", [[1], {"a": 1}, 3, "no such weight"])
def test_what_is_no_name_of_a_parameter_is_refused_in_a_sentence(model, name):
    with pytest.raises(ValueError, match="name must be a parameter of this model, such as tok_emb"):
        largest_slope(model, ROW, name)

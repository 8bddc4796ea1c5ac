"""The logit lens: at the last layer the model's own words, at an earlier one those of a model that ends there."""

import pytest
import torch
from torch import nn

from model.config import ModelConfig
from model.lenses import logit_lens
from model.transformer import Transformer
from tests.model.conftest import awaken

torch.set_num_threads(1)
TOKENS = torch.tensor([3, 1, 4, 1, 5])
MODELS = [
    {}, {"n_layers": 0}, {"n_layers": 1}, {"norm": "none"}, {"norm_final": False}, {"norm": "rmsnorm"},
    {"norm": "batchnorm"}, {"norm_placement": "post"}, {"norm_placement": "post", "norm_final": False},
    {"norm_placement": "post", "has_mlp": False}, {"has_mlp": False}, {"has_residual": False}, {"positions": "rope"},
    {"positions": "none", "n_layers": 0, "norm": "none"}, {"norm_embedding": True, "n_layers": 0},
    {"tied_embeddings": True}, {"activation": "swiglu"}, {"positions": "alibi"}, {"positions": "sinusoidal"},
]  # fmt: skip


@pytest.fixture(params=MODELS, ids=str)
def model(request):
    tiny = {"vocab_size": 11, "block_size": 8, "d_model": 8, "d_mlp": 12, "n_heads": 2, "n_layers": 3}
    return awaken(Transformer(ModelConfig(**tiny | request.param)))


def test_the_last_layer_says_the_logits_to_the_bit(model):
    lens = logit_lens(model, TOKENS)
    assert lens.logits.shape == (model.config.n_layers + 1, 5, 11)
    with torch.no_grad():
        torch.testing.assert_close(lens.logits[-1], model(TOKENS[None], step_by_step=True)[0], rtol=0, atol=0)


def test_each_layer_says_what_a_model_that_ends_there_would(model):
    lens, blocks = logit_lens(model, TOKENS), model.blocks
    for n in range(len(blocks) + 1):
        model.blocks = nn.ModuleList(blocks[:n])
        with torch.no_grad():
            torch.testing.assert_close(lens.logits[n], model(TOKENS[None])[0], rtol=1e-5, atol=1e-5)


def test_looking_moves_no_running_average_and_leaves_the_mode():
    model = Transformer(ModelConfig(d_model=8, n_heads=2, norm="batchnorm")).train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    buffers = {name: value.clone() for name, value in model.named_buffers()}
    logit_lens(model, TOKENS)
    assert model.training
    assert all(module.training for module in model.modules())
    assert all((before[name] == value).all() for name, value in model.state_dict().items())
    assert all((buffers[name] == value).all() for name, value in model.named_buffers())


@pytest.mark.parametrize(
    ("options", "words"),
    [({}, ""), ({"norm": "none"}, "no final norm"), ({"norm_final": False}, "no final norm"),
     ({"norm": "batchnorm"}, "running averages"), ({"norm_placement": "post"}, "post-norm"),
     ({"has_residual": False}, "no residual connections")],
)  # fmt: skip
def test_what_is_peculiar_in_a_model_is_said(options, words):
    remark = logit_lens(Transformer(ModelConfig(d_model=8, n_heads=2, **options)), TOKENS).remark
    assert words in remark
    assert bool(words) == bool(remark)

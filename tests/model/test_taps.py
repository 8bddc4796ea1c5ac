"""Taps: their names and order, what a listener may do, and that nobody computes differently for being watched."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given

from model.transformer import Transformer
from tests.model.test_transformer import TINY, any_config, each_combination, random_tokens, recorded, waking


def test_taps_have_the_projects_names_in_forward_order():
    part = "resid_pre norm1 attn.q attn.k attn.v attn.scores attn.masked_scores attn.pattern attn.z attn_out resid_mid"
    mlp = "norm2 mlp_pre mlp_post mlp_out resid_post"
    blocks = [f"blocks.{i}.{name}" for i in range(2) for name in f"{part} {mlp}".split()]
    assert Transformer(TINY).tap_names() == ["tok_emb", "pos_emb", "embedded", *blocks, "norm_final", "logits"]


@pytest.mark.parametrize(
    ("option", "more", "less"),
    [
        ({"positions": "rope"}, {"attn.q_rot", "attn.k_rot"}, {"pos_emb", "embedded"}),
        ({"qk_norm": True}, {"attn.q_norm", "attn.k_norm"}, set()),
        ({"norm_embedding": True}, {"norm_emb"}, set()),
        ({"norm": "none"}, set(), {"norm1", "norm2", "norm_final"}),
        ({"activation": "swiglu"}, {"mlp_gate"}, set()),
        ({"has_mlp": False}, set(), {"resid_mid", "norm2", "mlp_pre", "mlp_post", "mlp_out"}),
    ],
)
def test_each_part_brings_its_taps(option, more, less):
    def names(config):
        return {name.removeprefix("blocks.0.") for name in Transformer(replace(config, n_layers=1)).tap_names()}

    assert names(replace(TINY, **option)) == (names(TINY) | more) - less


@each_combination
@given(any_config)
def test_watching_changes_no_bit_and_shows_every_tap(config):
    model, tokens = waking(config), random_tokens(config)
    seen = recorded(model, tokens)
    assert torch.equal(seen["logits"], model(tokens, step_by_step=True))
    assert list(seen) == model.tap_names()


def tiny_taps():
    everything = replace(TINY, positions="rope", qk_norm=True, activation="swiglu", norm_embedding=True)
    return [(config, name) for config in (TINY, everything) for name in Transformer(config).tap_names()]


@pytest.mark.parametrize(("config", "name"), tiny_taps())
def test_what_a_listener_returns_takes_the_values_place(config, name):
    model, tokens = waking(config), random_tokens(config)
    noise = torch.Generator().manual_seed(0)

    def disturb(seen, value):
        return value + torch.randn(value.shape, generator=noise) if seen == name else value

    with model.watch(disturb):
        disturbed = model(tokens)
    assert not torch.allclose(disturbed, model(tokens), atol=1e-3)


def test_a_stream_patched_in_from_another_text_gives_that_texts_logits():
    model = waking(TINY)
    here, there = random_tokens(TINY, seed=0), random_tokens(TINY, seed=1)
    stream = recorded(model, there)["blocks.0.resid_post"]
    with model.watch(lambda name, value: stream if name == "blocks.0.resid_post" else value):
        patched = model(here)
    assert torch.equal(patched, model(there, step_by_step=True))


@pytest.mark.parametrize("option", [{}, {"positions": "rope", "qk_norm": True, "activation": "swiglu"}])
def test_values_keep_their_autograd_history(option):
    model, tokens = waking(replace(TINY, **option)), random_tokens(TINY)
    seen = recorded(model, tokens)
    loss = F.cross_entropy(seen["logits"].flatten(0, 1), tokens.flatten())
    grads = torch.autograd.grad(loss, list(seen.values()))
    assert all(grad.shape == value.shape and grad.any() for grad, value in zip(grads, seen.values(), strict=True))


def test_a_listener_hears_nothing_outside_its_context():
    model, heard = Transformer(TINY), []

    def fail(name, value):
        heard.append(name)
        raise RuntimeError("listener")

    with pytest.raises(RuntimeError, match="listener"), model.watch(fail):
        model(random_tokens(TINY))
    model(random_tokens(TINY), step_by_step=True)
    assert heard == ["tok_emb"]
    assert model.training


def test_watching_a_training_model_leaves_batchnorms_averages_alone():
    model, tokens = waking(replace(TINY, norm="batchnorm")).train(), random_tokens(TINY)
    before = {name: buffer.clone() for name, buffer in model.named_buffers()}
    seen = recorded(model, tokens)
    assert all(torch.equal(before[name], buffer) for name, buffer in model.named_buffers())
    assert torch.equal(seen["logits"], model.eval()(tokens, step_by_step=True))

import math
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from model.config import PRESETS, ModelConfig
from model.transformer import Transformer

TINY = ModelConfig(vocab_size=11, block_size=8, n_layers=2, n_heads=2, d_model=8, d_mlp=16, init_scale=0.5)

OPTIONS = {
    "positions": ["none", "sinusoidal", "learned", "rope", "alibi"],
    "norm": ["none", "layernorm", "rmsnorm", "batchnorm"],
    "norm_gain": [False, True],
    "norm_placement": ["pre", "post"],
    "norm_embedding": [False, True],
    "norm_final": [False, True],
    "activation": ["identity", "relu", "relu2", "gelu", "silu", "swiglu", "tanh"],
    "has_mlp": [False, True],
    "has_residual": [False, True],
    "has_bias": [False, True],
    "tied_embeddings": [False, True],
    "qk_norm": [False, True],
    "n_layers": [0, 1, 3],
    "n_heads": [1, 2, 4],
    "d_mlp": [4, 20],
    "zero_init_output": [False, True],
}
EACH_OPTION = [pytest.param({name: value}, id=f"{name}={value}") for name in OPTIONS for value in OPTIONS[name]]
any_config = st.builds(
    lambda chosen: replace(TINY, **chosen),
    st.fixed_dictionaries({name: st.sampled_from(values) for name, values in OPTIONS.items()}),
)
each_combination = settings(max_examples=150, deadline=None, derandomize=True, database=None)


def random_tokens(config, rows=3, length=None, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(config.vocab_size, (rows, length or config.block_size), generator=generator)


def waking(config, seed=1):
    """A model whose every parameter matters: nothing left at zero or one."""
    model = Transformer(config, seed)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator), alpha=0.3)
    return model.eval()


def recorded(model, tokens):
    values = {}

    def keep(name, value):
        values[name] = value
        return value

    with model.watch(keep):
        model(tokens)
    return values


def assert_close(got, wanted, tolerance=1e-5):
    assert (got - wanted).abs().max() <= tolerance * wanted.abs().max() + 1e-8


def block_weights(config, seed=3):
    """One block with weights of its own, and the encoder layer of torch that holds the same ones."""
    activation = {"relu": F.relu, "gelu": F.gelu}[config.activation]
    block = waking(replace(config, n_layers=1), seed).blocks[0]
    theirs = nn.TransformerEncoderLayer(
        config.d_model, config.n_heads, config.d_mlp, 0.0, activation, 1e-5, True, config.norm_placement == "pre"
    )
    attn, mlp = block.attn, block.mlp
    weights = {
        "self_attn.in_proj_weight": torch.cat((attn.w_q, attn.w_k, attn.w_v)),
        "self_attn.in_proj_bias": torch.cat((attn.b_q, attn.b_k, attn.b_v)),
        "self_attn.out_proj.weight": attn.w_o, "self_attn.out_proj.bias": attn.b_o,
        "linear1.weight": mlp.w_in, "linear1.bias": mlp.b_in,
        "linear2.weight": mlp.w_out, "linear2.bias": mlp.b_out,
        "norm1.weight": block.norm1.gain, "norm1.bias": block.norm1.bias,
        "norm2.weight": block.norm2.gain, "norm2.bias": block.norm2.bias,
    }  # fmt: skip
    theirs.load_state_dict(weights)
    return block, theirs


@pytest.mark.parametrize("step_by_step", [False, True])
@pytest.mark.parametrize("activation", ["relu", "gelu"])
@pytest.mark.parametrize("placement", ["pre", "post"])
def test_a_block_computes_what_torchs_encoder_layer_computes(placement, activation, step_by_step):
    block, theirs = block_weights(replace(TINY, norm_placement=placement, activation=activation))
    x = torch.randn(3, 8, 8, generator=torch.Generator().manual_seed(5))
    mask = nn.Transformer.generate_square_subsequent_mask(8)
    assert_close(block(x, lambda name, value: value, step_by_step), theirs(x, src_mask=mask, is_causal=True))


def test_attention_and_its_pattern_are_those_of_torchs_multihead_attention():
    block, layer = block_weights(TINY)
    x = torch.randn(3, 8, 8, generator=torch.Generator().manual_seed(5))
    seen = {}
    out = block.attn(x, lambda name, value: seen.setdefault(name, value), step_by_step=True)
    mask = nn.Transformer.generate_square_subsequent_mask(8)
    wanted, pattern = layer.self_attn(x, x, x, attn_mask=mask, average_attn_weights=False)
    assert_close(out, wanted)
    assert_close(seen["attn.pattern"], pattern)


def test_swiglu_is_a_gate_times_a_linear_map():
    model = waking(replace(TINY, activation="swiglu"))
    seen, mlp = recorded(model, random_tokens(TINY)), model.blocks[0].mlp
    x = seen["blocks.0.norm2"]
    gate, value = x @ mlp.w_gate.T + mlp.b_gate, x @ mlp.w_in.T + mlp.b_in
    assert_close(seen["blocks.0.mlp_out"], (gate * torch.sigmoid(gate) * value) @ mlp.w_out.T + mlp.b_out)


@pytest.mark.parametrize("norm", ["layernorm", "rmsnorm", "batchnorm", "none"])
def test_qk_norm_is_the_models_norm_without_gain_or_else_rmsnorm(norm):
    seen = recorded(waking(replace(TINY, norm=norm, qk_norm=True)), random_tokens(TINY))
    theirs = nn.LayerNorm(4, elementwise_affine=False) if norm == "layernorm" else nn.RMSNorm(4, eps=1e-5)
    for name in ("q", "k"):
        assert_close(seen[f"blocks.0.attn.{name}_norm"], theirs(seen[f"blocks.0.attn.{name}"]))


def test_a_pattern_shares_out_attention_among_the_past():
    seen = recorded(waking(TINY), random_tokens(TINY))
    pattern = seen["blocks.1.attn.pattern"]
    assert torch.allclose(pattern.sum(-1), torch.ones(3, 2, 8))
    assert (pattern.triu(diagonal=1) == 0).all()
    assert seen["blocks.1.attn.masked_scores"].isinf().sum() == 3 * 2 * 28


@pytest.mark.parametrize("qk_norm", [False, True])
def test_scores_are_products_of_queries_and_keys_over_the_root_of_the_head_width(qk_norm):
    seen = recorded(waking(replace(TINY, qk_norm=qk_norm)), random_tokens(TINY))
    q, k = (seen[f"blocks.0.attn.{name}{'_norm' if qk_norm else ''}"] for name in ("q", "k"))
    assert_close(seen["blocks.0.attn.scores"], torch.einsum("bhqd,bhkd->bhqk", q, k) / 2)


@pytest.mark.parametrize("has_residual", [True, False])
@pytest.mark.parametrize("placement", ["pre", "post"])
def test_the_residual_stream_is_the_sum_of_what_is_written_to_it(placement, has_residual):
    config = replace(TINY, norm_placement=placement, has_residual=has_residual)
    seen = recorded(waking(config), random_tokens(TINY))
    entering_mlp = seen["blocks.0.resid_mid"] if placement == "pre" else seen["blocks.0.norm1"]
    leaving = seen["blocks.0.resid_post"] if placement == "pre" else seen["blocks.0.norm2"]
    assert_close(seen["blocks.0.resid_mid"], has_residual * seen["blocks.0.resid_pre"] + seen["blocks.0.attn_out"])
    assert_close(seen["blocks.0.resid_post"], has_residual * entering_mlp + seen["blocks.0.mlp_out"])
    assert torch.equal(seen["blocks.1.resid_pre"], leaving)


@each_combination
@given(any_config)
def test_fused_and_step_by_step_agree_in_every_combination(config):
    model, tokens = waking(config), random_tokens(config)
    assert_close(model(tokens), model(tokens, step_by_step=True))


@pytest.mark.parametrize("option", EACH_OPTION)
def test_both_paths_have_the_same_gradients(option):
    config = replace(TINY, **option)
    model, tokens, grads = waking(config).train(), random_tokens(config), []
    for step_by_step in (False, True):
        logits = model(tokens, step_by_step)
        loss = F.cross_entropy(logits.flatten(0, 1), tokens.roll(-1, 1).flatten())
        grads.append(torch.cat([g.flatten() for g in torch.autograd.grad(loss, list(model.parameters()))]))
    assert_close(*grads)


@each_combination
@given(any_config, st.integers(1, 8))
def test_future_tokens_have_no_effect(config, length):
    model, tokens = waking(config), random_tokens(config, length=length)
    for changed in range(length):
        other = tokens.clone()
        other[:, changed] = (other[:, changed] + 1) % config.vocab_size
        for step_by_step in (False, True):
            before, after = model(tokens, step_by_step), model(other, step_by_step)
            assert torch.equal(before[:, :changed], after[:, :changed])
            assert not torch.equal(before[:, changed], after[:, changed])


@pytest.mark.parametrize("option", EACH_OPTION)
def test_a_prefix_alone_gets_the_logits_it_gets_inside_a_longer_text(option):
    model, tokens = waking(replace(TINY, **option)), random_tokens(TINY)
    assert_close(model(tokens[:, :5]), model(tokens)[:, :5])


def test_batchnorm_sees_the_future_in_the_training_step_and_nowhere_else():
    model, tokens = waking(replace(TINY, norm="batchnorm")), random_tokens(TINY)
    other = tokens.clone()
    other[:, -1] = (other[:, -1] + 1) % TINY.vocab_size
    assert torch.equal(model(tokens)[:, :-1], model(other)[:, :-1])
    model.train()
    assert not torch.equal(model(tokens)[:, :-1], model(other)[:, :-1])


@pytest.mark.parametrize("option", EACH_OPTION)
def test_bfloat16_training_goes_step_by_step_near_float32(option):
    config = replace(TINY, **option)
    model, tokens = waking(config).train(), random_tokens(config)
    with torch.autocast("cpu", torch.bfloat16):
        logits = model(tokens, step_by_step=True).float()
    wanted = model(tokens)
    assert (logits - wanted).norm() < 0.1 * wanted.norm()


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("vocab_size", [27, 65])
@pytest.mark.parametrize("preset", PRESETS)
def test_a_new_model_guesses(preset, vocab_size, tied):
    config = replace(PRESETS[preset].config.model, vocab_size=vocab_size, tied_embeddings=tied)
    tokens = random_tokens(config, rows=16)
    loss = F.cross_entropy(Transformer(config)(tokens).flatten(0, 1), tokens.roll(-1, 1).flatten())
    assert abs(loss.item() - math.log(vocab_size)) < 0.1 * math.log(vocab_size)


@each_combination
@given(any_config)
def test_parameters_are_as_many_as_the_formula_says(config):
    assert sum(p.numel() for p in Transformer(config).parameters()) == config.n_parameters


def test_parameters_have_the_projects_names():
    attn = [f"attn.{kind}_{of}" for kind in "wb" for of in "qkvo"]
    norms = [f"norm{i}.{part}" for i in (1, 2) for part in ("gain", "bias")]
    mlp = [f"mlp.{kind}_{of}" for kind in "wb" for of in ("in", "gate", "out")]
    blocks = [f"blocks.{i}.{name}" for i in range(2) for name in attn + norms + mlp]
    rest = ["tok_emb", "pos_emb", "norm_emb.gain", "norm_emb.bias", "norm_final.gain", "norm_final.bias", "unembed"]
    model = Transformer(replace(TINY, activation="swiglu", norm_embedding=True))
    assert sorted(name for name, _ in model.named_parameters()) == sorted(blocks + rest)


def test_a_saved_model_holds_weights_and_no_tables():
    names = Transformer(replace(TINY, positions="rope", norm="batchnorm", norm_gain=False)).state_dict()
    assert {name.rsplit(".", 1)[-1] for name in names if "norm" in name} == {"running_mean", "running_var"}
    assert not [name for name in names if name.endswith(("cos", "sin", "future", "bias", "sinusoids"))]


@pytest.mark.parametrize("option", EACH_OPTION)
def test_an_all_zero_model_guesses_exactly(option):
    model = Transformer(replace(TINY, init_scale=0.0, **option))
    assert (model(random_tokens(TINY)) == 0).all()


def test_zero_layers_read_each_token_alone():
    model, tokens = waking(replace(TINY, n_layers=0, positions="none")), torch.tensor([[3, 5, 3]])
    logits = model(tokens)
    assert torch.equal(logits[0, 0], logits[0, 2])
    assert_close(logits[0, 0], model.norm_final(model.tok_emb[3]) @ model.unembed.T)


def test_more_tokens_than_the_context_holds_are_refused_in_one_line():
    with pytest.raises(ValueError, match=r"^tokens must be at most block_size=8 long; got 9$"):
        Transformer(TINY)(random_tokens(TINY, length=9))

import pytest
import torch
from torch import nn

from model.norms import NORMS


def activations(seed=0):
    """Positions of very different size and mean, in the shape (B, T, width)."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(4, 5, 6, generator=generator) * torch.arange(1.0, 6.0).unsqueeze(-1) + 2


def torchs(norm, has_gain, has_bias):
    if norm == "layernorm":
        return nn.LayerNorm(6, elementwise_affine=has_gain, bias=has_bias)
    if norm == "rmsnorm":
        return nn.RMSNorm(6, eps=1e-5, elementwise_affine=has_gain)
    return nn.BatchNorm1d(6, affine=has_gain)


def pair(norm, has_gain, has_bias):
    """Our norm and torch's, with the same gain and bias, which are not those of the start."""
    ours, theirs = NORMS[norm](6, has_gain, has_bias), torchs(norm, has_gain, has_bias)
    with torch.no_grad():
        for mine, other in ((ours.gain, theirs.weight), (getattr(ours, "bias", None), getattr(theirs, "bias", None))):
            if mine is not None:
                other.copy_(mine.uniform_(0.5, 2, generator=torch.Generator().manual_seed(1)))
    return ours, theirs


@pytest.mark.parametrize(("has_gain", "has_bias"), [(False, False), (False, True), (True, False), (True, True)])
@pytest.mark.parametrize("norm", NORMS)
def test_a_norm_computes_what_torchs_module_computes(norm, has_gain, has_bias):
    ours, theirs = pair(norm, has_gain, has_bias)
    x = activations()
    wanted = theirs(x.flatten(0, 1)).view(4, 5, 6) if norm == "batchnorm" else theirs(x)
    assert torch.allclose(ours(x), wanted, atol=1e-6)


def test_batchnorm_keeps_and_uses_the_running_averages_of_torchs():
    ours, theirs = pair("batchnorm", True, True)
    for seed in range(3):
        ours(activations(seed)), theirs(activations(seed).flatten(0, 1))
    assert torch.allclose(ours.running_mean, theirs.running_mean)
    assert torch.allclose(ours.running_var, theirs.running_var)
    x = activations(9)
    assert torch.allclose(ours.eval()(x), theirs.eval()(x.flatten(0, 1)).view(x.shape), atol=1e-6)


@pytest.mark.parametrize("norm", ["layernorm", "rmsnorm"])
def test_a_position_is_normalised_by_its_own_channels_only(norm):
    x = activations()
    other = x.clone()
    other[:, 3:] *= 7
    normed, changed = (NORMS[norm](6, True, True)(value) for value in (x, other))
    assert torch.equal(normed[:, :3], changed[:, :3])


@pytest.mark.parametrize("norm", NORMS)
def test_a_norm_of_zeros_is_zeros(norm):
    zeros = torch.zeros(4, 5, 6)
    assert torch.equal(NORMS[norm](6, True, True)(zeros), zeros)


@pytest.mark.parametrize("norm", NORMS)
def test_only_a_norm_with_gain_learns_and_only_layernorm_and_batchnorm_shift(norm):
    def names(has_gain, has_bias):
        return {name for name, _ in NORMS[norm](6, has_gain, has_bias).named_parameters()}

    assert names(False, True) == set()
    assert names(True, False) == {"gain"}
    assert names(True, True) == ({"gain"} if norm == "rmsnorm" else {"gain", "bias"})

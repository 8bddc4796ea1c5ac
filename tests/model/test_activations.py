import pytest
import torch
import torch.nn.functional as F

from model.activations import ACTIVATIONS
from model.config import FIELDS

REFERENCES = {
    "identity": lambda x: x,
    "relu": lambda x: x.clamp(min=0),
    "relu2": lambda x: torch.where(x > 0, x**2, 0.0),
    "gelu": lambda x: x * torch.special.ndtr(x),
    "silu": lambda x: x / (1 + torch.exp(-x)),
    "tanh": lambda x: 1 - 2 / (torch.exp(2 * x) + 1),
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_is_its_formula(name):
    x = torch.linspace(-6, 6, 241, dtype=torch.float64)
    assert torch.allclose(ACTIVATIONS[name](x), REFERENCES[name](x))


@pytest.mark.parametrize("name", ["relu", "gelu", "silu", "tanh"])
def test_an_activation_is_torchs_of_the_same_name(name):
    x = torch.linspace(-6, 6, 241)
    assert torch.equal(ACTIVATIONS[name](x), getattr(F, name)(x))


def test_every_activation_offered_exists():
    assert set(FIELDS["activation"].choices) == set(ACTIVATIONS) | {"swiglu"}

"""Optimizers against torch's own, step by step; schedules at their corners; state that survives a save."""

import pytest
import torch
from torch import nn

from model.config import TrainConfig
from model.flat import FlatParameters
from model.optim import Muon, Update, orthogonalise, schedule_share

OPTIMIZERS = ["sgd", "momentum", "rmsprop", "adam", "adamw", "muon"]


class Tiny(nn.Module):
    """Two matrices of a block, one outside, one vector: every kind of parameter."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.tok_emb = nn.Parameter(torch.randn(5, 4))
        self.blocks = nn.ModuleList([nn.ParameterDict({"w": torch.randn(4, 4), "v": torch.randn(6, 4)})])
        self.gain = nn.Parameter(torch.ones(4))


def gradients(model, step):
    generator = torch.Generator().manual_seed(step)
    return {name: torch.randn(p.shape, generator=generator) for name, p in model.named_parameters()}


def give(model, flat, step):
    for name, grad in gradients(model, step).items():
        model.get_parameter(name).grad = grad
    flat.collect_gradients()


def reference(name, groups, c):
    return {
        "sgd": lambda: torch.optim.SGD(groups, lr=c.learning_rate),
        "momentum": lambda: torch.optim.SGD(groups, lr=c.learning_rate, momentum=c.momentum),
        "rmsprop": lambda: torch.optim.RMSprop(groups, lr=c.learning_rate, alpha=c.beta2),
        "adam": lambda: torch.optim.Adam(groups, lr=c.learning_rate, betas=(c.beta1, c.beta2)),
        "adamw": lambda: torch.optim.AdamW(groups, lr=c.learning_rate, betas=(c.beta1, c.beta2)),
    }[name]()


@pytest.mark.parametrize("name", OPTIMIZERS[:-1])
def test_five_steps_agree_with_torch(name):
    config = TrainConfig(optimizer=name, schedule="constant", weight_decay=0.3, momentum=0.8, beta1=0.7, beta2=0.9)
    ours, theirs = Tiny(), Tiny()
    flat = FlatParameters(ours)
    update = Update(flat, config)
    decayed = [p for p in theirs.parameters() if p.ndim == 2]
    groups = [{"params": decayed, "weight_decay": 0.3}, {"params": [theirs.gain], "weight_decay": 0.0}]
    optimizer = reference(name, groups, config)
    for step in range(1, 6):
        give(ours, flat, step)
        update.step(config, step)
        for key, grad in gradients(theirs, step).items():
            theirs.get_parameter(key).grad = grad
        optimizer.step()
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(p, q, rtol=1e-5, atol=1e-6)


def test_muon_agrees_with_torch_on_matrices_lying_and_standing():
    torch.manual_seed(1)
    shapes = [(4, 4), (6, 4), (4, 6), (4, 4)]
    ours = [nn.Parameter(torch.randn(s)) for s in shapes]
    theirs = [nn.Parameter(p.detach().clone()) for p in ours]
    mine = Muon(ours, lr=0.02, momentum=0.9, weight_decay=0.1)
    torchs = torch.optim.Muon(theirs, lr=0.02, momentum=0.9, weight_decay=0.1)
    for _ in range(5):
        for p, q in zip(ours, theirs, strict=True):
            p.grad = torch.randn(p.shape)
            q.grad = p.grad.clone()
        mine.step(), torchs.step()
    for p, q in zip(ours, theirs, strict=True):
        torch.testing.assert_close(p, q, rtol=2e-2, atol=2e-3)  # bfloat16 products, in another order


def test_muon_gives_hidden_matrices_its_rate_and_the_rest_adamws():
    config = TrainConfig(optimizer="muon", learning_rate=1e-9, learning_rate_rest=0.1, weight_decay=0.0)
    model = Tiny()
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    flat = FlatParameters(model)
    update = Update(flat, config)
    give(model, flat, 1)
    update.step(config, 1)
    moved = {name: (p.detach() - before[name]).abs().max().item() for name, p in model.named_parameters()}
    assert max(moved["blocks.0.w"], moved["blocks.0.v"]) < 1e-7
    assert min(moved["tok_emb"], moved["gain"]) > 0.05


def test_orthogonalised_matrices_have_singular_values_near_one():
    torch.manual_seed(0)
    values = torch.linalg.svdvals(orthogonalise(torch.randn(3, 16, 64)).float())
    torch.testing.assert_close(values, torch.ones_like(values), rtol=0, atol=0.4)


def test_vectors_do_not_decay():
    model = Tiny()
    config = TrainConfig(optimizer="sgd", learning_rate=0.1, weight_decay=0.5)
    Update(FlatParameters(model), config).step(config, 1)
    torch.testing.assert_close(model.gain, torch.ones(4))
    torch.testing.assert_close(model.tok_emb, Tiny().tok_emb * (1 - 0.1 * 0.5 * schedule_share(config, 1)))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_saved_state_continues_bit_equal(name):
    config = TrainConfig(optimizer=name)
    unbroken, resumed = Tiny(), Tiny()
    flat, other = FlatParameters(unbroken), FlatParameters(resumed)
    first = Update(flat, config)
    for step in (1, 2):
        give(unbroken, flat, step)
        first.step(config, step)
    saved = {key: value.clone() for key, value in first.tensors().items()}
    resumed.load_state_dict(unbroken.state_dict())
    second = Update(other, config)
    second.load(saved)
    for model, memory, update in ((unbroken, flat, first), (resumed, other, second)):
        give(model, memory, 3)
        update.step(config, 3)
    assert all(torch.equal(p, q) for p, q in zip(unbroken.parameters(), resumed.parameters(), strict=True))


def test_adam_remembers_by_parameter_name():
    config, model = TrainConfig(optimizer="adam", beta1=0.75), Tiny()
    flat = FlatParameters(model)
    update = Update(flat, config)
    give(model, flat, 1)
    update.step(config, 1)
    remembered = update.tensors()
    torch.testing.assert_close(remembered["gain/exp_avg"], 0.25 * gradients(model, 1)["gain"])
    assert remembered["blocks.0.v/exp_avg_sq"].shape == (6, 4)


@pytest.mark.parametrize(
    ("schedule", "middle"), [("constant", 1.0), ("linear", 0.1 + 0.9 * 0.75), ("cosine", 0.1 + 0.9 * (2 + 2**0.5) / 4)]
)
def test_schedule_rises_holds_and_falls(schedule, middle):
    config = TrainConfig(schedule=schedule, warmup_steps=10, n_steps=110, final_learning_rate=0.1)
    assert schedule_share(config, 0) == 0
    assert schedule_share(config, 5) == 0.5
    assert schedule_share(config, 10) == 1
    assert schedule_share(config, 35) == pytest.approx(middle)
    last = 1.0 if schedule == "constant" else 0.1
    assert schedule_share(config, 110) == pytest.approx(last)
    assert schedule_share(config, 500) == pytest.approx(last)


def test_without_warmup_the_schedule_starts_at_the_peak():
    assert schedule_share(TrainConfig(schedule="cosine", warmup_steps=0), 0) == 1

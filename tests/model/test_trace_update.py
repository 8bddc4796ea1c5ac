"""The update of a trace: torch's own optimizers make the same weights, and so does the run itself."""

import copy
from types import SimpleNamespace

import pytest
import torch
from torch import optim

from model.config import RunConfig, TrainConfig
from model.datasets import load_dataset
from model.optim import NEWTON_SCHULZ_COEFFICIENTS as OPTIMS_COEFFICIENTS
from model.optim import NEWTON_SCHULZ_STEPS, schedule_share
from model.trace import trace_iteration
from model.trace_names import traced
from model.trace_optimizers import NEWTON_SCHULZ_COEFFICIENTS, update_operations
from model.training import Trainer

torch.set_num_threads(1)
SMALL = {"n_layers": 2, "n_heads": 2, "d_model": 8, "d_mlp": 16, "block_size": 8, "batch_size": 4}
OPTIMIZERS = ["sgd", "momentum", "rmsprop", "adam", "adamw", "muon"]
NAMES = load_dataset(RunConfig().data)


def assert_close(got, wanted, tolerance=1e-5):
    assert (got - wanted).abs().max() <= tolerance * wanted.abs().max() + 1e-8


def plain_optimizer(name, train, matrices, vectors):
    rate, decay = train.learning_rate * schedule_share(train, 1), train.weight_decay
    groups = [{"params": matrices, "weight_decay": decay}, {"params": vectors, "weight_decay": 0.0}]
    betas = (train.beta1, train.beta2)
    return {
        "sgd": lambda: optim.SGD(groups, lr=rate),
        "momentum": lambda: optim.SGD(groups, lr=rate, momentum=train.momentum),
        "rmsprop": lambda: optim.RMSprop(groups, lr=rate, alpha=train.beta2),
        "adam": lambda: optim.Adam(groups, lr=rate, betas=betas),
        "adamw": lambda: optim.AdamW(groups, lr=rate, betas=betas),
    }[name]()


@pytest.mark.parametrize("name", OPTIMIZERS[:-1])
def test_new_weights_are_those_of_torchs_optimizer(traced_first, name):
    case = traced_first(optimizer=name)
    model = copy.deepcopy(case.model)
    for own, p in model.named_parameters():
        p.grad = torch.from_numpy(case.arrays[f"grad:{traced(own)}"].copy())
    torch.nn.utils.clip_grad_norm_(model.parameters(), case.config.train.grad_clip)
    parameters = list(model.parameters())
    matrices, vectors = [p for p in parameters if p.ndim == 2], [p for p in parameters if p.ndim == 1]
    plain_optimizer(name, case.config.train, matrices, vectors).step()
    for own, p in model.named_parameters():
        assert_close(torch.from_numpy(case.arrays[f"new:{traced(own)}"]), p.detach())


@pytest.fixture
def traced_first(traced):
    """As `traced`, but of the very first iteration: nothing remembered yet."""

    def first(**changes):
        case = traced(**changes)
        trace = trace_iteration(case.model, case.batch, NAMES.tokenizer, case.config, None, 0)
        arrays = {name: recorded.value for name, recorded in trace.tensors.items()}
        return SimpleNamespace(config=case.config, model=case.model, arrays=arrays)

    return first


def trainer(**changes):
    return Trainer(RunConfig().replace(**(SMALL | changes)), NAMES)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_update_is_the_one_the_run_would_make(optimizer, monkeypatch):
    run, row = trainer(optimizer=optimizer, learning_rate=0.01, warmup_steps=20, positions="rope"), NAMES.probe_text(8)
    for _ in range(3):
        run.train_step()
    trace = run.trace()
    assert trace.step == 3
    monkeypatch.setattr(type(NAMES), "draw", lambda *args: row)
    loss = run.train_step().loss
    assert trace.loss == pytest.approx(loss, rel=1e-5)
    # The run's fused attention rounds otherwise; bfloat16, and dividing by a root that is almost 0, make that larger.
    tolerance = {"muon": 1e-3, "rmsprop": 1e-4}.get(optimizer, 1e-5)
    for name, p in run.model.named_parameters():
        assert_close(torch.from_numpy(trace.tensors[f"new:{traced(name)}"].value), p.detach(), tolerance)


def test_a_new_optimizer_is_traced_with_nothing_remembered():
    run = trainer()
    run.train_step()
    run.set(optimizer="momentum")
    trace = run.trace()
    assert not trace.tensors["m_before:unembed"].value.any()
    assert {o.kind for o in trace.operations if o.name.startswith("new:")} == {"momentum"}


def made(optimizer, **changes):
    """What an update makes of one hidden matrix, one embedding and one vector: the names before the colon."""
    shapes = {"blocks.0.attn.w_q": (8, 8), "unembed": (11, 8), "norm_final.gain": (8,)}
    operations = update_operations(TrainConfig(optimizer=optimizer, **changes), shapes, 1, 1)
    return [[o.name.partition(":")[0] for o in operations if o.forward == name] for name in shapes], operations


@pytest.mark.parametrize(
    ("optimizer", "remembered"),
    [("sgd", []), ("momentum", ["m"]), ("rmsprop", ["v"]), ("adam", ["m", "v"]), ("adamw", ["m", "v"])],
)
def test_every_parameter_is_clipped_remembered_and_renewed(optimizer, remembered):
    assert made(optimizer)[0] == [["clip", *remembered, "new"]] * 3
    assert made(optimizer, grad_clip=0.0)[0] == [[*remembered, "new"]] * 3


def test_muon_takes_the_matrices_inside_blocks_and_adamw_the_rest():
    (hidden, *rest), operations = made("muon")
    assert hidden == ["clip", "m", "ahead", "orthogonal", "new"]
    assert rest == [["clip", "m", "v", "new"]] * 2
    assert [o.name for o in operations[:3]] == ["learning_rate", "learning_rate_rest", "grad_norm"]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_only_matrices_decay(optimizer):
    operations = made(optimizer, weight_decay=0.5)[1]
    decays = {o.forward for o in operations if o.settings.get("weight_decay")}
    assert decays == {"blocks.0.attn.w_q", "unembed"}


def test_newton_schulz_is_written_down_as_it_is_computed():
    assert NEWTON_SCHULZ_COEFFICIENTS == OPTIMS_COEFFICIENTS
    settings = next(o.settings for o in made("muon")[1] if o.kind == "newton_schulz")
    assert settings["n_rounds"] == NEWTON_SCHULZ_STEPS

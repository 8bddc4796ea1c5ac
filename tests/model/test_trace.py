"""The trace: its numbers are torch's own, it misses nothing, and it leaves the run as it was."""

import copy
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from model.config import RunConfig
from model.datasets import load_dataset
from model.measure import batch_loss
from model.optim import orthogonalise, schedule_share
from model.records import Batch
from model.trace import one_row, trace_iteration
from model.trace_names import in_code, plain, traced
from model.training import Trainer

torch.set_num_threads(1)
SMALL = {"n_layers": 2, "n_heads": 2, "d_model": 8, "d_mlp": 16, "block_size": 8, "batch_size": 4}
NAMES = load_dataset(RunConfig().data)


def assert_close(got, wanted, tolerance=1e-5):
    assert (got - wanted).abs().max() <= tolerance * wanted.abs().max() + 1e-8


def parameter(model, name):
    return next(p for own, p in model.named_parameters() if traced(own) == name)


def test_values_are_the_models_own_to_the_bit(iteration):
    model, batch, arrays = iteration.model, iteration.batch, iteration.arrays
    tokens = torch.from_numpy(batch.tokens)
    with torch.no_grad():
        logits, fused = model(tokens, step_by_step=True), model(tokens)
    np.testing.assert_array_equal(arrays["logits"], logits[0].numpy())
    assert_close(torch.from_numpy(arrays["logits"]), fused[0])
    assert float(arrays["loss"]) == pytest.approx(batch_loss(logits, batch).item(), rel=1e-6)
    assert iteration.trace.loss == float(arrays["loss"])


def test_gradients_are_those_of_an_ordinary_backward(iteration):
    model, values = copy.deepcopy(iteration.model), {}

    def keep(name, value):
        if value.requires_grad:
            value.retain_grad()
        values.setdefault(name, value)
        return value

    with model.watch(keep):
        logits = model(torch.from_numpy(iteration.batch.tokens))
    batch_loss(logits, iteration.batch).backward()
    for name, p in model.named_parameters():
        assert_close(torch.from_numpy(iteration.arrays[f"grad:{traced(name)}"]), p.grad)
    for name, value in values.items():
        if value.requires_grad:
            gradient = torch.from_numpy(iteration.arrays[f"grad:{name}"])
            assert_close(gradient, value.grad.view(gradient.shape))


def loss_of(model, batch, changed="", delta=None):
    """The loss when `delta` is added to the value called `changed`."""
    with torch.no_grad(), model.watch(lambda name, value: value + delta if name == changed else value):
        return batch_loss_double(model(torch.from_numpy(batch.tokens)), batch)


def batch_loss_double(logits, batch):
    loss = F.cross_entropy(logits[0], torch.from_numpy(batch.targets[0]), reduction="none")
    weights = torch.from_numpy(batch.weights[0]).double()
    return ((loss * weights).sum() / weights.sum()).item()


def slope(model, batch, name, index, eps=1e-5):
    """Central difference of the loss by one entry of a parameter or of a value, in float64."""
    losses = []
    for step in (eps, -eps):
        if name in {traced(own) for own, _ in model.named_parameters()}:
            with torch.no_grad():
                entry = parameter(model, name)[index]
                before = entry.clone()
                entry += step
                losses.append(loss_of(model, batch))
                entry.copy_(before)
        else:
            delta = torch.zeros(iteration_shape(model, batch, name), dtype=torch.float64)
            delta[(..., *index) if delta.dim() == len(index) else (0, *index)] = step
            losses.append(loss_of(model, batch, name, delta))
    return (losses[0] - losses[1]) / (2 * eps)


def iteration_shape(model, batch, wanted):
    shapes = {}

    def note(name, value):
        shapes[name] = value.shape
        return value

    with torch.no_grad(), model.watch(note):
        model(torch.from_numpy(batch.tokens))
    return shapes[wanted]


def test_gradients_agree_with_finite_differences(iteration):
    model, draws = copy.deepcopy(iteration.model).double(), np.random.default_rng(0)
    gradients = [n for n, t in iteration.trace.tensors.items() if t.role == "gradient" and "<-" not in n]
    names = [name for name in gradients if plain(name) not in ("loss", "token_loss")]
    for name in draws.choice(names, min(12, len(names)), replace=False):
        gradient = iteration.arrays[name]
        index = np.unravel_index(draws.choice(np.flatnonzero(gradient)), gradient.shape) if gradient.any() else None
        is_noise = name.endswith("attn.b_k")  # softmax does not see it: its gradient is 0 but for rounding
        if index is None or is_noise or (name.endswith("masked_scores") and index[-1] > index[-2]):
            continue
        expected = slope(model, iteration.batch, plain(name), tuple(map(int, index)))
        assert abs(gradient[index] - expected) <= 1e-4 * np.abs(gradient).max() + 1e-8, name


def test_operations_come_in_order_and_own_every_tensor_that_was_made(iteration):
    known = {n for n, t in iteration.trace.tensors.items() if t.role in ("parameter", "constant", "state")}
    for operation in iteration.trace.operations:
        assert set(operation.inputs) <= known, operation
        assert operation.name not in known
        known.add(operation.name)
    assert known == set(iteration.trace.tensors)
    parts = [operation.part for operation in iteration.trace.operations]
    assert parts == sorted(parts, key=["forward", "loss", "backward", "update"].index)


def test_axes_name_every_dimension(iteration):
    for name, recorded in iteration.trace.tensors.items():
        assert len(recorded.axes) == recorded.value.ndim, name
        assert recorded.value.dtype == (np.int32 if name in ("tokens", "targets", "positions") else np.float32)


def test_every_tap_is_an_operation_in_the_order_of_the_model(iteration):
    taps = [*iteration.model.tap_names(), "token_loss", "loss"]
    assert [o.name for o in iteration.trace.operations if o.part in ("forward", "loss")] == taps


def test_backward_goes_through_the_forward_operations_in_reverse(iteration):
    order = [o.name for o in iteration.trace.operations if o.part in ("forward", "loss")]
    undone = [o.forward for o in iteration.trace.operations if o.part == "backward" and len(o.inputs) > 0]
    places = [order.index(name) for name in undone if name in order]
    is_sum = [o.settings.get("function") == "add" and o.kind == "elementwise"
              for o in iteration.trace.operations if o.part == "backward"]  # fmt: skip
    rules = [place for place, summed in zip(places, is_sum, strict=True) if not summed]
    assert rules == sorted(rules, reverse=True)


def namespace(case):
    """What a line of code may use: every tensor under its variable's name, the sizes, and the settings."""
    model, train = case.config.model, case.config.train
    tokens = torch.arange(len(case.trace.tokens))
    sizes = {"T": len(tokens), "n_heads": model.n_heads, "d_head": model.d_head, "d_model": model.d_model}
    known = {"torch": torch, "F": F, "math": math, "vocab_size": model.vocab_size, **sizes, "eps": 1e-5}
    known |= {"queries": tokens[:, None], "keys": tokens, "schedule_share": schedule_share, "train": train}
    known |= {"orthogonalise": orthogonalise, "grad_clip": train.grad_clip, "weight_decay": train.weight_decay}
    return known | {"beta1": train.beta1, "beta2": train.beta2, "momentum": train.momentum}


def test_the_line_of_code_makes_the_tensor(iteration):
    arrays, known = iteration.arrays, namespace(iteration)
    model = copy.deepcopy(iteration.model)
    for name, p in model.named_parameters():
        p.grad = torch.from_numpy(arrays[f"grad:{traced(name)}"])
    for operation in iteration.trace.operations:
        tensors = {in_code(name): torch.from_numpy(arrays[name]) for name in operation.inputs}
        tensors |= {n: t.long() for n, t in tensors.items() if t.dtype == torch.int32}
        tensors |= (
            {"pattern": torch.from_numpy(arrays[operation.forward])} if operation.kind == "softmax_backward" else {}
        )
        settings = {k: v for k, v in operation.settings.items() if k in ("eps", "n_updates")}
        made = known | {"model": model} | tensors | settings
        exec(operation.code, made)
        wanted = torch.from_numpy(arrays[operation.name])
        tolerance = 1e-4 if operation.kind != "newton_schulz" else 2e-2
        is_noise = operation.name.startswith("grad:") and operation.name.endswith("attn.b_k")
        size = float(wanted[wanted.isfinite()].abs().max())
        got = torch.as_tensor(made[in_code(operation.name)]).float()
        slack = 1e-6 if is_noise else 1e-8
        torch.testing.assert_close(got, wanted, rtol=tolerance, atol=tolerance * size + slack, msg=operation.code)


def test_tracing_leaves_the_model_as_it_was(iteration):
    model = iteration.model
    before = {name: value.clone() for name, value in model.state_dict().items()}
    grads = {name: None if p.grad is None else p.grad.clone() for name, p in model.named_parameters()}
    memory = {name: value.clone() for name, value in iteration.memory.items()}
    again = trace_iteration(model.train(), iteration.batch, NAMES.tokenizer, iteration.config, iteration.memory, 3)
    assert model.training
    model.eval()
    assert all(torch.equal(value, model.state_dict()[name]) for name, value in before.items())
    assert all(g is None or torch.equal(g, dict(model.named_parameters())[name].grad) for name, g in grads.items())
    assert all(torch.equal(value, iteration.memory[name]) for name, value in memory.items())
    assert all(np.array_equal(t.value, iteration.arrays[name]) for name, t in again.tensors.items())


def trainer(**changes):
    return Trainer(RunConfig().replace(**(SMALL | changes)), NAMES)


@pytest.mark.parametrize("changes", [{"norm": "batchnorm"}, {"optimizer": "muon"}, {"precision": "bfloat16"}])
def test_a_run_that_is_traced_goes_on_bit_equal(changes):
    watched, alone = trainer(**changes), trainer(**changes)
    for i in range(5):
        watched.trace() if i % 2 else watched.trace([1, 2, 3, 1], [2, 3, 1, 2], [0, 1, 1, 1])
        assert watched.train_step().loss == alone.train_step().loss
    (tensors, meta), (others, other_meta) = watched.state(), alone.state()
    assert all(torch.equal(tensor, others[name]) for name, tensor in tensors.items())
    assert meta["draws"] == other_meta["draws"]


def test_only_targets_that_count_are_learned_from():
    trace = trainer().trace([1, 2, 3, 4], [2, 3, 4, 5], [0, 0, 1, 0])
    assert np.flatnonzero(trace.tensors["grad:token_loss"].value).tolist() == [2]
    assert trace.loss == pytest.approx(trace.tensors["token_loss"].value[2])
    assert np.flatnonzero(trace.tensors["grad:logits"].value.any(axis=1)).tolist() == [2]


def test_a_trace_says_its_text_and_labels():
    trace = trainer().trace(NAMES.tokenizer.encode("anna\n"))
    assert (trace.text, trace.labels, trace.target_labels) == ("anna", tuple("anna"), (*"nna", "⏎"))
    assert len(trace.vocabulary) == NAMES.vocab_size


@pytest.mark.parametrize(
    ("tokens", "targets", "weights"),
    [
        ([], None, None), ([1], None, None), ([1] * 10, None, None), ([1, 99], None, None), ([1, -1], None, None),
        ([1, 2], [3], None), ([1, 2], [2, 3], [1]), ([1, 2], [2, 3], [0, 0]), ([1, 2], [2, 3], [1, 0.5]),
        ([1, 2], [2, True], None),
    ],
)  # fmt: skip
def test_rows_that_cannot_be_read_are_refused(tokens, targets, weights):
    with pytest.raises(ValueError, match="must"):
        one_row(tokens, targets, weights, trainer().config.model)


def test_a_row_without_targets_predicts_its_next_tokens():
    row = one_row([1, 2, 3], None, None, trainer().config.model)
    assert isinstance(row, Batch)
    assert (row.tokens.tolist(), row.targets.tolist(), row.weights.tolist()) == ([[1, 2]], [[2, 3]], [[1, 1]])

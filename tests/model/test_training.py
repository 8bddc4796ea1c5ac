"""Training: bit-equal runs, changes on the way, saves that continue exactly, divergence that is caught and named."""

import json
import math

import numpy as np
import pytest
import torch

from model.config import PRESETS, RunConfig
from model.datasets import load_dataset
from model.divergence import Diverged
from model.trace_names import traced
from model.training import Trainer

torch.set_num_threads(1)
TINY = {"n_layers": 2, "n_heads": 2, "d_model": 8, "d_mlp": 16, "block_size": 8, "batch_size": 4}
OPTIMIZERS = ["sgd", "momentum", "rmsprop", "adam", "adamw", "muon"]
NAMES = load_dataset(RunConfig().data)


def config(**changes):
    return RunConfig().replace(**(TINY | changes))


def trainer(**changes):
    made = config(**changes)
    return Trainer(made, NAMES if made.data == RunConfig().data else load_dataset(made.data))


def losses(run, n):
    return [run.train_step().loss for _ in range(n)]


def weights(run):
    return torch.cat([p.detach().flatten() for p in run.model.parameters()])


def assert_equal_state(a, b):
    (tensors_a, meta_a), (tensors_b, meta_b) = a.state(), b.state()
    assert tensors_a.keys() == tensors_b.keys()
    assert [name for name in tensors_a if not torch.equal(tensors_a[name], tensors_b[name])] == []
    assert [meta_a[key] for key in ("step", "config", "draws")] == [meta_b[key] for key in ("step", "config", "draws")]


def saved(run):
    """State as a disk would give it back."""
    tensors, meta = run.state()
    return tensors, json.loads(json.dumps(meta))


@pytest.mark.parametrize("key", [key for key in PRESETS if PRESETS[key].config.data.dataset != "shakespeare"])
def test_presets_on_names_learn(key):
    run = Trainer(PRESETS[key].config.replace(d_mlp=32), load_dataset(PRESETS[key].config.data))
    seen = losses(run, 50)
    assert np.mean(seen[-8:]) < np.mean(seen[:2]) - 0.2


@pytest.mark.parametrize("key", ["nanogpt", "llama", "speedrun"])
def test_presets_for_shakespeare_learn(key):
    small = {"d_model": 32, "d_mlp": 64, "block_size": 16, "n_layers": 2, "n_heads": 2, "dataset": "names"}
    small |= {"learning_rate": 0.01, "warmup_steps": 5}
    run = Trainer(PRESETS[key].config.replace(**small), NAMES)
    seen = losses(run, 40)
    assert np.mean(seen[-8:]) < np.mean(seen[:2]) - 0.2


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_learns(optimizer):
    rate = {"sgd": 0.3, "momentum": 0.1, "rmsprop": 3e-3, "muon": 0.02}.get(optimizer, 0.01)
    run = trainer(optimizer=optimizer, learning_rate=rate, init_scale=0.2, batch_size=32)
    seen = losses(run, 60)
    assert np.mean(seen[-10:]) < np.mean(seen[:3]) - 0.1


def test_first_loss_is_that_of_guessing():
    assert trainer(batch_size=32).train_step().loss == pytest.approx(math.log(27), rel=0.02)


def test_equal_seeds_give_bit_equal_runs_and_others_do_not():
    a, b, other = trainer(), trainer(), trainer(seed=1)
    assert losses(a, 12) == losses(b, 12)
    assert_equal_state(a, b)
    assert losses(other, 12) != losses(trainer(), 12)


@pytest.mark.parametrize("norm", ["layernorm", "batchnorm"])
def test_looking_changes_nothing(norm):
    watched, alone = trainer(norm=norm, eval_every=3), trainer(norm=norm, eval_every=1000)
    for i in range(8):
        watched.train_step(measure=i % 2 == 0)
        watched.evaluate(), watched.statistics(), watched.sample(2, 4, seed=i), watched.probe(["blocks.0.attn.pattern"])
        alone.train_step()
    assert torch.equal(weights(watched), weights(alone))
    assert watched.evaluate()[0] == alone.evaluate()[0]
    assert watched.train_step().loss == alone.train_step().loss


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_saved_run_continues_bit_equal(optimizer):
    unbroken, resumed = trainer(optimizer=optimizer, norm="batchnorm"), trainer(optimizer=optimizer, norm="batchnorm")
    losses(unbroken, 5)
    unbroken.set(learning_rate=1e-3, batch_size=6, n_steps=500)
    losses(unbroken, 2)
    resumed.load_state(*saved(unbroken))
    assert losses(unbroken, 6) == losses(resumed, 6)
    assert unbroken.evaluate()[0] == resumed.evaluate()[0]
    assert_equal_state(unbroken, resumed)


def test_a_save_before_the_first_step_and_after_a_new_optimizer_continues_bit_equal():
    unbroken = trainer()
    for _ in range(2):
        resumed = trainer()
        resumed.load_state(*saved(unbroken))
        assert losses(unbroken, 3) == losses(resumed, 3)
        assert_equal_state(unbroken, resumed)
        unbroken.set(optimizer="muon", learning_rate=0.02)


def test_a_change_is_an_event_and_works_from_the_next_step():
    a, b = trainer(), trainer()
    losses(a, 3), losses(b, 3)
    event = a.set(learning_rate=1e-2, weight_decay=0.1)
    assert event == {
        "step": 3, "kind": "set", "text": "Learning rate 0.003 → 0.01", "changes": {"learning_rate": 0.01}
    }  # fmt: skip
    assert a.train_step().loss == b.train_step().loss  # the loss comes before the update
    assert a.train_step().loss != b.train_step().loss
    assert a.config.train.learning_rate == 0.01


def test_a_new_optimizer_remembers_nothing():
    run = trainer()
    losses(run, 3)
    run.set(optimizer="sgd")
    assert not any(name.startswith("optimizer/") for name in run.state()[0])


@pytest.mark.parametrize(
    ("changes", "word"), [({"n_layers": 3}, "n_layers"), ({"learning_rate": -1.0}, "learning_rate"), ({"x": 1}, "x")]
)
def test_what_may_not_change_is_refused_by_name(changes, word):
    run = trainer()
    with pytest.raises(ValueError, match=word):
        run.set(**changes)
    assert run.config == config()


def test_a_run_finishes_and_can_be_extended():
    run = trainer(n_steps=3, eval_every=100)
    rows = [run.train_step().row for _ in range(3)]
    assert run.is_finished
    assert rows[0] is None
    assert rows[2]["val_loss"] == run.evaluate()[0]  # the last step is always measured
    with pytest.raises(ValueError, match="n_steps"):
        run.extend(2)
    assert run.extend(5)["kind"] == "extend"
    assert not run.is_finished


def test_rows_have_every_column_and_agree_with_their_parts():
    run = trainer(grad_clip=0.0, schedule="constant", optimizer="sgd", weight_decay=0.0)
    seen = losses(run, 4)
    before = weights(run)
    step = run.train_step(measure=True)
    row = step.row
    assert list(row) == run.columns
    assert row["loss_mean"] == pytest.approx(np.mean([*seen, step.loss]))
    assert math.hypot(*(row[f"grad_norm/{group}"] for group in run.groups)) == pytest.approx(row["grad_norm"])
    moved = (weights(run) - before).norm()
    assert moved == pytest.approx(run.config.train.learning_rate * row["grad_norm"], rel=1e-3)
    assert row["update_ratio"] == pytest.approx((moved / before.norm()).item(), rel=1e-3)


def test_clipping_bounds_the_step():
    run = trainer(grad_clip=1e-3, schedule="constant", optimizer="sgd", learning_rate=1.0, weight_decay=0.0)
    before = weights(run)
    row = run.train_step(measure=True).row
    assert row["grad_norm"] > 1e-2  # what is shown is the norm before clipping
    assert (weights(run) - before).norm() == pytest.approx(1e-3, rel=1e-3)


def test_tasks_report_the_share_of_answers_right():
    run = trainer(dataset="reverse", task_length=2, block_size=16)
    row = [run.train_step(measure=True).row for _ in range(3)][-1]
    assert 0 <= row["train_accuracy"] <= 1
    assert 0 <= run.evaluate()[1] <= 1
    assert math.isnan(trainer().evaluate()[1])


@pytest.mark.parametrize("task", ["reverse", "modular", "brackets"])
def test_a_sample_of_a_task_is_its_question_and_ends_with_the_answer(task):
    run = trainer(dataset=task, task_length=4, block_size=16)
    question = run.dataset.tokenizer.decode(run.dataset.prompt()) + " "
    answers = [text.removeprefix(question).split() for text in run.sample(8, 48)]
    assert all(1 <= len(answer) <= run.dataset.answer_length for answer in answers)
    assert all(len(answer) == run.dataset.answer_length or answer[-1] == "." for answer in answers)
    assert {len(text.removeprefix(question).split()) for text in run.sample(8, 1)} == {1}


def test_a_sample_of_a_text_is_what_comes_after_its_beginning():
    assert all(len(text) <= 6 and "\n" not in text for text in trainer().sample(8, 6))


def test_bfloat16_trains_close_to_float32():
    half, full = trainer(precision="bfloat16", d_model=16), trainer(d_model=16)
    assert losses(half, 10) == pytest.approx(losses(full, 10), abs=0.03)


@pytest.mark.parametrize("changes", [
    *({"optimizer": optimizer} for optimizer in OPTIMIZERS), {"norm": "batchnorm"}, {"precision": "bfloat16"},
    {"tied_embeddings": True}, {"grad_clip": 0.01}, {"n_steps": 5},
])  # fmt: skip
def test_learning_a_text_is_the_update_that_its_trace_shows(changes):
    run = trainer(**changes)
    losses(run, 5)
    row = run.dataset.probe_text(8)
    shown = run.trace()
    assert run.learn(row) == pytest.approx(shown.loss, rel=1e-5)
    assert run.step == 6
    for name, parameter in run.model.named_parameters():
        value = shown.tensors[f"new:{traced(name)}"].value
        np.testing.assert_allclose(parameter.detach(), value, atol=2e-6, err_msg=name)


def test_learning_draws_nothing_and_moves_no_statistics():
    run, other = trainer(norm="batchnorm"), trainer(norm="batchnorm")
    losses(run, 3), losses(other, 3)
    run.learn(run.dataset.probe_text(8))
    for (name, buffer), (_, same) in zip(run.model.named_buffers(), other.model.named_buffers(), strict=True):
        assert torch.equal(buffer, same), name
    assert run.state()[1]["draws"] == other.state()[1]["draws"]


def test_a_text_that_breaks_the_model_leaves_it_as_it_was():
    run = trainer(optimizer="sgd", grad_clip=0.0)
    losses(run, 3)
    run.set(learning_rate=1e12, schedule="constant")
    row = run.dataset.probe_text(8)
    with pytest.raises(Diverged):  # noqa: PT012  # the first may survive, with weights of 1e9
        for _ in range(20):
            before, step = weights(run), run.step
            run.learn(row)
    assert torch.equal(weights(run), before)
    assert run.step == step

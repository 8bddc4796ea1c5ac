"""A run in its process, as its owner and its viewers see it: commands, changes, breaks, forks and what is kept."""

import contextlib
import os
import signal
import time

import numpy as np

from model.datasets import load_dataset
from model.runs import wire
from model.runs.client import Client

from .conftest import TINY, unbroken_losses


def test_a_new_run_trains_and_its_points_arrive(host, watch):
    seen = watch(host.client, host.create())
    _, arrays = seen.wait(lambda h: h["kind"] == "points" and h["first_step"] > 20)
    assert arrays["losses"].dtype == np.float32
    run = next(h for h in reversed(seen.headers("snapshot")))["run"]
    assert run["columns"][:2] == ["step", "loss"]
    assert run["guess_count"] == load_dataset(TINY.data).guess_count
    assert arrays["points"].shape[1] == len(run["columns"])


def test_pause_stands_still_and_start_goes_on(host):
    run = host.create()
    host.until_step(run, 5)
    step = host.do(run, "pause")["step"]
    time.sleep(0.3)
    assert host.until(run, lambda h: h["state"] == "paused")["step"] == step
    assert host.do(run, "start")["state"] == "training"
    assert host.do(run, "start")["state"] == "training"  # asked twice, done once
    host.until_step(run, step + 10)
    host.do(run, "pause")


def test_losses_are_those_of_the_trainer_alone_for_every_step(host):
    run = host.create(start=False, n_steps=60)
    host.do(run, "step", n=7)
    host.until(run, lambda h: (h["state"], h["step"]) == ("paused", 7))
    host.do(run, "start")
    host.until(run, lambda h: h["state"] == "finished")
    header, arrays = host.snapshot(run)
    np.testing.assert_array_equal(arrays["losses"], unbroken_losses(60, n_steps=60))
    assert header["events"][-1]["kind"] == "finished"
    assert 7 in arrays["points"][:, 0]  # the last of so many steps is measured
    assert "All 60 steps are done" in host.refusal(run, "start")
    assert host.do(run, "extend", n=40)["n_steps"] == 100
    host.do(run, "start")
    host.until_step(run, 100)


def test_a_command_sent_twice_is_done_once(host):
    run = host.create(start=False)
    for _ in range(2):
        host.do(run, "step", n=3, command_id="the same")
    host.until(run, lambda h: (h["state"], h["step"]) == ("paused", 3))


def test_a_live_change_is_an_event_and_shows_in_the_config(host, watch):
    run = host.create()
    seen = watch(host.client, run)
    host.until_step(run, 3)
    host.do(run, "set", changes={"learning_rate": 0.5})
    event = seen.wait(lambda h: h["kind"] == "event")[0]["event"]
    assert (event["kind"], event["changes"]) == ("set", {"learning_rate": 0.5})
    assert host.snapshot(run)[0]["run"]["config"]["learning_rate"] == 0.5
    assert host.refusal(run, "set", changes={"n_layers": 2}).startswith("n_layers cannot change")
    assert "learning_rate" in host.refusal(run, "set", changes={"learning_rate": -1})
    host.do(run, "pause")


def test_a_reset_begins_again_and_leaves_a_ghost(host):
    run = host.create(start=False)
    for _ in range(2):
        host.do(run, "step", n=15)
        host.until(run, lambda h: h["state"] == "paused" and h["step"] == 15)
        assert host.do(run, "reset")["step"] == 0
    header, arrays = host.snapshot(run)
    assert [ghost["label"] for ghost in header["ghosts"]] == ["until step 15", "until step 15"]
    np.testing.assert_array_equal(arrays["ghost0"], unbroken_losses(15))
    np.testing.assert_array_equal(arrays["ghost1"], arrays["ghost0"])
    assert (header["step"], len(arrays["losses"]), len(arrays["points"])) == (0, 0, 0)
    assert [event["kind"] for event in header["events"]] == ["reset"]


def test_an_undo_goes_back_to_a_kept_state_and_on_exactly(host):
    run = host.create(start=False)
    host.do(run, "step", n=35)
    host.until(run, lambda h: h["state"] == "paused" and h["step"] == 35)
    assert host.snapshot(run)[0]["snapshots"] == [0, 10, 20, 30]
    assert "one of the kept states, 0, 10, 20, 30; got 15" in host.refusal(run, "undo", step=15)
    host.do(run, "undo", step=20)
    host.do(run, "step", n=15)
    host.until(run, lambda h: h["state"] == "paused" and h["step"] == 35)
    header, arrays = host.snapshot(run)
    np.testing.assert_array_equal(arrays["losses"], unbroken_losses(35))
    np.testing.assert_array_equal(arrays["losses"], arrays["ghost0"])
    assert [sample["step"] for sample in header["samples"]] == [0, 10, 30]


def test_a_killed_worker_comes_back_and_no_loss_differs(host, watch):
    run = host.create(n_steps=100_000)
    seen = watch(host.client, run)
    host.until_step(run, 50)
    host.until_saved(run)
    os.kill(host.pid(run), signal.SIGKILL)
    event = seen.wait(lambda h: h["kind"] == "event" and h["event"]["kind"] == "restart")[0]["event"]
    seen.wait(lambda h: h["kind"] == "points" and h["first_step"] > event["step"])
    assert event["step"] >= 50, "it begins again where it saved by itself"
    host.until_step(run, event["step"] + 100)
    host.do(run, "pause")
    losses = host.snapshot(run)[1]["losses"]
    seen.wait_state("paused")
    assert _replayed(seen) == losses.tolist()  # what was lost was rewound, and came again
    np.testing.assert_array_equal(losses, unbroken_losses(len(losses)))


def _replayed(watch):
    """The losses that a viewer has after all frames."""
    losses = []
    for frame in list(watch.frames):
        header, arrays = wire.decode(frame)
        if header["kind"] == "snapshot":
            losses = arrays["losses"].tolist()
        elif header["kind"] == "rewind":
            losses = losses[: header["step"]]
        elif header["kind"] == "points":
            assert header["first_step"] == len(losses) + 1
            losses += arrays["losses"].tolist()
    return losses


def test_two_viewers_see_the_same_bytes_in_order_and_without_gaps(host, watch):
    run = host.create()
    other = Client(host.home)
    first, second = watch(host.client, run), watch(other, run)
    host.until_step(run, 50)
    host.do(run, "reset")
    last = host.do(run, "pause")["step"]
    for viewer in (first, second):
        viewer.wait(lambda h: h["kind"] == "state" and h["state"] == "paused" and h["step"] == last)
    frames = [[(wire.header_of(frame)["seq"], frame) for frame in list(viewer.frames)] for viewer in (first, second)]
    for numbers in ([seq for seq, _ in seen] for seen in frames):
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    stream, later = (dict(seen[1:]) for seen in frames)  # each began with a snapshot of its own
    assert all(stream[seq] == frame for seq, frame in later.items() if seq in stream)
    assert _replayed(first) == _replayed(second) == host.snapshot(run)[1]["losses"].tolist()
    other.close()


def test_only_what_is_wanted_is_looked_at(host, watch):
    run = host.create(start=False)
    seen = watch(host.client, run)
    host.do(run, "step", n=2)
    host.until(run, lambda h: h["state"] == "paused" and h["step"] == 2)
    assert not seen.headers("probe")
    seen.subscription.wants({"taps": ["blocks.0.attn.pattern/1"], "samples": True})
    header, arrays = seen.wait(lambda h: h["kind"] == "probe")
    T = len(header["labels"])
    assert arrays["blocks.0.attn.pattern/1"].shape == (T, T)
    assert arrays["token_loss"].shape == (T,)
    assert seen.wait(lambda h: h["kind"] == "samples" and not h["recorded"])[0]["texts"]
    seen.subscription.wants({"taps": ["no such tap"]})
    seen.wait(lambda h: h["kind"] == "probe" and h["seq"] > header["seq"])


def test_a_fork_goes_its_own_way_from_the_same_state(host):
    run = host.create(start=False)
    host.do(run, "step", n=12)
    host.until(run, lambda h: h["state"] == "paused" and h["step"] == 12)
    fork = host.client.command(run, "somebody", "fork", what_if=True)["run"]
    assert host.client.runs("somebody") == []
    host.client.command(fork, "somebody", "adopt")
    assert [line.id for line in host.client.runs("somebody")] == [fork]
    host.client.command(fork, "somebody", "step", n=3)
    host.until(fork, lambda h: h["state"] == "paused" and h["step"] == 15)
    np.testing.assert_array_equal(host.snapshot(fork)[1]["losses"], unbroken_losses(15))
    assert host.snapshot(run)[0]["step"] == 12


def test_a_rename_shows_and_a_deleted_run_is_gone(host, watch):
    run = host.create()
    seen = watch(host.client, run)
    host.do(run, "rename", name="  my\n <b>run</b> ")
    shown = seen.wait(lambda h: h["kind"] == "snapshot" and "<b>" in h["run"]["name"])[0]["run"]
    assert shown["name"] == "my <b>run</b>"
    host.do(run, "delete")
    assert seen.wait_state("deleted")["sentence"] == "This run was deleted."
    assert "no such run" in host.refusal(run, "describe")
    assert not (host.home / "runs" / run).exists()


def test_a_fork_of_a_run_on_byte_pairs_goes_on_exactly(host):
    changes = {"dataset": "names", "tokenizer": "bpe", "n_merges": 30, "vocab_size": 286}
    run = host.create(start=False, **changes)
    host.do(run, "step", n=6)
    host.until(run, lambda h: h["state"] == "paused" and h["step"] == 6)
    fork = host.do(run, "fork")["run"]
    host.made.append(fork)
    host.do(fork, "step", n=4)
    host.until(fork, lambda h: h["state"] == "paused" and h["step"] == 10)
    np.testing.assert_array_equal(host.snapshot(fork)[1]["losses"], unbroken_losses(10, **changes))


def test_data_that_are_missing_fail_with_their_own_sentence(host, watch):
    seen = watch(host.client, host.create(dataset="shakespeare"))
    state = seen.wait_state("failed")
    assert "hakespeare" in state["sentence"]
    assert "Traceback" not in state["sentence"]


def test_a_model_that_breaks_where_samples_are_due_has_diverged_not_failed(host, watch):
    run = host.create(start=False, norm="none", n_layers=2)
    seen = watch(host.client, run, samples=True)
    host.do(run, "step", n=9)
    host.until(run, lambda h: h["state"] == "paused" and h["step"] == 9)
    host.do(run, "set", changes={"optimizer": "adamw", "learning_rate": 1e12})
    host.do(run, "start")
    assert host.until(run, lambda h: h["state"] in ("diverged", "failed"))["state"] == "diverged"
    assert [header["step"] for header in seen.headers("samples") if header["recorded"]] == [0]


def test_divergence_is_explained_and_a_cure_lets_it_go_on(host, watch):
    run = host.create(learning_rate=1e12, schedule="constant", optimizer="sgd", grad_clip=0)
    seen = watch(host.client, run)
    state = seen.wait_state("diverged")
    assert state["divergence"]["tensor"]
    assert state["divergence"]["cures"]
    assert state["step"] == len(host.snapshot(run)[1]["losses"])
    host.do(run, "set", changes=state["divergence"]["cures"][0]["changes"])
    host.do(run, "set", changes={"learning_rate": 0.01})
    host.do(run, "start")
    host.until(run, lambda h: h["state"] == "training" and h["step"] > state["step"] + 5)
    host.do(run, "pause")


def test_a_disk_that_cannot_be_written_stops_saving_and_not_training(host, watch):
    run = host.create()
    seen = watch(host.client, run)
    host.until_step(run, 3)
    blocker = host.home / "runs" / run / "state.safetensors.part"
    while not blocker.is_dir():  # as on a full disk, the new state cannot be written
        with contextlib.suppress(FileExistsError):  # just now it is being written
            blocker.mkdir()
    sentence = seen.wait(lambda h: h["kind"] == "state" and "disk" in h["sentence"])[0]["sentence"]
    assert "not saved" in sentence
    step = host.client.request("describe", run=run)[0]["step"]
    host.until_step(run, step + 20)
    assert "cannot go back" in host.refusal(run, "reset")
    blocker.rmdir()
    seen.wait(lambda h: h["kind"] == "state" and h["sentence"] == "" and h["step"] > step)
    host.do(run, "pause")


def test_a_run_can_be_asked_how_it_was_and_forgets_what_it_takes_back(host):
    run = host.create()
    host.until_step(run, 40)
    host.do(run, "pause")
    header, arrays = host.client.request("look", run=run, what="taps", taps=["logits"], at=30)
    assert {0, 5, 30} <= set(header["steps"])
    assert arrays["logits"].shape[1] == host.client.request("describe", run=run)[0]["config"]["vocab_size"]
    host.do(run, "reset")
    assert host.client.request("look", run=run, what="taps")[0]["steps"] == [0]

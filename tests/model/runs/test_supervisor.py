import asyncio
import contextlib
import functools
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from model.datasets import load_dataset
from model.runs import wire
from model.runs.client import Client, Refused
from model.runs.launch import start_supervisor, stop_supervisor
from model.runs.store import SHIPPED, RunFolder
from model.runs.supervisor import _keeper_ended
from model.training import Trainer

from .conftest import KEY, TINY, Owner


def unbroken_losses(n, **changes):
    """What the trainer gives without any process around it."""
    torch.set_num_threads(1)
    config = TINY.replace(**changes)
    trainer = Trainer(config, load_dataset(config.data))
    return np.array([trainer.train_step().loss for _ in range(n)], np.float32)


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


@pytest.mark.parametrize("depth", [900, 975, 990])
def test_a_question_nested_too_deep_is_refused_and_cuts_nobody_off(host, depth):
    run, nested = host.create(start=False), []
    for _ in range(depth):
        nested = [nested]
    with pytest.raises(Refused, match="cannot be sent"):
        host.do(run, "step", n=1, junk=nested)
    assert host.do(run, "step", n=1)


HUGE = 10**3000
TOO_LONG = [
    ("step", {"n": HUGE}), ("extend", {"n": [HUGE] * 500}), ("sample", {"temperature": HUGE}), ("undo", {"step": HUGE}),
    ("points", {"since": [HUGE]}), ("weights", {"names": ["w" * 5000]}), ("probe", {"taps": ["t" * 5000]}),
    ("look", {"what": "x" * 5000}), ("look", {"what": "taps", "at": [HUGE]}),
    ("look", {"what": "window", "tensor": "t" * 5000}), ("w" * 5000, {}),
]  # fmt: skip


@pytest.mark.parametrize(("command", "fields"), TOO_LONG)
def test_a_refusal_does_not_repeat_all_that_came(host, command, fields):
    assert len(host.refusal(host.create(start=False), command, **fields)) < 500


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


def test_questions_are_answered_between_steps(host):
    run = host.create()
    header, arrays = host.client.request("weights", run=run, names=["tok_emb"])
    assert arrays["tok_emb"].shape[1] == 8
    assert len(host.client.request("sample", run=run, n=2, max_tokens=5)[0]["texts"]) == 2
    assert "blocks.0.attn.pattern/0" in host.client.request("probe", run=run, taps=["blocks.0.attn.pattern/0"])[1]
    host.until_step(run, 20)
    header, arrays = host.client.request("points", run=run, since=10)
    assert header["first_step"] == 11
    assert len(arrays["losses"]) >= 10
    for name, wrong in {"n": 1000, "max_tokens": 0, "temperature": -1}.items():
        assert name in host.refusal(run, "sample", **{name: wrong})
    assert "such as tok_emb" in host.refusal(run, "weights", names=["x"])
    assert "taps" in host.refusal(run, "probe", taps=["x"])


def test_only_the_key_that_made_a_run_controls_it(host):
    run = host.create(start=False)
    for command in ("start", "pause", "step", "set", "reset", "undo", "extend", "rename", "delete", "adopt"):
        assert "belongs to another browser" in host.refusal(run, command, key="other")
    assert "belongs to another browser" in host.refusal(run, "start", key="")
    assert "no key" in host.refusal(run, "fork", key="")
    assert host.client.request("describe", run=run, key="other")[0]["owner"] is False
    assert host.client.request("describe", run=run, key=KEY)[0]["owner"] is True


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


def test_the_run_that_ships_can_be_watched_and_forked_but_not_changed(host, watch):
    card = RunFolder(next(SHIPPED.glob("*/run.json")).parent).card()
    seen = watch(host.client, card.id, probe=True)
    step = seen.wait(lambda h: h["kind"] == "snapshot")[0]["step"]
    assert "ships with Glassbox" in host.refusal(card.id, "start")
    assert "ships with Glassbox" in host.refusal(card.id, "sample")
    fork = host.do(card.id, "fork")["run"]
    host.made.append(fork)
    host.do(fork, "extend", n=1000)
    host.do(fork, "start")
    host.until_step(fork, step + 5)


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


def test_a_question_to_a_run_that_is_being_deleted_harms_no_other_run(host):
    run = host.create()
    host.until_step(run, 5)
    with ThreadPoolExecutor(12) as pool:
        commands = ["delete", *["probe", "start", "fork", "delete"] * 5]
        asked = [pool.submit(host.client.request, do, run=run, key=KEY, timeout=60) for do in commands]
    refusals = [str(answer.exception()) for answer in asked[1:]]
    assert asked[0].exception() is None
    assert all("deleted" in sentence or "ended just then" in sentence for sentence in refusals), refusals
    assert "no such run" in host.refusal(run, "describe")
    host.until_step(host.create(), 5)


@pytest.mark.parametrize("run", ["", "f" * 32, "../../etc", "\0", "F" * 32])
def test_an_unknown_run_is_one_sentence(host, run):
    assert "no such run" in host.refusal(run, "snapshot")
    with pytest.raises(Refused, match="no such run"):
        host.client.subscribe(run, print, {})


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"n_heads": 3}, "n_heads"), ({"nonsense": 1}, "nonsense"), ({"learning_rate": "x"}, "learning_rate")],
)
def test_a_bad_config_is_one_sentence(host, changes, words):
    assert words in host.refusal("", "create", config={**TINY.to_dict(), **changes})


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


def test_a_text_of_ones_own_is_checked_and_learned(host):
    run = host.create(text="to be or not to be, that is the question.\n" * 50, dataset="text", block_size=8)
    host.until_step(run, 3)
    assert host.client.request("text", run=run)[1]["text"].tobytes().startswith(b"to be or not")
    for data, words in ((b"", "1 to"), (b"\xff\xfe\x00", "UTF-8"), (bytes(3 * 2**20), "1 to")):
        text = np.frombuffer(data, np.uint8)
        assert words in host.refusal("", "create", config=TINY.to_dict(), arrays={"text": text})
    host.do(run, "pause")


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


@pytest.mark.parametrize("is_cancelled", [True, False])
def test_a_keeper_that_ends_by_itself_ends_the_supervisor_to_be_started_again(is_cancelled):
    async def end():
        told_to_end, keeper = asyncio.Event(), asyncio.create_task(asyncio.sleep(0 if not is_cancelled else 60))
        keeper.add_done_callback(functools.partial(_keeper_ended, told_to_end))
        await asyncio.sleep(0.01)
        keeper.cancel()
        await asyncio.sleep(0.01)
        return told_to_end.is_set()

    assert asyncio.run(end()) is not is_cancelled


def test_garbage_on_the_socket_ends_that_client_only(host):
    import socket

    with socket.socket(socket.AF_UNIX) as stranger:
        stranger.connect(str(wire.socket_path(host.home)))
        stranger.sendall(wire.pack(b"\x02\0\0\0[]"))
        stranger.settimeout(60)
        assert stranger.recv(10) == b""
    assert "no command" in host.refusal("", "explode")


def test_a_second_supervisor_says_so_and_goes(host):
    environment = {**os.environ, "GLASSBOX_HOME": str(host.home)}
    command = [sys.executable, "-m", "model.runs.supervisor"]
    second = subprocess.run(command, env=environment, stdin=subprocess.PIPE, capture_output=True, text=True, timeout=90)
    assert second.returncode == 1
    assert second.stderr.startswith("Another supervisor hosts the runs of")
    assert host.client.runs("nobody") == []


def test_torch_stays_out_of_the_supervisor_and_the_client():
    code = "import sys, model.runs.supervisor, model.runs.client; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_after_a_restart_of_the_supervisor_what_trained_trains_on(tmp_path, watch):
    (tmp_path / "supervisor.sock").write_text("stale")
    process, host = start_supervisor(tmp_path), Owner(tmp_path)
    training, paused = host.create(), host.create(start=False)
    seen = watch(host.client, training)
    host.until_step(training, 100)
    broken = host.create(start=False)
    process.kill()  # its workers save by themselves when it is gone
    process.wait()
    step = seen.last_step()
    (tmp_path / "runs" / broken / "run.json").write_text("{")
    process = start_supervisor(tmp_path)
    host.until_step(training, step + 100)
    seen.wait(lambda h: h["kind"] == "points" and h["first_step"] > step + 50)  # the viewer is back by itself
    assert host.client.request("describe", run=paused)[0]["state"] == "paused"
    assert "damaged" in host.refusal(broken, "describe")
    host.do(training, "pause")
    losses = host.snapshot(training)[1]["losses"]
    np.testing.assert_array_equal(losses, unbroken_losses(len(losses)))
    host.client.close()
    stop_supervisor(process)
    assert not wire.socket_path(tmp_path).exists()


def test_beyond_the_last_place_a_run_waits_until_one_is_free(tmp_path, watch, monkeypatch):
    monkeypatch.setenv("GLASSBOX_MAX_WORKERS", "1")
    monkeypatch.setenv("GLASSBOX_IDLE_SECONDS", "0.1")
    process, host = start_supervisor(tmp_path), Owner(tmp_path)
    first, second = host.create(), host.create()
    seen = watch(host.client, second)
    state = host.until(second, lambda h: h["state"] == "waiting")
    assert "1 run is active" in state["sentence"]
    assert "is taken" in host.refusal(second, "step", n=1)
    host.until_step(first, 5)
    host.do(first, "pause")  # a run that stands still makes room
    seen.wait(lambda h: h["kind"] == "points")
    host.do(second, "pause")
    host.do(first, "start")
    host.until(first, lambda h: h["state"] == "training")
    host.client.close()
    stop_supervisor(process)


def test_a_run_can_be_asked_how_it_was_and_forgets_what_it_takes_back(host):
    run = host.create()
    host.until_step(run, 40)
    host.do(run, "pause")
    header, arrays = host.client.request("look", run=run, what="taps", taps=["logits"], at=30)
    assert {0, 5, 30} <= set(header["steps"])
    assert arrays["logits"].shape[1] == host.client.request("describe", run=run)[0]["config"]["vocab_size"]
    host.do(run, "reset")
    assert host.client.request("look", run=run, what="taps")[0]["steps"] == [0]


def test_the_host_says_when_runs_can_start_at_once(host):
    assert host.client.wait_until_warm(90)
    assert host.client.wait_until_warm(90), "asked again it is still true"


def test_nobody_waits_for_ever_for_a_host_that_is_not_there(tmp_path):
    client = Client(tmp_path)
    assert client.wait_until_warm(0.2) is False
    client.close()

"""The supervisor: what it refuses, who may do what, and what outlives it."""

import asyncio
import functools
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from model.runs import wire
from model.runs.client import Client, Refused
from model.runs.launch import start_supervisor, stop_supervisor
from model.runs.store import SHIPPED, RunFolder
from model.runs.supervisor import _keeper_ended

from .conftest import KEY, TINY, Owner, unbroken_losses


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


def test_a_text_of_ones_own_is_checked_and_learned(host):
    run = host.create(text="to be or not to be, that is the question.\n" * 50, dataset="text", block_size=8)
    host.until_step(run, 3)
    assert host.client.request("text", run=run)[1]["text"].tobytes().startswith(b"to be or not")
    for data, words in ((b"", "1 to"), (b"\xff\xfe\x00", "UTF-8"), (bytes(3 * 2**20), "1 to")):
        text = np.frombuffer(data, np.uint8)
        assert words in host.refusal("", "create", config=TINY.to_dict(), arrays={"text": text})
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


def test_the_host_says_when_runs_can_start_at_once(host):
    assert host.client.wait_until_warm(90)
    assert host.client.wait_until_warm(90), "asked again it is still true"


def test_nobody_waits_for_ever_for_a_host_that_is_not_there(tmp_path):
    client = Client(tmp_path)
    assert client.wait_until_warm(0.2) is False
    client.close()

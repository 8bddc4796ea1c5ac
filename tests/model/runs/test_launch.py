"""Starting the supervisor again: at once when it was sound, with growing pauses when it is not, and without chatter."""

import asyncio
import fcntl
import itertools
import logging
import subprocess
import sys
import time

import pytest

from model.runs import launch, wire

ENDS, LIVES = "raise SystemExit(3)", "import sys; sys.stdin.read()"


@pytest.fixture
def starts(monkeypatch):
    """Supervisors that are none: what each does, then when each was started and whether it was to be quiet."""
    scripts, made = [], []

    def start(home, is_quiet=False):
        made.append((time.monotonic(), is_quiet))
        script = scripts[len(made) - 1] if len(made) <= len(scripts) else LIVES
        return subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE)

    monkeypatch.setattr(launch, "start_supervisor", start)
    return scripts, made


async def until(is_it):
    deadline = time.monotonic() + 60
    while not is_it():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


async def host_until(home, is_it):
    async with launch.running_supervisor(home):
        await until(is_it)


def test_pauses_double_up_to_the_longest_and_begin_anew_after_a_sound_life():
    pauses = [0.0]
    for _ in range(8):
        pauses.append(launch.next_pause(pauses[-1], lived=3.0))
    assert pauses[1:] == [1, 2, 4, 8, 16, 30, 30, 30]
    assert launch.next_pause(30, lived=59.0) == 30
    assert launch.next_pause(30, lived=60.0) == 1


def test_one_that_keeps_ending_is_started_with_pauses_and_said_once(starts, tmp_path, monkeypatch, caplog):
    scripts, made = starts
    scripts += [ENDS] * 4
    monkeypatch.setattr(launch, "SHORTEST_PAUSE", 0.2)
    with caplog.at_level(logging.WARNING, "glassbox"):
        asyncio.run(host_until(tmp_path, lambda: len(made) == 5))
    times = [when for when, _ in made]
    gaps = [after - before for before, after in itertools.pairwise(times)]
    assert [gap >= pause for gap, pause in zip(gaps, (0.2, 0.4, 0.8, 1.6), strict=True)] == [True] * 4
    assert [is_quiet for _, is_quiet in made] == [False, True, True, True, True]
    assert [record.getMessage().split(";")[0] for record in caplog.records] == [
        "The process that hosts the runs ended (exit code 3)"
    ]


def test_the_end_of_a_sound_one_is_news_each_time_and_its_follower_may_speak(starts, tmp_path, monkeypatch, caplog):
    scripts, made = starts
    scripts += [ENDS] * 3
    monkeypatch.setattr(launch, "SHORTEST_PAUSE", 0.05)
    monkeypatch.setattr(launch, "SECONDS_OF_HEALTH", 0.0)
    asyncio.run(host_until(tmp_path, lambda: len(made) == 4))
    assert [is_quiet for _, is_quiet in made] == [False] * 4
    assert len(caplog.records) == 3


def test_a_home_that_another_hosts_is_taken_over_when_it_is_free(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(launch, "LONGEST_PAUSE", 0.1)
    monkeypatch.setattr(launch, "SHORTEST_PAUSE", 0.1)
    ours = []
    real = launch.start_supervisor
    monkeypatch.setattr(launch, "start_supervisor", lambda *a, **k: ours.append(real(*a, **k)) or ours[-1])
    lock = (tmp_path / "lock").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)

    async def take_over():
        async with launch.running_supervisor(tmp_path):
            await until(lambda: len(ours) == 3)
            lock.close()
            await until(wire.socket_path(tmp_path).exists)

    asyncio.run(take_over())
    assert capfd.readouterr().err.count("Another supervisor hosts the runs") == 1
    assert ours[-1].returncode == 0


def test_a_machine_that_starts_no_process_for_a_while_gets_its_host_back(tmp_path, monkeypatch, caplog):
    made = []

    def start(home, is_quiet=False):
        made.append(time.monotonic())
        if len(made) in (2, 3):
            raise BlockingIOError("Resource temporarily unavailable")
        return subprocess.Popen([sys.executable, "-c", ENDS if len(made) == 1 else LIVES], stdin=subprocess.PIPE)

    monkeypatch.setattr(launch, "start_supervisor", start)
    monkeypatch.setattr(launch, "SHORTEST_PAUSE", 0.1)
    with caplog.at_level(logging.WARNING, "glassbox"):
        asyncio.run(host_until(tmp_path, lambda: len(made) == 4))
    gaps = [after - before for before, after in itertools.pairwise(made)]
    assert gaps[1] >= 0.2
    assert gaps[2] >= 0.4
    assert [record.getMessage().count("cannot be started") for record in caplog.records] == [0, 1, 1]

"""An app that does not come up, or does not end, is ended with everything it started."""

import subprocess
import time

import psutil
import pytest

from tools import app_process
from tools.app_process import AppProcess

STUBBORN = """import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
time.sleep(60)
"""


@pytest.fixture
def app(tmp_path, monkeypatch):
    """An app that starts a process, answers nobody and does not end when it is asked to."""
    (tmp_path / "streamlit.py").write_text(STUBBORN)
    monkeypatch.setattr(app_process, "ROOT", tmp_path)
    app = AppProcess(tmp_path / "home")
    app.started = []

    def wait_for_its_child():
        deadline = time.monotonic() + 60
        while not (children := app.processes()):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        app.started = [psutil.Process(app.process.pid), *children]

    monkeypatch.setattr(app, "wait_healthy", wait_for_its_child)
    yield app
    for process in app.started:
        if process.is_running():
            process.kill()


def running(app):
    """What still runs after a while; who only waits to be counted out by its parent does not."""
    deadline, alive = time.monotonic() + 60, app.started
    while alive and time.monotonic() < deadline:
        time.sleep(0.02)
        alive = [process for process in alive if is_running(process)]
    return alive


def is_running(process):
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_an_app_that_does_not_come_up_leaves_nothing(app, monkeypatch):
    wait = app.wait_healthy

    def never():
        wait()
        raise RuntimeError("the app did not start")

    monkeypatch.setattr(app, "wait_healthy", never)
    with pytest.raises(RuntimeError, match="did not start"), app:
        pass
    assert len(app.started) == 2
    assert running(app) == []


def test_an_app_that_does_not_end_is_ended_and_that_is_said(app):
    app.__enter__()
    with pytest.raises(subprocess.TimeoutExpired):
        app.stop(0.3)
    assert len(app.started) == 2
    assert running(app) == []

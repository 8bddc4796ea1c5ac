"""For all tests: one thread, as a worker has, a home of their own, so that nobody's runs are touched, and patience."""

import contextlib
import os

import pytest

# Read by torch and its libraries when they are first imported, which is after this file.
for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

from model.runs.client import Refused, connect  # noqa: E402
from model.runs.launch import start_supervisor, stop_supervisor  # noqa: E402
from tools.app_process import ROOT  # noqa: E402


@pytest.fixture(autouse=True, scope="session")
def patience():
    """On a machine that is busy with other things an answer may take long, and it is the right one all the same."""
    with pytest.MonkeyPatch.context() as patient:
        patient.setattr("model.runs.client.SECONDS_TO_ANSWER", 60.0)
        patient.setattr("model.runs.launch.SECONDS_TO_SAVE", 60.0)
        yield


@pytest.fixture(autouse=True)
def home(tmp_path_factory, monkeypatch):
    """An empty GLASSBOX_HOME for each test."""
    path = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("GLASSBOX_HOME", str(path))
    return path


@pytest.fixture(scope="module")
def supervised(tmp_path_factory):
    """A home and the supervisor that hosts its runs, for a module's tests of pages."""
    home = tmp_path_factory.mktemp("supervised")
    process = start_supervisor(home)
    yield home, process
    stop_supervisor(process)


@pytest.fixture
def opened(supervised, monkeypatch):
    """`opened(**query)` opens the Train page, as a new visitor, by a link with these parameters.

    What the visitors started stands still after the test, so that the next one has the machine.
    """
    from streamlit.testing.v1 import AppTest  # here, for most tests need no page

    monkeypatch.setenv("GLASSBOX_HOME", str(supervised[0]))
    connect.cache_clear()  # the process's client may belong to another home
    visits = []

    def open_(**query):
        visits.append(AppTest.from_file(str(ROOT / "pages" / "_navigation.py"), default_timeout=60))
        for name, value in query.items():
            visits[-1].query_params[name] = value
        return visits[-1].run()

    yield open_
    for key in [at.session_state["browser_key"] for at in visits if "browser_key" in at.session_state]:
        for run in connect().runs(key):
            with contextlib.suppress(Refused):
                connect().command(run.id, key, "pause")
    connect().close()
    connect.cache_clear()

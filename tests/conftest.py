"""For all tests: one thread, as a worker has, a home of their own, so that nobody's runs are touched, and patience."""

import os

import pytest

# Read by torch and its libraries when they are first imported, which is after this file.
for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

from model.runs.client import connect  # noqa: E402


@pytest.fixture(autouse=True, scope="session")
def patience():
    """On a machine that is busy with other things an answer may take long, and it is the right one all the same."""
    with pytest.MonkeyPatch.context() as patient:
        patient.setattr("model.runs.client.SECONDS_TO_ANSWER", 60.0)
        patient.setattr("model.runs.launch.SECONDS_TO_SAVE", 60.0)
        yield


@pytest.fixture
def own_client():
    """The process's one client belongs to this test's home, and ends with the test."""
    connect.cache_clear()
    yield
    connect().close()
    connect.cache_clear()


@pytest.fixture(autouse=True)
def home(tmp_path_factory, monkeypatch):
    """An empty GLASSBOX_HOME for each test."""
    path = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("GLASSBOX_HOME", str(path))
    return path

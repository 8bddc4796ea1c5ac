"""For all tests: one thread, as a worker has, and a home of their own, so that nobody's runs are touched."""

import os

import pytest

# Read by torch and its libraries when they are first imported, which is after this file.
for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"


@pytest.fixture(autouse=True)
def home(tmp_path_factory, monkeypatch):
    """An empty GLASSBOX_HOME for each test."""
    path = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("GLASSBOX_HOME", str(path))
    return path

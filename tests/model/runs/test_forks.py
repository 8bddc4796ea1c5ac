"""The forkserver and who asks it: a machine without room for one more process loses neither."""

import asyncio
import io
import os
import socket
from types import SimpleNamespace

import pytest

from model.runs import forkserver
from model.runs.forks import Forks


def test_a_fork_that_the_machine_refuses_closes_the_socket_and_nothing_else(monkeypatch):
    def no_room():
        raise BlockingIOError("Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", no_room)
    ours, theirs = socket.socketpair()
    forkserver.fork(None, None, theirs.detach())
    ours.settimeout(5)
    assert ours.recv(1) == b"", "whoever waits for this worker hears that there is none"


@pytest.fixture
def forks():
    async def make():
        return Forks(io.StringIO())

    return asyncio.run(make())


def test_a_socket_that_an_ending_forkserver_does_not_take_goes_to_the_next(forks):
    first, gone = socket.socketpair()
    gone.close()
    forks._control = first
    asked = forks.fork()
    second, forkserver_end = socket.socketpair()
    forks._serve_through(second)
    data, descriptors, _, _ = socket.recv_fds(forkserver_end, 1, 1)
    assert (data, len(descriptors)) == (b"w", 1)
    with socket.socket(fileno=descriptors[0]) as worker:
        worker.send(b"!")
    assert asked.recv(1) == b"!"
    assert not forks._pending


def test_without_a_forkserver_sockets_wait(forks):
    forks.fork()
    forks._serve_through(SimpleNamespace(sendmsg=refuse))
    assert len(forks._pending) == 1


def refuse(*_):
    raise BrokenPipeError

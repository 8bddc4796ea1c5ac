"""The supervisor's end of a client: what is done once, what is only answered, and who is cut off for not reading."""

import asyncio
from collections import OrderedDict
from types import SimpleNamespace

import numpy as np
import pytest

from model.runs import requests, supervisor
from model.runs.supervisor import MAX_BACKLOG, SECONDS_BEHIND, Visitor


@pytest.fixture
def asked(monkeypatch):
    """What reached the host; everything is answered with a megabyte."""
    reached = []

    async def answer(host, request):
        reached.append(request.header["do"])
        return {}, {"x": np.zeros(250_000, np.float32)}

    for table in (requests.CHANGES, requests.READINGS):
        for name in table:
            monkeypatch.setitem(table, name, answer)
    return reached


def ask_twice(do):
    """Ask with the same id, as a client does after its connection was lost; returns what is remembered."""
    done = OrderedDict()

    async def ask():
        host = SimpleNamespace(note_seen=lambda run: None)
        for number in (1, 2):
            await Visitor(host, done)._do(number, {"do": do, "command_id": "the same"}, {})

    asyncio.run(ask())
    return done


@pytest.mark.parametrize("do", sorted(requests.CHANGES))
def test_a_change_asked_again_is_answered_and_not_done_again(asked, do):
    ask_twice(do)
    assert asked == [do]


@pytest.mark.parametrize("do", sorted(requests.READINGS))
def test_the_answer_to_a_reading_question_is_kept_nowhere(asked, do):
    assert not ask_twice(do)
    assert asked == [do, do]


class Transport(asyncio.Transport):
    """A client that reads when the test says so."""

    def __init__(self):
        super().__init__()
        self.written, self.is_aborted = 0, False

    def set_write_buffer_limits(self, high=None, low=None):
        self.high = high

    def write(self, data):
        self.written += len(data)

    def abort(self):
        self.is_aborted = True


@pytest.fixture
def visitor(monkeypatch):
    clock = SimpleNamespace(now=100.0, monotonic=lambda: clock.now)
    monkeypatch.setattr(supervisor, "time", clock)
    visitor = Visitor(None, OrderedDict())
    visitor.clock, visitor.transport = clock, Transport()
    visitor.connection_made(visitor.transport)
    assert visitor.transport.high == MAX_BACKLOG
    return visitor


def test_many_snapshots_at_once_are_no_reason_to_cut_a_client_off(visitor):
    visitor.pause_writing()
    for _ in range(100):
        visitor._show(1, b"x" * 1000)
    visitor.clock.now += SECONDS_BEHIND - 1
    visitor._show(1, b"x")
    visitor.resume_writing()  # it has read them
    visitor.clock.now += 60
    visitor._show(1, b"x")
    assert not visitor.transport.is_aborted
    assert visitor.transport.written > 100_000


def test_a_client_that_does_not_read_for_long_is_cut_off(visitor):
    visitor.pause_writing()
    visitor.clock.now += SECONDS_BEHIND + 1
    visitor._show(1, b"x")
    assert visitor.transport.is_aborted
    assert not visitor.transport.written

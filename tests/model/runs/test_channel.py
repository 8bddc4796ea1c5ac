import socket
import time

import pytest

from model.runs import wire
from model.runs.channel import Channel, Gone


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    theirs.settimeout(60)
    with ours, theirs:
        yield Channel(ours), theirs


def test_sending_never_waits_for_a_reader_and_loses_nothing(pair):
    channel, reader = pair
    messages = [bytes([i]) * 100_000 for i in range(100)]  # more than the socket takes
    started = time.monotonic()
    for message in messages:
        channel.send(message)
    assert time.monotonic() - started < 20  # nobody reads: who waited a little for each would be later
    assert not channel.is_clear
    splitter, received = wire.Splitter(), []
    while len(received) < len(messages):
        received += splitter.feed(reader.recv(2**20))
        channel.flush()
    assert received == messages
    assert channel.is_clear


def test_what_waits_leaves_while_the_sender_only_looks_for_orders(pair):
    channel, reader = pair
    large = bytes(10_000_000)
    channel.send(large)
    splitter, received = wire.Splitter(), []
    while not received:
        assert channel.receive() is None
        received += splitter.feed(reader.recv(2**20))
    assert received == [large]


def test_messages_that_arrive_together_are_received_one_by_one(pair):
    channel, sender = pair
    sender.sendall(wire.pack(b"one") + wire.pack(b"two"))
    assert [channel.receive(None), channel.receive(None), channel.receive()] == [b"one", b"two", None]


def test_waiting_ends_after_its_time(pair):
    started = time.monotonic()
    assert pair[0].receive(0.05) is None
    assert 0.04 < time.monotonic() - started < 20


def test_a_closed_socket_ends_the_conversation(pair):
    channel, other = pair
    other.close()
    with pytest.raises(Gone):
        channel.receive()

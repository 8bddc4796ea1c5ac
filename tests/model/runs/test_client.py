"""The web side's connection: whatever breaks it is connected again, and who left stays away."""

import contextlib
import socket
import threading
from types import SimpleNamespace

import pytest

from model.runs import client as module
from model.runs import wire
from model.runs.client import Client, Subscription

GARBAGE = wire.pack(b"\x02\0\0\0[]")


@pytest.fixture
def host(tmp_path):
    """A host that sends `greetings`, one for each connection, and answers every question."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(wire.socket_path(tmp_path)))
    listener.listen()
    host = SimpleNamespace(home=tmp_path, greetings=[], n_connections=0)

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            host.n_connections += 1
            with connection, contextlib.suppress(ConnectionError):  # who left with something unread resets it
                if host.greetings:
                    connection.sendall(host.greetings.pop(0))
                answer_all(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield host
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def answer_all(connection):
    splitter = wire.Splitter()
    while data := connection.recv(2**16):
        for message in splitter.feed(data):
            number = wire.decode(message)[0]["id"]
            connection.sendall(wire.pack(wire.encode({"kind": "reply", "id": number, "ok": True})))


def test_bytes_that_are_no_message_of_ours_end_the_connection_and_not_the_client(host, monkeypatch, caplog):
    monkeypatch.setattr(module, "_SECONDS_AFTER_A_FAULT", 0.05)
    host.greetings = [GARBAGE, GARBAGE]
    client = Client(host.home)
    assert client.request("describe")[0]["ok"]
    assert host.n_connections == 3
    assert [record.exc_info[0] for record in caplog.records] == [wire.WireError] * 2
    client.close()


def test_a_socket_that_takes_nothing_more_is_shut_down_so_that_its_reader_leaves_it(host):
    client, done = Client(host.home), []

    def broken(data):
        raise BrokenPipeError

    client.request("describe")
    real = client._socket
    with client._lock:
        client._socket = SimpleNamespace(sendall=broken, shutdown=lambda how: (done.append(how), real.shutdown(how)))
    assert client.request("describe")[0]["ok"], "asked again on a new connection"
    assert done == [socket.SHUT_RDWR]
    assert host.n_connections == 2
    client.close()


def test_a_connection_that_breaks_while_it_is_closed_is_closed(host):
    client = Client(host.home)
    client.request("describe")
    with client._lock:
        client._socket, broken = socket.socket(), client._socket
        client._socket.close()  # as the reading thread leaves it
    client.close()
    broken.shutdown(socket.SHUT_RDWR)


def test_who_leaves_is_forgotten_before_anybody_can_subscribe_him_again(host, monkeypatch):
    client, known = Client(host.home), []
    client.request("describe")  # it is connected: connecting subscribes too
    subscription = Subscription(client, "run", print, {})
    client._subscriptions[7] = subscription

    def send(data):
        assert client._lock.locked()
        known.append((wire.decode(data[4:])[0]["do"], dict(client._subscriptions)))

    monkeypatch.setattr(client, "_send", send)
    subscription.close()
    assert known == [("unsubscribe", {})]
    monkeypatch.undo()
    client.close()

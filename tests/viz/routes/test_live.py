import json
import time

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from model.runs.client import Refused, Unreachable
from model.runs.wire import decode, encode
from viz.routes.live import live_routes

RUN = "0123456789abcdef" * 2
SILENT = "e" * 32
KEY = "fedcba9876543210" * 2
SAME_ORIGIN = {"origin": "http://testserver", "cookie": f"glassbox_key={KEY}"}


class FakeClient:
    """One run with a snapshot at seq 10; `on_frame` is the stream, `asked` what came from browsers."""

    def __init__(self):
        self.asked, self.wanted, self.on_frame, self.seq = [], [], None, 10

    def request(self, command, run, key, **arguments):
        if command == "describe":
            return {"owner": key == KEY}, {}
        self.asked.append((command, arguments))
        if key != KEY:
            raise Refused("This run belongs to another browser: you can watch it or fork it.")
        arrays = {"after/token_loss": np.array([2.5, 0.5], np.float32)} if command == "learn" else {}
        return {"id": 999, "kind": "answer", "state": "paused"}, arrays

    def subscribe(self, run, on_frame, wants):
        if run == SILENT:
            raise Unreachable("The process that hosts the runs does not answer.")
        if run != RUN:
            raise Refused("There is no run of this id.")
        self.on_frame = on_frame
        return self

    def snapshot(self, run):
        return encode({"kind": "snapshot", "seq": self.seq})

    def wants(self, new):
        self.wanted.append(new)

    def close(self):
        pass

    def play(self, *kinds):
        for kind in kinds:
            self.seq += 1
            self.on_frame(encode({"kind": kind, "seq": self.seq}))


@pytest.fixture
def client():
    return FakeClient()


@pytest.fixture
def browser(client):
    with TestClient(Starlette(routes=live_routes(lambda: client))) as browser:
        yield browser


def header(socket):
    return decode(socket.receive_bytes())[0]


def place(socket):
    found = header(socket)
    return found["kind"], found["seq"]


def joined(socket):
    assert header(socket)["kind"] == "hello"
    assert place(socket)[0] == "snapshot"
    return socket


@pytest.mark.parametrize("headers", [{}, {"origin": "http://elsewhere.test"}, {"origin": "null"}])
def test_only_a_page_of_this_server_may_connect(browser, headers):
    with pytest.raises(WebSocketDisconnect), browser.websocket_connect(f"/live/{RUN}", headers=headers):
        pass


@pytest.mark.parametrize(("run", "code"), [("short", 4404), ("f" * 32, 4404), (SILENT, 1013)])
def test_who_cannot_watch_hears_why_in_a_sentence(browser, run, code):
    with browser.websocket_connect(f"/live/{run}", headers=SAME_ORIGIN) as socket:
        with pytest.raises(WebSocketDisconnect) as refusal:
            socket.receive_bytes()
        assert refusal.value.code == code
        assert refusal.value.reason.endswith(".")


def test_hello_then_a_snapshot_then_frames_in_order(browser, client):
    with browser.websocket_connect(f"/live/{RUN}", headers=SAME_ORIGIN) as socket:
        assert header(socket) == {"kind": "hello", "run": RUN, "owner": True}
        assert place(socket) == ("snapshot", 10)
        client.play("points", "event", "points")
        assert [place(socket) for _ in range(3)] == [("points", 11), ("event", 12), ("points", 13)]


def test_who_comes_back_gets_only_what_was_missed(browser, client):
    with browser.websocket_connect(f"/live/{RUN}", headers=SAME_ORIGIN) as socket:
        joined(socket)
        client.play("points")
        assert place(socket) == ("points", 11)
    client.play("points", "points")
    with browser.websocket_connect(f"/live/{RUN}?after=11", headers=SAME_ORIGIN) as socket:
        assert header(socket)["kind"] == "hello"
        assert [place(socket), place(socket)] == [("points", 12), ("points", 13)]


def test_commands_are_answered_under_their_number(browser, client):
    with browser.websocket_connect(f"/live/{RUN}", headers=SAME_ORIGIN) as socket:
        joined(socket).send_text(json.dumps({"id": 7, "do": "step", "n": 100, "key": "stolen", "run": "other"}))
        answer = header(socket)
    assert (answer["kind"], answer["id"], answer["ok"], answer["state"]) == ("reply", 7, True, "paused")
    assert client.asked == [("step", {"n": 100})]


def test_what_was_tried_is_answered_with_its_numbers(browser):
    with browser.websocket_connect(f"/live/{RUN}", headers=SAME_ORIGIN) as socket:
        joined(socket).send_text(json.dumps({"id": 8, "do": "learn", "tokens": [1, 2, 3]}))
        answer, arrays = decode(socket.receive_bytes())
    assert (answer["id"], answer["ok"]) == (8, True)
    assert arrays["after/token_loss"].tolist() == [2.5, 0.5]


def test_a_refused_command_is_one_sentence(browser):
    watcher = {"origin": "http://testserver"}
    with browser.websocket_connect(f"/live/{RUN}", headers=watcher) as socket:
        assert header(socket)["owner"] is False
        header(socket)
        socket.send_text(json.dumps({"id": 1, "do": "pause"}))
        answer = header(socket)
    assert answer["ok"] is False
    assert "belongs to another browser" in answer["error"]


@pytest.mark.parametrize("do", ["shutdown", None, "create", 3])
def test_other_commands_never_reach_the_supervisor(browser, client, do):
    with browser.websocket_connect(f"/live/{RUN}", headers=SAME_ORIGIN) as socket:
        joined(socket).send_text(json.dumps({"id": 1, "do": do}))
        assert header(socket)["ok"] is False
    assert client.asked == []


JUNK = ["", "[]", "{", json.dumps({"do": "x" * 9000}), "[" * 5000, '{"do": "pause"}', '{"id": NaN, "do": "pause"}',
        r'{"id": "\ud800", "do": "pause"}']  # fmt: skip


@pytest.mark.parametrize("text", JUNK)
def test_what_is_no_message_of_ours_ends_the_connection(browser, text):
    with browser.websocket_connect(f"/live/{RUN}", headers=SAME_ORIGIN) as socket:
        joined(socket).send_text(text)
        with pytest.raises(WebSocketDisconnect) as refusal:
            socket.receive_bytes()
    assert refusal.value.code == 4400


def wait_for(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


def test_wants_of_all_viewers_are_merged_and_checked(browser, client):
    address = f"/live/{RUN}"
    with (
        browser.websocket_connect(address, headers=SAME_ORIGIN) as one,
        browser.websocket_connect(address, headers=SAME_ORIGIN) as two,
    ):
        taps = ["blocks.0.attn.pattern/2", "<script>", 5]
        joined(one).send_text(json.dumps({"wants": {"taps": taps, "probe": True}}))
        joined(two).send_text(json.dumps({"wants": {"taps": ["blocks.1.attn.pattern/0"], "samples": True}}))
        both = {"taps": ["blocks.0.attn.pattern/2", "blocks.1.attn.pattern/0"], "samples": True, "probe": True}
        wait_for(lambda: client.wanted and client.wanted[-1] == both)
    wait_for(lambda: client.wanted[-1] == {"taps": [], "samples": False, "probe": False})

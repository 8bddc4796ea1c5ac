import json

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from model.runs.client import Refused
from viz.routes import follow, traces
from viz.routes.follow import follow_routes
from viz.routes.traces import Blobs, trace_routes

RUN = "0123456789abcdef" * 2
NUMBERS = np.arange(100, dtype=np.float32).view(np.uint8)


class FakeClient:
    """A run at `step` whose worker makes a trace when `is_due`."""

    def __init__(self):
        self.asked, self.step, self.is_due, self.error = [], 7, True, ""

    def request(self, command, run, **row):
        self.asked.append((command, run, row))
        if self.error:
            raise Refused(self.error)
        if not self.is_due:
            return {"step": self.step, "wait": 0.4}, {}
        manifest = {"step": self.step, "blobs": {"activations": {"hash": f"abc{self.step}"}}}
        return {"step": self.step, "manifest": manifest}, {"activations": NUMBERS}


@pytest.fixture
def client():
    return FakeClient()


@pytest.fixture
def browser(client, monkeypatch):
    monkeypatch.setattr(traces, "_blobs", Blobs(2**20))
    monkeypatch.setattr(traces, "with_words", lambda manifest: manifest)
    with TestClient(Starlette(routes=[*trace_routes(), *follow_routes(lambda: client)])) as browser:
        yield browser


def ask(browser, step=0, tokens=(1, 2), **headers):
    return browser.post(f"/traces/{RUN}/follow", json={"step": step, "tokens": list(tokens)}, headers=headers)


def test_a_fresh_trace_is_named_by_its_hash_and_lies_beside_its_numbers(browser, client):
    answer = ask(browser).json()
    assert answer["step"] == 7
    assert json.loads(browser.get(f"/traces/{RUN}/{answer['manifest']}.bin").content)["step"] == 7
    assert browser.get(f"/traces/{RUN}/abc7.bin").content == NUMBERS.tobytes()
    assert client.asked == [("follow", RUN, {"tokens": [1, 2]})]


def test_who_asks_too_early_hears_how_long_to_wait(browser, client):
    client.is_due = False
    assert ask(browser).json() == {"wait": 0.4}


def test_those_who_follow_the_same_text_share_its_traces(browser, client, monkeypatch):
    monkeypatch.setattr(follow, "SECONDS_FRESH", 60.0)
    first = ask(browser).json()
    assert ask(browser).json() == first
    assert len(client.asked) == 1
    ask(browser, step=7)
    ask(browser, tokens=(1, 3))
    assert len(client.asked) == 3


def test_an_old_trace_is_not_handed_on(browser, client, monkeypatch):
    monkeypatch.setattr(follow, "SECONDS_FRESH", 0.0)
    ask(browser)
    client.step = 3  # the run went back
    assert ask(browser).json()["step"] == 3


def test_a_refusal_is_its_sentence(browser, client):
    client.error = "There is no such run here."
    assert ask(browser).json() == {"error": "There is no such run here."}


def test_other_sites_and_other_questions_never_reach_a_run(browser, client):
    assert ask(browser, origin="http://elsewhere.test").status_code == 403
    for body in ("", "[]", "{", json.dumps({"tokens": [1]}), json.dumps({"step": 1, "x": "x" * 9000})):
        assert browser.post(f"/traces/{RUN}/follow", content=body).status_code == 400
    assert browser.post("/traces/short/follow", json={"step": 1}).status_code == 400
    assert client.asked == []

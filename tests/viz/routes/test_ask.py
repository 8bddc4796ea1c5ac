import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from model.runs.client import Refused
from model.runs.wire import decode
from viz.routes import ask
from viz.routes.ask import ask_routes

RUN = "0123456789abcdef" * 2


class FakeClient:
    """A run whose worker answers with how often it was asked."""

    def __init__(self):
        self.asked, self.error = [], ""

    def request(self, command, run, what, timeout, **fields):
        self.asked.append((command, run, what, fields))
        if self.error:
            raise Refused(self.error)
        return {"step": len(self.asked)}, {"x": np.arange(3, dtype=np.float32)}


@pytest.fixture
def client():
    return FakeClient()


@pytest.fixture
def browser(client):
    with TestClient(Starlette(routes=ask_routes(lambda: client))) as browser:
        yield browser


def question(browser, address=f"/ask/{RUN}/taps", headers=None, **fields):
    return browser.post(address, json=fields, headers=headers)


def test_a_question_reaches_the_worker_and_its_numbers_come_back(browser, client):
    header, arrays = decode(question(browser, taps=["logits"], key="stolen", do="delete").content)
    assert client.asked == [("look", RUN, "taps", {"taps": ["logits"]})]
    assert (header["ok"], header["step"], arrays["x"].tolist()) == (True, 1, [0.0, 1.0, 2.0])


def test_a_refusal_is_a_sentence(browser, client):
    client.error = "There is no such run."
    assert decode(question(browser).content)[0] == {"ok": False, "error": client.error}


def test_only_live_questions_share_an_answer_and_only_while_it_is_fresh(browser, client, monkeypatch):
    monkeypatch.setattr(ask, "SECONDS_FRESH", 60.0)
    steps = [decode(question(browser, live=is_live).content)[0]["step"] for is_live in (True, True, False, False)]
    assert steps == [1, 1, 2, 3]
    monkeypatch.setattr(ask, "SECONDS_FRESH", 0.0)
    assert decode(question(browser, live=True).content)[0]["step"] == 4


def test_another_site_may_not_ask(browser, client):
    assert question(browser, headers={"origin": "http://elsewhere"}).status_code == 403
    assert not client.asked


@pytest.mark.parametrize("body", [b"[1]", b"{", b"[" * 50_000, b'{"x": "' + b"x" * 70_000 + b'"}'])
def test_what_is_no_question_is_refused(browser, client, body):
    assert browser.post(f"/ask/{RUN}/taps", content=body).status_code == 400
    assert not client.asked


def test_what_is_no_run_is_refused(browser, client):
    assert question(browser, address="/ask/nonsense/taps").status_code == 400


def test_an_answer_that_is_stale_is_not_kept(browser, client, monkeypatch):
    asker = ask.Ask(lambda: client)
    clock = [0.0]
    monkeypatch.setattr(ask.time, "monotonic", lambda: clock[0])
    for number in range(5):
        asker._remember((RUN, "taps", b"%d" % number), b"x")
        clock[0] += 0.6 * ask.SECONDS_FRESH
    assert [place[2] for place in asker._newest] == [b"3", b"4"]

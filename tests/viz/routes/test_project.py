import os
import signal
from contextlib import asynccontextmanager, suppress

import numpy as np
import psutil
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from model.projection import is_umap_installed, pca
from model.runs.client import Refused
from model.runs.wire import decode
from viz.routes import projector
from viz.routes.project import project_routes

RUN = "0123456789abcdef" * 2
PATIENT = {"tsne": 120.0, "umap": 120.0}  # the process is nice, and others may be busy
TABLE = np.random.default_rng(0).normal(size=(12, 6)).astype(np.float32)


class FakeClient:
    """A run whose worker sends one table, or a film of it growing."""

    def __init__(self):
        self.asked, self.answer = [], {"at": 3}

    def request(self, command, run, what, timeout, **fields):
        self.asked.append((command, run, what, fields))
        if isinstance(self.answer, str):
            raise Refused(self.answer)
        film = {"tables": np.stack([TABLE * share for share in (0.5, 1)])}
        return self.answer, {} if "wait" in self.answer else film if what == "table_film" else {"table": TABLE}


@pytest.fixture
def client():
    return FakeClient()


@pytest.fixture
def browser(client):
    with serving(client, projector.Projector(PATIENT)) as browser:
        yield browser
    assert not helpers(), "the process did not end with the app"


def serving(client, own):
    """A browser in front of an app that has these routes and ends as app.py does."""

    @asynccontextmanager
    async def lifespan(app):
        yield
        await own.close()

    return TestClient(Starlette(routes=project_routes(lambda: client, own), lifespan=lifespan))


def helpers():
    found = []
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):  # it has just ended
            found += [process] if "model.projecting" in process.cmdline() else []
    return found


def asked(browser, method="pca", **fields):
    return decode(browser.post(f"/project/{RUN}/{method}", json=fields).content)


def error(browser, method="pca", **fields):
    header, arrays = asked(browser, method, **fields)
    assert (header["ok"], arrays) == (False, {})
    return header["error"]


def test_the_workers_table_comes_back_projected(browser, client):
    header, arrays = asked(browser, table="pos_emb", tokens=[1], axes=[0, 2], key="stolen", do="delete")
    assert client.asked == [("look", RUN, "table", {"table": "pos_emb", "tokens": [1]})]
    np.testing.assert_allclose(arrays["coordinates"], pca(TABLE).scores[:, [0, 2]], atol=1e-5)
    np.testing.assert_array_equal(arrays["table"], TABLE)
    assert (header["ok"], header["at"]) == (True, 3)


def test_who_names_the_frame_before_gets_the_next_one_aligned_to_it(browser):
    first, _ = asked(browser, axes=[0, 1])
    _, swapped = asked(browser, axes=[1, 0])
    _, arrays = asked(browser, axes=[1, 0], previous=first["key"])
    np.testing.assert_allclose(arrays["coordinates"], pca(TABLE).scores[:, :2], atol=1e-5)
    assert not np.allclose(swapped["coordinates"], arrays["coordinates"], atol=1e-2)
    _, unknown = asked(browser, axes=[1, 0], previous="nonsense")
    np.testing.assert_array_equal(unknown["coordinates"], swapped["coordinates"])


def test_a_film_comes_whole(browser, client):
    _, arrays = asked(browser, film=True, hold=True)
    assert client.asked[0][2] == "table_film"
    assert arrays["coordinates"].shape == (2, 12, 2)
    np.testing.assert_allclose(2 * arrays["coordinates"][0], arrays["coordinates"][1], atol=1e-5)


def test_the_worker_may_ask_to_wait_or_refuse(browser, client):
    client.answer = {"wait": 0.2, "step": 7}
    assert asked(browser, live=True, since=7)[0] == {"wait": 0.2, "step": 7, "ok": True}
    client.answer = "There is no such run."
    assert error(browser) == client.answer


@pytest.mark.parametrize(
    ("method", "fields", "words"),
    [("pca", {"axes": [0]}, "axes must be 2 or 3 different numbers from 0 to 9; got [0]"),
     ("pca", {"axes": [0, 0]}, "axes must be"), ("pca", {"axes": [0, 10]}, "axes must be"),
     ("pca", {"axes": [0, True]}, "axes must be"), ("pca", {"axes": "01"}, "axes must be"),
     ("tsne", {"perplexity": 1}, "perplexity must be from 2 to 100; got 1"),
     ("tsne", {"perplexity": "x"}, "perplexity must be"), ("tsne", {"seed": -1}, "seed must be"),
     ("tsne", {"film": True}, "film must be left out")],
)  # fmt: skip
def test_a_question_without_sense_is_refused_in_a_sentence(browser, method, fields, words):
    assert words in error(browser, method, **fields)


@pytest.mark.skipif(is_umap_installed(), reason="umap-learn is installed")
def test_umap_where_it_is_not_installed(browser, client):
    assert error(browser, "umap").startswith("umap must be installed")
    assert not client.asked


@pytest.mark.parametrize("address", [f"/project/{RUN}/cube", "/project/nonsense/pca"])
def test_what_is_no_question_is_refused(browser, client, address):
    assert browser.post(address, json={}).status_code == 400
    assert browser.post(f"/project/{RUN}/pca", json={}, headers={"origin": "http://elsewhere"}).status_code == 403
    assert not client.asked


def test_a_projector_that_dies_costs_one_sentence_and_the_next_picture_comes(browser):
    _, before = asked(browser, "tsne", perplexity=5)
    (process,) = helpers()
    os.kill(process.pid, signal.SIGKILL)
    assert "try again" in error(browser, "tsne", perplexity=4)
    _, after = asked(browser, "tsne", perplexity=4)
    assert before["coordinates"].shape == after["coordinates"].shape == (12, 2)
    np.testing.assert_array_equal(asked(browser, "tsne", perplexity=5)[1]["coordinates"], before["coordinates"])


def test_a_picture_that_takes_too_long_is_given_up_in_a_sentence(client):
    with serving(client, projector.Projector(seconds={"tsne": 0.05, "umap": 60.0})) as browser:
        assert "took longer" in error(browser, "tsne")
        assert "took longer" in error(browser, "tsne", perplexity=7)
    assert not helpers()

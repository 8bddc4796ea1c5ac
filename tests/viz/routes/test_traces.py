import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from viz.routes import traces
from viz.routes.traces import Blobs, keep, trace_routes

RUN = "0123456789abcdef" * 2
OTHER = "fedcba9876543210" * 2
BLOB = bytes(1000) + np.arange(1000, dtype=np.float32).tobytes()
NOISE = np.random.default_rng(0).bytes(1000)


@pytest.fixture
def browser(monkeypatch):
    monkeypatch.setattr(traces, "_blobs", Blobs(2**20))
    with TestClient(Starlette(routes=trace_routes())) as browser:
        yield browser


def test_a_blob_arrives_bit_for_bit_and_stays_in_the_browser(browser):
    keep(RUN, {"abc": BLOB})
    answer = browser.get(f"/traces/{RUN}/abc.bin")
    assert answer.content == BLOB
    assert answer.headers["content-encoding"] == "gzip"
    assert "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize("path", [f"{RUN}/abd.bin", f"{OTHER}/abc.bin", "short/abc.bin", f"{RUN}/abc", f"{RUN}/.bin"])
def test_what_is_not_here_is_404_and_not_cached(browser, path):
    keep(RUN, {"abc": BLOB})
    answer = browser.get(f"/traces/{path}")
    assert answer.status_code == 404
    assert "immutable" not in answer.headers.get("cache-control", "")


@pytest.mark.parametrize("headers", [
    {"origin": "http://elsewhere.test"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"}, {"sec-fetch-site": "none"},
])  # fmt: skip
def test_other_sites_get_nothing(browser, headers):
    keep(RUN, {"abc": BLOB})
    assert browser.get(f"/traces/{RUN}/abc.bin", headers=headers).status_code == 403


@pytest.mark.parametrize("headers", [{"origin": "http://testserver"}, {"sec-fetch-site": "same-origin"}])
def test_our_own_pages_get_it(browser, headers):
    keep(RUN, {"abc": BLOB})
    assert browser.get(f"/traces/{RUN}/abc.bin", headers=headers).status_code == 200


def test_the_least_recently_used_goes_first():
    blobs = Blobs(2500)
    blobs.keep(RUN, "a", NOISE)
    blobs.keep(RUN, "b", NOISE)
    assert blobs.get(RUN, "a") is not None
    blobs.keep(RUN, "c", NOISE)
    assert [blobs.get(RUN, name) is not None for name in "abc"] == [True, False, True]


def test_one_blob_above_the_limit_is_still_served():
    blobs = Blobs(10)
    blobs.keep(RUN, "a", BLOB)
    assert blobs.get(RUN, "a") is not None


def test_keeping_twice_counts_once():
    blobs = Blobs(2500)
    for _ in range(5):
        blobs.keep(RUN, "a", NOISE)
    blobs.keep(RUN, "b", NOISE)
    assert blobs.get(RUN, "a") is not None

import gzip

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Route
from starlette.testclient import TestClient

from viz.routes.packing import NEVER, pack, packed_response

WORDS = b"the quick brown fox jumps over the lazy dog; " * 2000
NUMBERS = np.random.default_rng(0).normal(size=80_000).astype(np.float32).tobytes()


@pytest.fixture
def browser():
    """One whose server compresses what has no encoding, as Streamlit's does."""

    async def serve(request):
        message = {"words": WORDS, "numbers": NUMBERS, "few": WORDS[:600]}[request.path_params["what"]]
        return await packed_response(request, pack(message), NEVER)

    app = Starlette(routes=[Route("/{what}", serve)], middleware=[Middleware(GZipMiddleware)])
    with TestClient(app) as browser:
        yield browser


@pytest.mark.parametrize(("what", "sent", "encoding"), [
    ("words", WORDS, "gzip"), ("numbers", NUMBERS, "identity"), ("few", WORDS[:600], "identity"),
])  # fmt: skip
def test_only_what_shrinks_is_compressed_and_all_arrives_bit_for_bit(browser, what, sent, encoding):
    answer = browser.get(f"/{what}")
    assert answer.content == sent
    assert answer.headers["content-encoding"] == encoding
    assert answer.headers["cache-control"] == NEVER


def test_who_cannot_unpack_gets_it_plain(browser):
    answer = browser.get("/words", headers={"accept-encoding": "identity"})
    assert (answer.content, answer.headers["content-encoding"]) == (WORDS, "identity")


def test_a_header_of_words_before_many_numbers_does_not_decide():
    assert not pack(WORDS[:20_000] + NUMBERS).is_gzip
    assert gzip.decompress(pack(WORDS * 16 + NUMBERS).content) == WORDS * 16 + NUMBERS

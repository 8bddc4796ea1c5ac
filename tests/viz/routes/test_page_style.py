"""The frame's styles come with every page, and with nothing else."""

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from viz.routes.page_style import PageStyle

BROWSER = {"accept": "text/html,*/*", "accept-encoding": "gzip"}


@pytest.fixture
def browser(tmp_path):
    (tmp_path / "index.html").write_text("<p>page</p>")
    answers = {
        "/file": lambda request: FileResponse(tmp_path / "index.html"),
        "/pieces": lambda request: StreamingResponse(iter(["<p>pa", "ge</p>"]), media_type="text/html"),
        "/none": lambda request: HTMLResponse("no such page", status_code=404),
        "/text": lambda request: PlainTextResponse("text"),
    }
    routes = [Route(path, answer) for path, answer in answers.items()]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(PageStyle)]), headers=BROWSER)


@pytest.mark.parametrize("path", ["/file", "/pieces", "/none"])
def test_a_page_ends_with_the_sheet_and_says_its_length(browser, path):
    answer = browser.get(path)
    page, style = answer.text.split("<style>")
    assert page in ("<p>page</p>", "no such page")
    assert style.endswith("</style>")
    assert ".stMainBlockContainer" in style
    assert int(answer.headers.get("content-length", len(answer.content))) == len(answer.content)


def test_a_page_is_never_answered_by_an_older_one(browser):
    answer = browser.get("/file", headers={"if-none-match": "*", "if-modified-since": "Wed, 01 Jan 2031 00:00:00 GMT"})
    assert answer.status_code == 200
    assert "etag" not in answer.headers


def test_what_is_no_page_is_left_alone(browser):
    assert browser.get("/text").text == "text"
    assert browser.get("/file", headers={"accept": "*/*"}).text == "<p>page</p>"
    assert browser.head("/file").headers["content-length"] == str(len("<p>page</p>"))

"""The frame's styles come with every page; with the first one, what it is to fetch; nothing with what is no page."""

import re
from posixpath import dirname, join, normpath

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from viz.routes.assets import asset_routes, bundle
from viz.routes.first_paint import FirstPaint, with_imports
from viz.routes.shipped import shipped_routes

BROWSER = {"accept": "text/html,*/*", "accept-encoding": "gzip"}


@pytest.fixture
def browser(tmp_path):
    (tmp_path / "index.html").write_text("<p>page</p>")
    answers = {
        "/": lambda request: FileResponse(tmp_path / "index.html"),
        "/file": lambda request: FileResponse(tmp_path / "index.html"),
        "/pieces": lambda request: StreamingResponse(iter(["<p>pa", "ge</p>"]), media_type="text/html"),
        "/none": lambda request: HTMLResponse("no such page", status_code=404),
        "/text": lambda request: PlainTextResponse("text"),
    }
    routes = [*(Route(path, answer) for path, answer in answers.items()), *asset_routes(), *shipped_routes()]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(FirstPaint)]), headers=BROWSER)


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


def test_the_first_page_names_what_it_will_fetch_and_each_of_them_is_there(browser):
    page = browser.get("/")
    link = r'<link rel="(?:modulepreload"|preload" as="fetch" crossorigin) href="\.(/[^"]+)">'
    addresses = re.findall(link, page.text)
    assert page.text.count("<link") == len(addresses)
    assert int(page.headers["content-length"]) == len(page.content)
    assert {browser.get(address).status_code for address in addresses} == {200}
    assert [address.split("/")[1] for address in addresses].count("shipped") == 1
    for needed in ("live/train.js", "live/live.css", "theme.css", "embeddings/camera.js"):
        assert any(address.endswith(needed) for address in addresses), needed
    assert "<link" not in browser.get("/file").text


def test_what_a_module_imports_is_found_through_all_others():
    found = with_imports(["live/train.js"])
    assert len(found) == len(set(found))
    for name in found:
        for relative in re.findall(r'from "(\.[^"]+)"', bundle().assets[name].plain.decode()):
            assert normpath(join(dirname(name), relative)) in found

"""The browser key: given once, never replaced, never by another site's link."""

import re

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from viz.routes.browser_key import BrowserKey, browser_key


async def page(request: Request) -> Response:
    return HTMLResponse("<p>page")


async def who(request: Request) -> Response:
    return JSONResponse({"key": browser_key(request)})


def client() -> TestClient:
    routes = [Route("/", page), Route("/who", who)]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(BrowserKey)]))


def test_first_html_answer_sets_an_httponly_strict_cookie():
    cookie = client().get("/").headers["set-cookie"]
    assert re.match(r"glassbox_key=[0-9a-f]{32};", cookie)
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie


def test_a_browser_keeps_its_key():
    browser = client()
    browser.get("/")
    first = browser.get("/who").json()["key"]
    assert "set-cookie" not in browser.get("/").headers
    assert browser.get("/who").json()["key"] == first != ""


def test_other_answers_set_no_cookie():
    assert "set-cookie" not in client().get("/who").headers


def test_a_link_on_another_site_asks_again_instead_of_replacing_the_key():
    answer = client().get("/", headers={"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"})
    assert "set-cookie" not in answer.headers
    assert 'http-equiv="refresh"' in answer.text


def test_a_malformed_key_counts_as_none():
    assert client().get("/who", headers={"cookie": "glassbox_key=../../etc"}).json()["key"] == ""

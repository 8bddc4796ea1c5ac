"""Gives every browser an unguessable key in a cookie: runs belong to the key that made them.

It knows nothing of runs; pages read the key from their context, routes from the request.
"""

import re
import secrets

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "glassbox_key"
SECONDS = 400 * 24 * 3600  # the longest life that browsers grant a cookie
_KEY = re.compile(r"[0-9a-f]{32}")


def browser_key(connection: HTTPConnection) -> str:
    """The key this browser sent, or "" when it sent none (or not one of ours)."""
    return checked_key(connection.cookies.get(COOKIE))


def checked_key(key: object) -> str:
    """The key itself when it is one of ours, else ""."""
    return key if isinstance(key, str) and _KEY.fullmatch(key) else ""


class BrowserKey:
    """Middleware: sets the cookie with the first HTML answer. SameSite=Strict, so no other site acts in our name.

    A link on another site makes the browser hold a strict cookie back for that one request; answering it with a new
    key would take the visitor's runs away. Such a request gets a page that asks again, now from our own site.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; an HTML answer to a browser without a key carries one."""
        if scope["type"] != "http" or browser_key(Request(scope)):
            await self.app(scope, receive, send)
            return
        headers = Request(scope).headers
        if headers.get("sec-fetch-site") == "cross-site" and headers.get("sec-fetch-mode") == "navigate":
            again = HTMLResponse('<!doctype html><meta http-equiv="refresh" content="0">', headers={"Vary": "*"})
            await again(scope, receive, send)
            return

        async def send_with_key(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                if answer.get("content-type", "").startswith("text/html"):
                    cookie = f"{COOKIE}={secrets.token_hex(16)}; Max-Age={SECONDS}; Path=/; HttpOnly; SameSite=Strict"
                    answer.append("set-cookie", cookie)
            await send(message)

        await self.app(scope, receive, send_with_key)

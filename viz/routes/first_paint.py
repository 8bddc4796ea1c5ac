"""Sends along with every page what its first paint needs.

The styles of the frame around every page: one that a script run brings comes after the first elements, and moves what
already stands. And on the first page the addresses of what it will show, so that the browser fetches them while
Streamlit starts and not one after the other when they are needed. Knows the one sheet, `viz/components/page.css`, and
nothing of what it says.
"""

import re
from collections.abc import Iterable
from functools import cache
from posixpath import dirname, join, normpath

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from viz.routes.assets import asset_url, bundle
from viz.routes.shipped import shipped_url

# Asked for without these the page comes whole, as it lies on the disk, and never "as you know it".
_LEFT_OUT = {b"accept-encoding", b"if-none-match", b"if-modified-since", b"range"}
_FIRST_MODULES = ("live/sidebar.js", "live/train.js")  # what the first page mounts
_FIRST_SHEETS = ("theme.css", "base/base.css", "live/live.css")  # what those adopt
_IMPORT = re.compile(r'^(?:import|export) [^;]*?from "(\.[^"]+)";', re.MULTILINE)


class FirstPaint:
    """Middleware: appends the sheet to every HTML page, and to the first page what to fetch at once."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; a page that answers it has the sheet at its end."""
        is_asked = scope["type"] == "http" and scope["method"] == "GET"
        if not is_asked or "text/html" not in Headers(scope=scope).get("accept", ""):
            await self.app(scope, receive, send)
            return
        is_page, extra = False, _style() + (_preloads() if scope["path"].endswith("/") else b"")

        async def send_styled(message: Message) -> None:
            nonlocal is_page
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                is_page = answer.get("content-type", "").startswith("text/html")
                if is_page:
                    _announce(answer, len(extra))
            elif is_page and message["type"] == "http.response.body" and not message.get("more_body"):
                message = {**message, "body": message.get("body", b"") + extra}
            await send(message)

        headers = [(name, value) for name, value in scope["headers"] if name not in _LEFT_OUT]
        await self.app({**scope, "headers": headers}, receive, send_styled)


def _announce(answer: MutableHeaders, n_bytes: int) -> None:
    if "content-length" in answer:
        answer["content-length"] = str(int(answer["content-length"]) + n_bytes)
    for name in ("etag", "last-modified"):  # they speak of the page as it was
        del answer[name]


@cache
def _style() -> bytes:
    return b"<style>" + bundle().assets["page.css"].plain + b"</style>"


def with_imports(names: Iterable[str]) -> list[str]:
    """The modules of these names and all that they import, each once, those that are needed first in front."""
    waiting, found = list(names), []
    while waiting:
        name = waiting.pop(0)
        if name not in found:
            found.append(name)
            imported = _IMPORT.findall(bundle().assets[name].plain.decode())
            waiting += [normpath(join(dirname(name), relative)) for relative in imported]
    return found


@cache
def _preloads() -> bytes:
    # Relative, as the page itself lies below the server's base path. `crossorigin` is how fetch() asks.
    modules = map(asset_url, with_imports(_FIRST_MODULES))
    fetched = [*map(asset_url, _FIRST_SHEETS), *filter(None, [shipped_url()])]
    links = [f'<link rel="modulepreload" href=".{url}">' for url in modules]
    links += [f'<link rel="preload" as="fetch" crossorigin href=".{url}">' for url in fetched]
    return "".join(links).encode()

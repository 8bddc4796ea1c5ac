"""Sends the styles of the frame around every page along with the page itself, so that they hold from its first paint.

A style that a script run brings comes after the first elements, and moves what already stands. Knows the one sheet,
`viz/components/page.css`, and nothing of what it says.
"""

from functools import cache

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from viz.routes.assets import bundle

# Asked for without these the page comes whole, as it lies on the disk, and never "as you know it".
_LEFT_OUT = {b"accept-encoding", b"if-none-match", b"if-modified-since", b"range"}


class PageStyle:
    """Middleware: appends the sheet to every HTML page."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; a page that answers it has the sheet at its end."""
        is_asked = scope["type"] == "http" and scope["method"] == "GET"
        if not is_asked or "text/html" not in Headers(scope=scope).get("accept", ""):
            await self.app(scope, receive, send)
            return
        is_page = False

        async def send_styled(message: Message) -> None:
            nonlocal is_page
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                is_page = answer.get("content-type", "").startswith("text/html")
                if is_page:
                    _announce(answer)
            elif is_page and message["type"] == "http.response.body" and not message.get("more_body"):
                message = {**message, "body": message.get("body", b"") + _style()}
            await send(message)

        headers = [(name, value) for name, value in scope["headers"] if name not in _LEFT_OUT]
        await self.app({**scope, "headers": headers}, receive, send_styled)


def _announce(answer: MutableHeaders) -> None:
    if "content-length" in answer:
        answer["content-length"] = str(int(answer["content-length"]) + len(_style()))
    for name in ("etag", "last-modified"):  # they speak of the page without the sheet
        del answer[name]


@cache
def _style() -> bytes:
    return b"<style>" + bundle().assets["page.css"].plain + b"</style>"

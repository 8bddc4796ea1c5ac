"""The WebSocket of a run: frames out, commands and wants in. Same origin only; no frame is made or changed here.

A browser opens `{base}/live/{run}?after={seq}`, gets `hello`, then what it has not seen. It sends JSON text:
{"id": 1, "do": "pause", …} is answered by a `reply`; {"wants": {"taps": […], "samples": true, "probe": true}} is not.
"""

import asyncio
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from model.runs.client import Client, Refused, Unreachable
from model.runs.wire import encode
from viz.routes.browser_key import browser_key
from viz.routes.fan_out import MAX_TAPS, NOTHING, SECONDS_TO_RETURN, RunFeed, Viewer
from viz.routes.waiting import waited

MAX_TEXT = 8192                  # characters of one message from a browser
TAP = re.compile(r"[a-z0-9_./]{1,64}")
RUN_ID = re.compile(r"[0-9a-f]{32}")
COMMANDS = {
    "start", "pause", "step", "set", "reset", "undo", "extend", "fork", "adopt", "delete", "rename",
    "learn", "edit", "unedit", "score",
}  # fmt: skip
RESERVED = {"self", "command", "do", "run", "key", "id", "command_id", "timeout", "arrays"}
UNKNOWN_RUN, REFUSED_MESSAGE, LATER = 4404, 4400, 1013  # close codes; 4000–4999 are an application's own


def live_routes(connect: Callable[[], Client]) -> list[BaseRoute]:
    """The route for app.py to mount; `connect` returns the process's client."""
    return [WebSocketRoute("/live/{run}", Live(connect).serve)]


def is_same_origin(websocket: WebSocket) -> bool:
    """Whether a page of this very server opened the socket. Browsers always say; who does not is no page of ours."""
    origin, host = websocket.headers.get("origin", ""), websocket.headers.get("host", "")
    return bool(host) and urlsplit(origin).netloc.lower() == host.lower()


class Live:
    """All runs that somebody watches through this process."""

    def __init__(self, connect: Callable[[], Client]) -> None:
        self._connect = connect
        self._feeds: dict[str, RunFeed] = {}
        self._closing: set[asyncio.Task[None]] = set()

    async def serve(self, websocket: WebSocket) -> None:
        """Serve one browser until it leaves."""
        run = websocket.path_params["run"]
        if not is_same_origin(websocket):
            await websocket.close()  # before accepting: an HTTP 403
            return
        await websocket.accept()
        if not RUN_ID.fullmatch(run):
            await websocket.close(UNKNOWN_RUN, "This is not the address of a run.")
            return
        after = websocket.query_params.get("after", "")
        viewer = Viewer(int(after) if re.fullmatch(r"\d{1,16}", after) else None)
        feed = self._feeds.setdefault(run, RunFeed(self._connect(), run))
        feed.viewers.add(viewer)
        try:
            await feed.open()
            viewer.answer(await self._hello(websocket, run))
            await self._until_either_ends(self._send(websocket, feed, viewer), self._receive(websocket, feed, viewer))
        except Refused as refusal:
            if self._feeds.get(run) is feed:
                del self._feeds[run]  # whoever asks next gets a fresh try
            await websocket.close(LATER if isinstance(refusal, Unreachable) else UNKNOWN_RUN, _short(str(refusal)))
        finally:
            feed.viewers.discard(viewer)
            self._keep(asyncio.create_task(self._leave(feed)))

    async def _hello(self, websocket: WebSocket, run: str) -> bytes:
        key = browser_key(websocket)
        header, _ = await waited(self._connect().request, "describe", run=run, key=key)
        return encode({"kind": "hello", "run": run, "owner": bool(header["owner"])})

    async def _until_either_ends(self, *work: Any) -> None:
        tasks = [asyncio.create_task(each) for each in work]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        for task in done:
            error = task.exception()
            if error is not None and not isinstance(error, WebSocketDisconnect):
                raise error

    async def _send(self, websocket: WebSocket, feed: RunFeed, viewer: Viewer) -> None:
        """Everything that goes to this browser, in one place: each send waits until the network took it."""
        while True:
            viewer.changed.clear()
            answers, viewer.answers = viewer.answers, []
            for message in [*answers, *await feed.news(viewer)]:
                await websocket.send_bytes(message)
            await viewer.changed.wait()

    async def _receive(self, websocket: WebSocket, feed: RunFeed, viewer: Viewer) -> None:
        key = browser_key(websocket)
        while True:
            arrived = await websocket.receive()
            if arrived["type"] == "websocket.disconnect":
                return
            message = _parse(arrived.get("text") or "")
            if message is None:
                await websocket.close(REFUSED_MESSAGE, "This message was not understood.")
                return
            if "wants" in message:
                await feed.want(viewer, _wants(message["wants"]))
            else:
                viewer.answer(await self._command(feed.run, key, message))

    async def _command(self, run: str, key: str, message: dict[str, Any]) -> bytes:
        do, reply = message.get("do"), {"kind": "reply", "id": message["id"]}
        if do not in COMMANDS:
            return encode({**reply, "ok": False, "error": "There is no such command."})
        arguments = {name: value for name, value in message.items() if name not in RESERVED}
        try:
            header, arrays = await waited(self._connect().request, do, run=run, key=key, **arguments)
        except Refused as refusal:
            return encode({**reply, "ok": False, "error": str(refusal)})
        return encode({**header, **reply, "ok": True}, arrays)

    async def _leave(self, feed: RunFeed) -> None:
        """Somebody left: want less; and when nobody came back for a while, end the subscription."""
        await feed.update_wants()
        await asyncio.sleep(SECONDS_TO_RETURN)
        if not feed.viewers:
            if self._feeds.get(feed.run) is feed:
                del self._feeds[feed.run]
            await feed.close()

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._closing.add(task)  # the loop itself holds tasks only weakly
        task.add_done_callback(self._closing.discard)


def _parse(text: str) -> dict[str, Any] | None:
    if len(text) > MAX_TEXT:
        return None
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return None
    is_ours = isinstance(message, dict) and ("wants" in message or type(message.get("id")) is int)
    return message if is_ours else None


def _wants(value: Any) -> dict[str, Any]:
    """Only what may be wanted: names of taps, and the two switches."""
    if not isinstance(value, dict):
        return NOTHING
    taps = value.get("taps")
    named = [tap for tap in taps if isinstance(tap, str) and TAP.fullmatch(tap)] if isinstance(taps, list) else []
    return {"taps": named[:MAX_TAPS], "samples": value.get("samples") is True, "probe": value.get("probe") is True}


def _short(sentence: str) -> str:
    """A close reason may have 123 bytes."""
    return sentence.encode()[:120].decode(errors="ignore")

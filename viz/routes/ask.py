"""What a browser asks of a run's worker while it looks at it: a question as JSON, the answer as one binary message.

It changes nothing of a run, so everybody who has its address may ask. Several who follow one run with the same question
share the answers.
"""

import json
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from model.runs.client import Client, Refused
from model.runs.wire import encode
from viz.graph_picture import with_picture
from viz.routes.packing import NEVER, Packed, pack, packed_response
from viz.routes.traces import RUN_ID, is_own_page
from viz.routes.waiting import waited

MAX_BYTES = 65536                # of a question
MAX_KNOWN = 64                   # live questions whose newest answer is remembered
SECONDS_FRESH = 0.15             # how long it is handed to others
SECONDS = 20.0                   # that an answer may take
PICTURES = {"autograd": with_picture}  # looks whose headers get something that only this side can make
RESERVED = {"self", "command", "do", "run", "key", "id", "command_id", "timeout", "arrays", "what"}


def ask_routes(connect: Callable[[], Client]) -> list[BaseRoute]:
    """The route for app.py to mount; `connect` returns the process's client."""
    return [Route("/ask/{run}/{what}", Ask(connect).serve, methods=["POST"])]


class Ask:
    """Everybody who looks at a run through this process."""

    def __init__(self, connect: Callable[[], Client]) -> None:
        self._connect = connect
        self._newest: OrderedDict[tuple[str, str, bytes], tuple[float, Packed]] = OrderedDict()

    async def serve(self, request: Request) -> Response:
        """Answer with one message of `model/runs/wire.py`: {"ok": true, …} and arrays, or {"ok": false, "error"}."""
        run, what, body = request.path_params["run"], request.path_params["what"], await read_body(request, MAX_BYTES)
        if not is_own_page(request):
            return PlainTextResponse("Only pages of this server may ask.", status_code=403)
        question = parse_question(body)
        if body is None or question is None or not RUN_ID.fullmatch(run):
            return PlainTextResponse("This question was not understood.", status_code=400)
        place, known = (run, what, body), self._newest.get((run, what, body))
        if question.get("live") and known is not None and time.monotonic() - known[0] < SECONDS_FRESH:
            return await packed_response(request, known[1], NEVER)
        answer = await self.answer(run, what, question)
        if question.get("live"):
            self._remember(place, answer)
        return await packed_response(request, answer, NEVER)

    async def answer(self, run: str, what: str, question: dict[str, Any]) -> Packed:
        """Ask the run's worker; returns its answer, or its refusal, as one message."""
        return await waited(self._ask, run, what, question)

    def _ask(self, run: str, what: str, question: dict[str, Any]) -> Packed:
        fields = {name: value for name, value in question.items() if name not in RESERVED}
        try:
            header, arrays = self._connect().request("look", run=run, what=what, timeout=SECONDS, **fields)
        except Refused as refusal:
            return pack(encode({"ok": False, "error": str(refusal)}))
        return pack(encode({**PICTURES.get(what, dict)(header), "ok": True}, arrays))

    def _remember(self, place: tuple[str, str, bytes], answer: Packed) -> None:
        now = time.monotonic()
        self._newest[place] = now, answer
        self._newest.move_to_end(place)
        fresh = [each for each, (when, _) in self._newest.items() if now - when < SECONDS_FRESH]
        for each in self._newest.keys() - set(fresh[-MAX_KNOWN:]):
            del self._newest[each]


async def read_body(request: Request, most: int) -> bytes | None:
    """What a browser sends, None where it is more than `most` bytes."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > most:
            return None
    return body


def parse_question(body: bytes | None) -> dict[str, Any] | None:
    """A question's fields, None where it is none."""
    try:
        question = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        return None
    return question if isinstance(question, dict) else None

"""A fresh trace of a run for a browser that follows it while it trains, without a script rerun.

The browser says which row it reads and asks again and again. It gets the content hash of a manifest, whose numbers are
then at `viz/routes/traces.py`, or how long to wait: the run's worker decides how often a trace may be made. Several who
follow one run on the same text share its traces.
"""

import json
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from model.runs.client import Client, Refused
from viz.routes.ask import parse_question, read_body
from viz.routes.traces import RUN_ID, is_own_page, keep_trace
from viz.routes.waiting import waited

MAX_BYTES = 8192                 # of a question
MAX_KNOWN = 64                   # rows whose newest trace is remembered
SECONDS_FRESH = 1.0              # how long it is handed to others; a run may also go back
ROW = ("tokens", "targets", "weights")


def follow_routes(connect: Callable[[], Client]) -> list[BaseRoute]:
    """The route for app.py to mount; `connect` returns the process's client."""
    return [Route("/traces/{run}/follow", Follow(connect).serve, methods=["POST"])]


class Follow:
    """Everybody who follows a run through this process."""

    def __init__(self, connect: Callable[[], Client]) -> None:
        self._connect = connect
        self._newest: OrderedDict[str, tuple[float, dict[str, Any]]] = OrderedDict()  # when and what, by run and row

    async def serve(self, request: Request) -> Response:
        """Answer {"manifest", "step"} or {"wait": seconds} or {"error": sentence}."""
        run, question = request.path_params["run"], await _question(request)
        if not is_own_page(request):
            return PlainTextResponse("Only pages of this server may ask.", status_code=403)
        if question is None or not RUN_ID.fullmatch(run):
            return PlainTextResponse("This question was not understood.", status_code=400)
        row = {name: question[name] for name in ROW if name in question}
        place = json.dumps([run, row])
        made, known = self._newest.get(place, (-math.inf, {"step": -1}))
        if time.monotonic() - made < SECONDS_FRESH and known["step"] > question["step"]:
            return JSONResponse(known)
        try:
            answer = await waited(self._ask, run, row)
        except Refused as refusal:
            return JSONResponse({"error": str(refusal)})
        if "manifest" in answer:
            self._remember(place, answer)
        return JSONResponse(answer)

    def _ask(self, run: str, row: dict[str, Any]) -> dict[str, Any]:
        header, blobs = self._connect().request("follow", run=run, **row)
        if "wait" in header:
            return {"wait": header["wait"]}
        return {"manifest": keep_trace(run, header["manifest"], blobs), "step": header["step"]}

    def _remember(self, place: str, answer: dict[str, Any]) -> None:
        self._newest[place] = time.monotonic(), answer
        self._newest.move_to_end(place)
        while len(self._newest) > MAX_KNOWN:
            self._newest.popitem(last=False)


async def _question(request: Request) -> dict[str, Any] | None:
    """What a browser asks: its row, and the step that it shows. None where that is nothing of ours."""
    question = parse_question(await read_body(request, MAX_BYTES))
    return question if question is not None and type(question.get("step")) is int else None

"""Serves the trained run that ships with the project as one frame, so that the first picture needs nobody's worker.

Its bytes are those of a live run's `snapshot` frame; the browser draws both with the same code.
"""

import gzip
from functools import cache

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from model.runs.history import History
from model.runs.store import SHIPPED, RunFolder

_DAY = "public, max-age=86400"


@cache
def _frames() -> dict[str, bytes]:
    """Run id → its compressed snapshot frame, read once per process."""
    folders = [RunFolder(card.parent) for card in sorted(SHIPPED.glob("*/run.json"))]
    histories = [History.read(folder) for folder in folders]
    return {history.card.id: gzip.compress(history.snapshot(), mtime=0) for history in histories}


def shipped_url() -> str:
    """The path of the shipped run below the server's base path, or "" in a tree without one."""
    return next((f"/shipped/{run}" for run in _frames()), "")


def shipped_routes() -> list[BaseRoute]:
    """The route for app.py to mount."""
    return [Route("/shipped/{run}", _serve, methods=["GET"])]


async def _serve(request: Request) -> Response:
    frame = _frames().get(request.path_params["run"])
    if frame is None:
        return PlainTextResponse("No run of this name ships with Glassbox.", status_code=404)
    headers = {"Content-Encoding": "gzip", "Cache-Control": _DAY, "X-Content-Type-Options": "nosniff"}
    return Response(frame, media_type="application/octet-stream", headers=headers)

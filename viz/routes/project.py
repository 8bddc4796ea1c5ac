"""Pictures of a run's vectors: asks its worker for a table, and projects it here, aligned to the picture before.

PCA is made at once; t-SNE and UMAP in a process of their own (`projector.py`). Every frame has a key; who names the key
of the frame that is on the screen gets the next one aligned to it. Nothing of it reaches the run.
"""

import asyncio
import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from model.fields import shown, whole_number
from model.projection import (
    METHODS,
    N_COMPONENTS,
    UMAP_MISSING,
    Frame,
    is_umap_installed,
    pca_film,
    pca_frame,
    without_shares,
)
from model.runs.client import Client, Refused
from model.runs.wire import Arrays, Header, encode
from viz.routes.ask import parse_question, read_body
from viz.routes.packing import NEVER, pack, packed_response
from viz.routes.projector import NoPictureError, Projector
from viz.routes.traces import RUN_ID, is_own_page
from viz.routes.waiting import waited

MAX_BYTES = 65536  # of a question
MAX_FRAMES = 400  # remembered, so that the next one can be aligned to them
SECONDS = 20.0  # that the worker may take
TO_WORKER = ("table", "tokens", "targets", "weights", "at", "live", "since")  # fields of a question that it answers
PERPLEXITY, SEED = 15.0, 0


def project_routes(connect: Callable[[], Client], projector: Projector) -> list[BaseRoute]:
    """The route for app.py to mount; `connect` returns the process's client."""
    return [Route("/project/{run}/{method}", Projections(connect, projector).serve, methods=["POST"])]


class Projections:
    """Everybody who looks at vectors through this process."""

    def __init__(self, connect: Callable[[], Client], projector: Projector) -> None:
        self._connect, self._projector = connect, projector
        self._frames: OrderedDict[str, Frame] = OrderedDict()

    async def serve(self, request: Request) -> Response:
        """Answer with one message of `model/runs/wire.py`: {"ok": true, …} and arrays, or {"ok": false, "error"}."""
        run, method = request.path_params["run"], request.path_params["method"]
        body = await read_body(request, MAX_BYTES)
        if not is_own_page(request):
            return PlainTextResponse("Only pages of this server may ask.", status_code=403)
        question = parse_question(body)
        if body is None or question is None or method not in METHODS or not RUN_ID.fullmatch(run):
            return PlainTextResponse("This question was not understood.", status_code=400)
        try:
            message = await self._answer(run, method, question)
        except (Refused, NoPictureError, ValueError) as refusal:
            message = encode({"ok": False, "error": str(refusal)})
        return await packed_response(request, await asyncio.to_thread(pack, message), NEVER)

    async def _answer(self, run: str, method: str, question: dict[str, Any]) -> bytes:
        axes, is_film = _axes(question.get("axes", [0, 1])), bool(question.get("film"))
        if method == "umap" and not is_umap_installed():
            raise ValueError(UMAP_MISSING)
        if is_film and method != "pca":
            raise ValueError("film must be left out for t-SNE and UMAP, which come frame by frame")
        fields = {name: question[name] for name in TO_WORKER if name in question}
        header, arrays = await waited(self._looked, run, "table_film" if is_film else "table", fields)
        if "wait" in header:
            return encode({**header, "ok": True})
        if is_film:
            return await asyncio.to_thread(self._film, header, arrays, axes, bool(question.get("hold")))
        frame, key = await self._frame(method, arrays["table"], axes, question)
        made = {name: getattr(frame, name) for name in ("coordinates", "axis_shares", "shares", "scores")}
        return encode({**header, "ok": True, "key": key}, {**made, **arrays})

    def _looked(self, run: str, what: str, fields: dict[str, Any]) -> tuple[Header, Arrays]:
        return self._connect().request("look", run=run, what=what, timeout=SECONDS, **fields)

    async def _frame(
        self, method: str, table: np.ndarray, axes: tuple[int, ...], question: dict[str, Any]
    ) -> tuple[Frame, str]:
        """The picture, remembered under its key: equal questions about equal tables are worked out once."""
        previous, held = (self._known(str(question.get(name))) for name in ("previous", "hold"))
        wanted = _neighbours(method, len(axes), question)
        names = [str(question.get(name)) for name, frame in (("previous", previous), ("hold", held)) if frame]
        key = _key(table, {"method": method, "axes": axes, "from": names, **wanted})
        if key not in self._frames:
            start = None if previous is None else previous.coordinates
            directions = None if held is None else held.directions
            if method == "pca":
                frame = await asyncio.to_thread(pca_frame, table, axes, start, directions)
            else:
                frame = await self._neighbour_frame(wanted, table, start)
            self._remember(key, frame)
        self._frames.move_to_end(key)
        return self._frames[key], key

    async def _neighbour_frame(self, wanted: Header, table: np.ndarray, start: np.ndarray | None) -> Frame:
        arrays = {"table": table} if start is None else {"table": table, "previous": start}
        coordinates = (await self._projector.project(wanted, arrays))["coordinates"]
        return without_shares(coordinates)

    def _film(self, header: Header, arrays: Arrays, axes: tuple[int, ...], is_held: bool) -> bytes:
        tables = arrays["tables"]
        frames = pca_film(list(tables), axes, is_held)
        keys = [_key(table, {"film": is_held, "axes": axes}) for table in tables]
        self._remember(keys[-1], frames[-1])
        made = {name: np.stack([getattr(frame, name) for frame in frames])
                for name in ("coordinates", "axis_shares", "shares")}  # fmt: skip
        return encode({**header, "ok": True, "key": keys[-1]}, {**made, "tables": tables})

    def _known(self, key: str) -> Frame | None:
        if key in self._frames:
            self._frames.move_to_end(key)
        return self._frames.get(key)

    def _remember(self, key: str, frame: Frame) -> None:
        self._frames[key] = frame
        while len(self._frames) > MAX_FRAMES:
            self._frames.popitem(last=False)


def _axes(axes: Any) -> tuple[int, ...]:
    """The drawn components, two or three different ones. ValueError names what is allowed."""
    is_list = isinstance(axes, list) and len(axes) in (2, 3) and all(type(axis) is int for axis in axes)
    if is_list and len(set(axes)) == len(axes) and all(0 <= axis < N_COMPONENTS for axis in axes):
        return tuple(axes)
    raise ValueError(f"axes must be 2 or 3 different numbers from 0 to {N_COMPONENTS - 1}; got {shown(axes)}")


def _neighbours(method: str, n_axes: int, question: dict[str, Any]) -> Header:
    """What t-SNE and UMAP need to know. ValueError names what is allowed."""
    perplexity = question.get("perplexity", PERPLEXITY)
    if type(perplexity) not in (int, float) or not 2 <= perplexity <= 100:
        raise ValueError(f"perplexity must be from 2 to 100; got {shown(perplexity)}")
    seed = whole_number("seed", question.get("seed", SEED), 0, 2**31 - 1)
    return {"method": method, "n_axes": n_axes, "perplexity": float(perplexity), "seed": seed}


def _key(table: np.ndarray, made_with: Header) -> str:
    """What names a frame: its table and all that it was made with."""
    digest = hashlib.sha256(json.dumps(made_with, sort_keys=True).encode())
    digest.update(np.ascontiguousarray(table).tobytes())
    return digest.hexdigest()[:24]

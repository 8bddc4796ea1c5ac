"""Hands a trace's numbers to the browser, by content hash: what a hash names never changes, so it is cached for good.

Pages put blobs in with `keep`; the least recently used go when there are too many bytes. It knows runs only by their id
and blobs only as bytes. Who asks for what is gone gets a 404, and asks the page for the trace again.
"""

import hashlib
import json
import re
from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from model.trace_manifest import with_words
from viz.routes.packing import Packed, pack, packed_response

MAX_BYTES = 64 * 2**20
FOREVER = "private, max-age=31536000, immutable"
RUN_ID = re.compile(r"[0-9a-f]{32}")


class Blobs:
    """Blobs by run and content hash: at most `most` bytes as kept, the least recently used go first."""

    def __init__(self, most: int) -> None:
        self._most, self._bytes = most, 0
        self._kept: OrderedDict[tuple[str, str], Packed] = OrderedDict()
        self._lock = Lock()  # pages run in threads of their own

    def keep(self, run: str, digest: str, blob: bytes) -> None:
        """Take a blob in, unless it is here."""
        if self.get(run, digest) is not None:
            return
        packed = pack(blob)
        with self._lock:
            if (run, digest) not in self._kept:
                self._kept[run, digest] = packed
                self._bytes += len(packed.content)
            while self._bytes > self._most and len(self._kept) > 1:
                self._bytes -= len(self._kept.popitem(last=False)[1].content)

    def get(self, run: str, digest: str) -> Packed | None:
        """The blob as it is kept, or None where it is unknown or gone."""
        with self._lock:
            if (run, digest) in self._kept:
                self._kept.move_to_end((run, digest))
            return self._kept.get((run, digest))


_blobs = Blobs(MAX_BYTES)


def keep(run: str, blobs: Mapping[str, bytes]) -> None:
    """Keep blobs of a run's trace, by content hash, for the browsers that will ask for them."""
    for digest, blob in blobs.items():
        _blobs.keep(run, digest, blob)


def keep_trace(run: str, manifest: Mapping[str, Any], blobs: Mapping[str, NDArray[np.uint8]]) -> str:
    """Keep a whole trace as a worker gave it; returns the content hash of its manifest, which now has words."""
    written = json.dumps(with_words(dict(manifest)), ensure_ascii=False, separators=(",", ":")).encode()
    digest = hashlib.sha256(written).hexdigest()
    keep(run, {digest: written} | {manifest["blobs"][name]["hash"]: array.tobytes() for name, array in blobs.items()})
    return digest


def trace_routes() -> list[BaseRoute]:
    """The route for app.py to mount."""
    return [Route("/traces/{run}/{digest}.bin", _serve, methods=["GET"])]


def is_own_page(request: Request) -> bool:
    """Whether a page of this server asks: browsers name another site's origin, and newer ones say more."""
    origin, host = request.headers.get("origin"), request.headers.get("host", "")
    if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
        return False
    return request.headers.get("sec-fetch-site", "same-origin") == "same-origin"


async def _serve(request: Request) -> Response:
    run, digest = request.path_params["run"], request.path_params["digest"]
    if not is_own_page(request):
        return PlainTextResponse("Only pages of this server may ask.", status_code=403)
    packed = _blobs.get(run, digest) if RUN_ID.fullmatch(run) else None
    if packed is None:
        return PlainTextResponse("These numbers are not here.", status_code=404, headers={"Cache-Control": "no-store"})
    return await packed_response(request, packed, FOREVER)

"""Serves the front-end's ES modules and styles: compressed once, immutable, under the hash of the whole bundle.

The hash lies in the path (`/assets/<hash>/live/feed.js`), so that relative imports between modules keep it and one
browser page never mixes two versions. Knows the files below viz/components and the theme, nothing of their content.
"""

import gzip
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from viz.theme import css_variables

COMPONENTS = Path(__file__).resolve().parents[1] / "components"
MEDIA_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
FOREVER = "public, max-age=31536000, immutable"


class Asset(NamedTuple):
    """One file as it goes over the wire: plain and compressed bytes."""

    media_type: str
    plain: bytes
    compressed: bytes


class Bundle(NamedTuple):
    """All files by their name ("live/feed.js") and the hash of all of them."""

    digest: str
    assets: Mapping[str, Asset]


@cache
def bundle() -> Bundle:
    """Read and compress every module and style once per process."""
    files = {path.relative_to(COMPONENTS).as_posix(): path for path in sorted(COMPONENTS.rglob("*"))}
    contents = {name: path.read_bytes() for name, path in files.items() if path.suffix in MEDIA_TYPES}
    contents["theme.css"] = css_variables().encode()
    digest = hashlib.sha256()
    for name, content in contents.items():
        digest.update(f"{name} {len(content)}\n".encode() + content)
    return Bundle(digest.hexdigest()[:16], {name: _asset(name, content) for name, content in contents.items()})


def asset_url(name: str) -> str:
    """The path of an asset below the server's base path, as "/assets/<hash>/live/train.js"; KeyError if unknown."""
    digest, assets = bundle()
    assets[name]
    return f"/assets/{digest}/{name}"


def asset_routes() -> list[BaseRoute]:
    """The route for app.py to mount."""
    return [Route("/assets/{digest}/{name:path}", _serve, methods=["GET"])]


def _asset(name: str, content: bytes) -> Asset:
    return Asset(MEDIA_TYPES[Path(name).suffix], content, gzip.compress(content, mtime=0))


async def _serve(request: Request) -> Response:
    digest, assets = bundle()
    asset = assets.get(request.path_params["name"])
    if asset is None or request.path_params["digest"] != digest:
        return PlainTextResponse("No such asset.", status_code=404, headers={"Cache-Control": "no-store"})
    headers = {"Cache-Control": FOREVER, "Vary": "Accept-Encoding", "X-Content-Type-Options": "nosniff"}
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(asset.plain, media_type=asset.media_type, headers=headers)
    headers["Content-Encoding"] = "gzip"
    return Response(asset.compressed, media_type=asset.media_type, headers=headers)

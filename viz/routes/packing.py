"""Numbers on their way to a browser: compressed once where that pays, and otherwise sent as they are.

Streamlit's server compresses every answer without an encoding at gzip's highest level, at each request: for float32
that costs 35 ms a megabyte and saves a tenth or two. So what does not shrink names its encoding too: "identity".
"""

import asyncio
import gzip
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

NEVER = "no-store"               # of the Cache-Control header
LEVEL = 1                        # a page waits
SMALLEST = 1024                  # bytes
N_SAMPLES, SAMPLE = 4, 2**14     # pieces of a message, and their bytes: they say whether the whole will shrink
WORTH_IT = 0.5                   # words shrink to a tenth, numbers hardly


class Packed(NamedTuple):
    """Bytes as they are kept and sent."""

    content: bytes
    is_gzip: bool


def pack(message: bytes) -> Packed:
    """Compress a message if samples of it shrink."""
    sample = b"".join(message[i * len(message) // N_SAMPLES :][:SAMPLE] for i in range(N_SAMPLES))
    is_gzip = len(message) >= SMALLEST and len(gzip.compress(sample, LEVEL)) < WORTH_IT * len(sample)
    return Packed(gzip.compress(message, LEVEL, mtime=0) if is_gzip else message, is_gzip)


async def packed_response(request: Request, packed: Packed, caching: str) -> Response:
    """Answer with a message in a form that this browser reads; `caching` is the Cache-Control header."""
    content, encoding = packed.content, "gzip" if packed.is_gzip else "identity"
    if packed.is_gzip and "gzip" not in request.headers.get("accept-encoding", ""):
        content, encoding = await asyncio.to_thread(gzip.decompress, content), "identity"
    headers = {"Content-Encoding": encoding, "Cache-Control": caching, "Vary": "Accept-Encoding"}
    headers["X-Content-Type-Options"] = "nosniff"
    return Response(content, media_type="application/octet-stream", headers=headers)

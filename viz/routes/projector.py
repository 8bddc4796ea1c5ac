"""The web side of the process that makes slow projections: one of it, started when first needed, one picture at a time.

A picture that takes too long ends the process, and so does the end of ours; the next picture starts another.
"""

import asyncio
import functools
import os
import struct
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from model.runs import wire

PROJECT = Path(__file__).resolve().parents[2]
# That one picture may take, the start of the process included. A process's first UMAP is compiled for half a minute.
SECONDS = {"tsne": 20.0, "umap": 120.0}
MAX_WAITING = 12  # pictures: who comes when so many are asked for already is sent away
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
_ENDED = "The process that makes this picture ended in the middle of it. The next one starts it again: try again."
_LATE = "This picture took longer than {:.0f} seconds and was given up: fewer points, or PCA, are faster."
_BUSY = "Too many such pictures are asked for at this moment: try again in a few seconds, or take PCA."


class NoPictureError(Exception):
    """There is no picture; the reason in one sentence."""


class Projector:
    """Hands tables to its process and brings the coordinates back."""

    def __init__(self, seconds: Mapping[str, float] = SECONDS) -> None:
        self._seconds = seconds
        self.process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._n_waiting = 0

    async def project(self, header: wire.Header, arrays: wire.Arrays) -> wire.Arrays:
        """The answer's arrays. NoPictureError says in a sentence why there is none."""
        if self._n_waiting >= MAX_WAITING:
            raise NoPictureError(_BUSY)
        self._n_waiting += 1
        seconds = self._seconds[header["method"]]
        try:
            async with self._turn:
                answer, found = wire.decode(await self._answered(wire.pack(wire.encode(header, arrays)), seconds))
        finally:
            self._n_waiting -= 1
        if "error" in answer:
            raise NoPictureError(answer["error"])
        return found

    async def close(self) -> None:
        """End the process, whatever it computes."""
        process, self.process = self.process, None
        if process is not None and process.stdin is not None:
            process.stdin.close()  # which ends it
            await process.wait()

    async def _answered(self, message: bytes, seconds: float) -> bytes:
        try:
            return await asyncio.wait_for(self._exchange(message), seconds)
        except TimeoutError:
            await self._end()
            raise NoPictureError(_LATE.format(seconds)) from None
        except (OSError, asyncio.IncompleteReadError):
            await self._end()
            raise NoPictureError(_ENDED) from None
        except asyncio.CancelledError:  # its answer would be taken for the next one's
            await self._end()
            raise

    async def _exchange(self, message: bytes) -> bytes:
        if self.process is None or self.process.returncode is not None:
            self.process = await self._started()
        out, back = self.process.stdin, self.process.stdout
        assert out is not None
        assert back is not None
        out.write(message)
        await out.drain()
        (length,) = struct.unpack("<I", await back.readexactly(4))
        return await back.readexactly(length)

    async def _started(self) -> asyncio.subprocess.Process:
        environment: dict[str, Any] = {**os.environ, **_ONE_THREAD, "PYTHONPATH": str(PROJECT)}
        pipe = asyncio.subprocess.PIPE
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "model.projecting", cwd=PROJECT, env=environment, stdin=pipe, stdout=pipe,
            start_new_session=True,
        )  # fmt: skip

    async def _end(self) -> None:
        process, self.process = self.process, None
        if process is not None and process.returncode is None:
            process.kill()
            await process.wait()  # it is gone at once; left alone its pipes would outlive the loop


@functools.cache
def projector() -> Projector:
    """Return this process's one projector."""
    return Projector()

"""A process that makes the projections which take long: `python -m model.projecting`, started by the web process.

Messages of `model/runs/wire.py` come on standard input and leave on standard output, one answer for each, in order.
It ends when its input does, also in the middle of a picture. Torch-free; it knows neither runs nor browsers.
"""

import contextlib
import os
import queue
import sys
import threading
from typing import Any, BinaryIO

from model.projection import neighbour_frame
from model.runs import wire

NICE = 15  # pictures wait for training, which is at 10
Question = tuple[wire.Header, wire.Arrays]


def answer(header: wire.Header, arrays: wire.Arrays) -> bytes:
    """The message that answers one question: `coordinates`, or {"error": a sentence}."""
    wanted: dict[str, Any] = {name: header[name] for name in ("method", "n_axes", "perplexity", "seed")}
    try:
        frame = neighbour_frame(table=arrays["table"], previous=arrays.get("previous"), **wanted)
    except ValueError as refusal:
        return wire.encode({"error": str(refusal)})
    return wire.encode({}, {"coordinates": frame.coordinates})


def serve(questions: "queue.SimpleQueue[Question]", out: BinaryIO) -> None:
    """Answer what comes, until nobody listens."""
    while True:
        out.write(wire.pack(answer(*questions.get())))
        out.flush()


def read(source: BinaryIO, questions: "queue.SimpleQueue[Question]") -> None:
    """Hand on every question; end the process with its input, whatever it computes."""
    splitter = wire.Splitter()
    while data := os.read(source.fileno(), 2**16):
        for message in splitter.feed(data):
            questions.put(wire.decode(message))
    os._exit(0)


def main() -> None:
    """Serve standard input."""
    with contextlib.suppress(OSError):
        os.nice(NICE)
    questions: queue.SimpleQueue[Question] = queue.SimpleQueue()
    threading.Thread(target=read, args=(sys.stdin.buffer, questions), daemon=True).start()
    serve(questions, sys.stdout.buffer)


if __name__ == "__main__":
    main()

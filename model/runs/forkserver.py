"""Forks workers that have everything imported and one training step behind them.

A process of its own without threads, started by the supervisor: `python -m model.runs.forkserver FD`. For every byte
on the control socket it takes the socket that came with it and forks a worker on it. It ends with the supervisor.
It knows nothing of runs: the worker's first message says which one.
"""

import gc
import importlib
import os
import signal
import socket
import sys
from typing import Any

WARM = b"w"  # what it says, once, when it can fork at once


def serve(control: socket.socket) -> None:
    """Fork a worker for every socket received, until the supervisor is gone."""
    warm = importlib.import_module("model.runs.warm")  # takes seconds: requests queue in the socket meanwhile
    warm.take_one_step()
    worker = importlib.import_module("model.runs.worker")
    gc.collect()
    gc.freeze()  # collections in a worker then leave these pages alone, and shared
    control.send(WARM)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps
    while True:
        data, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if not data:
            return
        for descriptor in descriptors:  # one, or none if this process may not open more
            fork(control, worker, descriptor)


def fork(control: socket.socket, worker: Any, descriptor: int) -> None:
    """Fork a worker on a socket. Where the machine has no room for one the socket is closed, which says so."""
    try:
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            control.close()
            worker.main(socket.socket(fileno=descriptor))
            os._exit(0)  # no exit handlers of the parent's
    except OSError as error:
        print(f"no worker could be forked: {error}", file=sys.stderr)
    os.close(descriptor)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the supervisor decides
    serve(socket.socket(fileno=int(sys.argv[1])))

"""Everything the web side can ask of the supervisor. Reading is free to anyone who has a run's id; a list and a new run
need a key. Torch-free.

Each is a coroutine of the host and the request that returns the answer's header and arrays, or raises Refused.
"""

import hashlib
import secrets
import time
from collections.abc import Awaitable, Callable

import numpy as np

from model.config import RunConfig
from model.fields import shown
from model.runs.answers import Answer, Refused, disk_sentence
from model.runs.commands import adopt, command, delete, fork, pause, query, rename, start
from model.runs.host import Host, owner_of
from model.runs.request import Request
from model.runs.store import Card

MAX_TEXT = 2 * 2**20  # bytes of the user's own text


async def create(host: Host, request: Request) -> Answer:
    """Make a run of a flat `config` (and `text`), and start it unless told otherwise."""
    key, config = request.needed_key(), request.header.get("config")
    if not isinstance(config, dict):
        raise Refused("A run needs a config.")
    own = _own_text(request)
    if own is not None:
        config = {**config, "dataset": "text", "text_sha256": hashlib.sha256(own.encode()).hexdigest()}
    try:
        checked = RunConfig.from_dict(config).to_dict()
    except ValueError as error:
        raise Refused(str(error)) from error
    run = secrets.token_hex(16)
    name = request.name_for(run)
    intention = "training" if request.header.get("start", True) else "paused"
    card = Card(run, name, owner_of(key), checked, time.time(), intention)
    await host.retention.require(len(own.encode()) if own else 0)
    try:
        host.store.create(card, own)
    except OSError as error:
        raise Refused(f"{disk_sentence(error)} No new run can be made.") from error
    host.keep_owner(card)
    if intention == "training":
        host.bring_up(host.open(run))
    return {"run": run, "name": name}, {}


async def list_(host: Host, request: Request) -> Answer:
    """List the runs of a key, newest first; those that cannot be read are left out."""
    owner, lines = owner_of(request.needed_key()), []
    for run in [run for run, theirs in host.owners.items() if theirs == owner]:
        try:
            lines.append(host.open(run).history.summary())
        except Refused:
            continue
    return {"runs": sorted(lines, key=lambda line: -line["created"])}, {}


async def describe(host: Host, request: Request) -> Answer:
    """Say what a run is, how it stands and whether this key controls it."""
    run = host.open(request.run)
    owner = bool(request.key) and run.card.owner == owner_of(request.key)
    return {**run.history.run_header(), **run.history.status, "step": run.history.step, "owner": owner}, {}


async def snapshot(host: Host, request: Request) -> Answer:
    """Return everything a run has shown as one frame of bytes."""
    return {}, {"frame": np.frombuffer(host.open(request.run).history.snapshot(), np.uint8)}


async def points(host: Host, request: Request) -> Answer:
    """Return points and losses after the step `since`, without disturbing the worker."""
    since = request.header.get("since", 0)
    if type(since) is not int:
        raise Refused(f"since must be a step; got {shown(since)}")
    return host.open(request.run).history.points_since(since)


async def text(host: Host, request: Request) -> Answer:
    """Return the user's own text that a run learns, as bytes of UTF-8."""
    own = host.open(request.run).folder.text()
    if own is None:
        raise Refused("This run learns no text of anybody's own.")
    return {}, {"text": np.frombuffer(own.encode(), np.uint8)}


async def warm(host: Host, request: Request) -> Answer:
    """Answer when a run can start within a blink: everything that a worker needs is imported."""
    await host.forks.is_warm.wait()
    return {}, {}


Requests = dict[str, Callable[[Host, Request], Awaitable[Answer]]]
CHANGES: Requests = {
    "create": create,
    "start": start, "pause": pause, "fork": fork, "adopt": adopt, "rename": rename, "delete": delete,
    **dict.fromkeys(("step", "set", "reset", "undo", "extend", "learn", "edit", "unedit"), command),
}  # fmt: skip
READINGS: Requests = {
    "list": list_, "describe": describe, "snapshot": snapshot, "points": points, "text": text, "warm": warm,
    **dict.fromkeys(("sample", "weights", "probe", "trace", "follow", "score", "look"), query),
}  # fmt: skip


def _own_text(request: Request) -> str | None:
    """Return the user's own text. Raises Refused unless it is UTF-8 of a sensible size."""
    if "text" not in request.arrays:
        return None
    data = request.arrays["text"].tobytes()
    if not 0 < len(data) <= MAX_TEXT:
        raise Refused(f"A text of your own may have 1 to {MAX_TEXT:,} bytes; this one has {len(data):,}.")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise Refused("A text of your own must be UTF-8 text; this is not.") from error



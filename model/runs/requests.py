"""What the web side can ask of the supervisor, and who may: reading is free to anyone who has a run's id, commands need
the key that made it. Torch-free.

Each is a coroutine of the host and the request that returns the answer's header and arrays, or raises Refused.
"""

import asyncio
import hashlib
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from model.config import RunConfig
from model.runs.client import Answer, Refused
from model.runs.host import Host, owner_of
from model.runs.hosted import HostedRun
from model.runs.names import name_of
from model.runs.store import Card

MAX_TEXT = 2 * 2**20  # bytes of the user's own text
MAX_NAME = 40  # characters


@dataclass(frozen=True)
class Request:
    """One question: its header, its arrays, and from the header the run and the key of who asks."""

    header: dict[str, Any]
    arrays: dict[str, np.ndarray]

    @property
    def run(self) -> str:
        """Which run it is about."""
        return str(self.header.get("run", ""))

    @property
    def key(self) -> str:
        """Who asks."""
        return str(self.header.get("key", ""))


async def create(host: Host, request: Request) -> Answer:
    """Make a run of a flat `config` (and `text`), and start it unless told otherwise."""
    key, config = _key(request), request.header.get("config")
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
    name = _name(request.header.get("name")) or name_of(run)
    intention = "training" if request.header.get("start", True) else "paused"
    card = Card(run, name, owner_of(key), checked, time.time(), intention)
    try:
        host.store.create(card, own)
    except OSError as error:
        raise Refused(f"The disk is full or read-only ({error.strerror}): no new run can be made.") from error
    host.keep_owner(card)
    if intention == "training":
        host.bring_up(host.open(run))
    return {"run": run, "name": name}, {}


async def list_(host: Host, request: Request) -> Answer:
    """List the runs of a key, newest first; those that cannot be read are left out."""
    owner, lines = owner_of(_key(request)), []
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
    return host.open(request.run).history.points_since(int(request.header.get("since", 0)))


async def text(host: Host, request: Request) -> Answer:
    """Return the user's own text that a run learns, as bytes of UTF-8."""
    own = host.open(request.run).folder.text()
    if own is None:
        raise Refused("This run learns no text of anybody's own.")
    return {}, {"text": np.frombuffer(own.encode(), np.uint8)}


async def start(host: Host, request: Request) -> Answer:
    """Train on, now or as soon as there is a place."""
    run = host.owned(request.run, request.key)
    run.write_card(intention="training")
    host.bring_up(run)
    if run.link is None:
        return {"state": run.state}, {}
    try:
        return await run.link.ask({"do": "start"})
    except Refused:
        if run.stands or run.state in ("finished", "failed"):
            run.write_card(intention="paused")
        raise


async def pause(host: Host, request: Request) -> Answer:
    """Stand still, saved, whatever the run was about to do."""
    run = host.owned(request.run, request.key)
    run.write_card(intention="paused")
    host.withdraw(run)
    if run.link is not None:
        answer = await run.link.ask({"do": "pause"})
        host.admit()
        return answer
    if run.state in ("waiting", "starting", "training"):
        run.publish_state(state="paused", sentence="")
    return {"state": run.state}, {}


async def command(host: Host, request: Request) -> Answer:
    """Pass an owner's command on to the run's worker."""
    return await _ask_worker(host, host.owned(request.run, request.key), request)


async def query(host: Host, request: Request) -> Answer:
    """Pass anybody's question on to the run's worker."""
    run = host.open(request.run)
    if host.store.is_shipped(request.run):
        raise Refused("This run ships with Glassbox and has no process: fork it to look inside.")
    return await _ask_worker(host, run, request)


async def fork(host: Host, request: Request) -> Answer:
    """Copy a run as it is now into a run of whoever asks; `what_if` keeps it out of lists."""
    parent, run = host.open(request.run), secrets.token_hex(16)
    what_if = bool(request.header.get("what_if"))
    name = _name(request.header.get("name")) or name_of(run)
    owner, known = owner_of(_key(request)), parent.card
    card = Card(run, name, owner, known.config, time.time(), what_if=what_if, dataset=known.dataset)
    folder = host.store.folder(run)
    if parent.link is not None and not parent.link.leaving:
        await parent.link.ask({"do": "fork", "path": str(folder.path), "card": asdict(card)})
    else:
        try:
            parent.folder.copy_to(folder, card)
        except OSError as error:
            raise Refused(f"The disk is full or read-only ({error.strerror}): the run cannot be copied.") from error
    host.keep_owner(card)
    return {"run": run, "name": name}, {}


async def adopt(host: Host, request: Request) -> Answer:
    """Make a what-if a listed run of its own."""
    run = host.owned(request.run, request.key)
    run.write_card(what_if=False)
    host.keep_owner(run.card)
    return {}, {}


async def rename(host: Host, request: Request) -> Answer:
    """Give a run another name."""
    run = host.owned(request.run, request.key)
    name = _name(request.header.get("name"))
    if not name:
        raise Refused(f"A name needs 1 to {MAX_NAME} characters.")
    run.write_card(name=name)
    run.publish_snapshot()
    return {"name": name}, {}


async def delete(host: Host, request: Request) -> Answer:
    """End a run and remove it for good."""
    run = host.owned(request.run, request.key)
    run.publish_state(state="failed", sentence="This run was deleted.", divergence=None)
    run.is_deleted = True
    await host.stop_worker(run, save=False)
    host.store.delete(request.run)
    host.runs.pop(request.run, None)
    host.owners.pop(request.run, None)
    return {}, {}


REQUESTS: dict[str, Callable[[Host, Request], Awaitable[Answer]]] = {
    "create": create, "list": list_, "describe": describe, "snapshot": snapshot, "points": points, "text": text,
    "start": start, "pause": pause, "fork": fork, "adopt": adopt, "rename": rename, "delete": delete,
    **dict.fromkeys(("step", "set", "reset", "undo", "extend"), command),
    **dict.fromkeys(("sample", "weights", "probe"), query),
}  # fmt: skip


async def _ask_worker(host: Host, run: HostedRun, request: Request) -> Answer:
    if run.link is not None and run.link.leaving:
        await asyncio.wait_for(run.link.ended.wait(), 10)
    host.bring_up(run)
    if run.link is None:
        host.withdraw_unless_training(run)
        raise Refused(host.why_waiting(run))
    return await run.link.ask({**request.header, "key": ""})


def _key(request: Request) -> str:
    if not request.key:
        raise Refused("This browser has no key: allow cookies for this page.")
    return request.key


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


def _name(name: object) -> str:
    """Return a name fit to show, or "" if there is none."""
    shown = "".join(c for c in name if c.isprintable()) if isinstance(name, str) else ""
    return shown.strip()[:MAX_NAME]

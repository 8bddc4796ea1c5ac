"""Commands to one run, and questions that its worker answers. Commands need the key that made the run. Torch-free.

Each is a coroutine of the host and the request that returns the answer's header and arrays, or raises Refused.
"""

import asyncio
import contextlib
import secrets
import time
from dataclasses import asdict

from model.runs.answers import Answer, Refused, disk_sentence
from model.runs.host import Host, owner_of
from model.runs.hosted import HostedRun
from model.runs.request import MAX_NAME, Request
from model.runs.retention import n_bytes_of
from model.runs.store import Card

SECONDS_TO_LEAVE = 10.0


async def start(host: Host, request: Request) -> Answer:
    """Train on, now or as soon as there is a place."""
    run = host.owned(request.run, request.key)
    await _until_left(run)
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
    await host.retention.require(n_bytes_of(parent.folder.path))
    await _until_left(parent)
    what_if = bool(request.header.get("what_if"))
    name = request.name_for(run)
    owner, known = owner_of(request.needed_key()), parent.card
    card = Card(run, name, owner, known.config, time.time(), what_if=what_if, dataset=known.dataset)
    folder = host.store.folder(run)
    if parent.link is not None:
        await parent.link.ask({"do": "fork", "path": str(folder.path), "card": asdict(card)})
    else:
        try:
            parent.folder.copy_to(folder, card)
        except OSError as error:
            raise Refused(f"{disk_sentence(error)} The run cannot be copied.") from error
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
    name = request.name()
    if not name:
        raise Refused(f"A name needs 1 to {MAX_NAME} characters.")
    run.write_card(name=name)
    run.publish_snapshot()
    return {"name": name}, {}


async def delete(host: Host, request: Request) -> Answer:
    """End a run and remove it for good."""
    run = host.owned(request.run, request.key)
    run.mark_deleted()
    with contextlib.suppress(TimeoutError):  # a worker that is stuck ends later, and finds nothing to save to
        await host.stop_worker(run, save=False)
    host.store.delete(request.run)
    host.forget(request.run)
    return {}, {}


async def _ask_worker(host: Host, run: HostedRun, request: Request) -> Answer:
    await _until_left(run)
    host.bring_up(run)
    if run.link is None:
        host.withdraw_unless_training(run)
        raise Refused(host.why_waiting(run))
    return await run.link.ask({**request.header, "key": ""})


async def _until_left(run: HostedRun) -> None:
    """Wait while the run's last worker saves and ends. Raises Refused: it takes too long, or the run was deleted."""
    if run.link is not None and run.link.leaving:
        try:
            await asyncio.wait_for(run.link.ended.wait(), SECONDS_TO_LEAVE)
        except TimeoutError:
            raise Refused("This run is still being saved: try again.") from None
    run.require_kept()

"""What goes from the disk and what stays: by age, by space, by name, by use."""

import asyncio
import math
import os
import time

import pytest

from model.runs import retention
from model.runs.answers import Refused
from model.runs.launch import start_supervisor, stop_supervisor
from model.runs.names import name_of
from model.runs.retention import Kept, Retention, surplus, take_stock
from model.runs.store import Card, Store

from .conftest import Owner

DAY = 86400.0
IDS = [f"{i:032x}" for i in range(1, 6)]


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path, shipped=tmp_path / "none")


def add(store, run, days=0.0, n_bytes=1000, **fields):
    """A run seen so many days ago, of about n_bytes."""
    known = {"id": run, "name": name_of(run), "owner": "x", "config": {}, "created": 1.0}
    folder = store.create(Card(**known | fields), text="x" * n_bytes)
    unsee(folder.path, days)


def unsee(folder, days):
    seen = time.time() - days * DAY - 60
    os.utime(folder / "run.json", (seen, seen))


def kept_by(store, max_bytes=None, used=(), n_bytes=0, monkeypatch=None):
    """Make room once; return whether it fits and which runs are left."""
    forgotten, before = [], set(store.ids())
    if max_bytes is not None:
        monkeypatch.setenv("GLASSBOX_DISK_BYTES", str(max_bytes))
    fits = asyncio.run(Retention(store, lambda run: run in used, forgotten.append).make_room(n_bytes))
    assert set(forgotten) == before - set(store.ids())
    return fits, sorted(store.ids())


def test_unnamed_runs_unseen_for_a_week_go_and_nothing_else_does(store, tmp_path):
    add(store, IDS[0], days=7.1)
    add(store, IDS[1], days=6.9)
    add(store, IDS[2], days=400, name="my best")
    add(store, IDS[3], days=400, intention="training")
    add(store, IDS[4], days=400)
    assert kept_by(store, used=[IDS[4]]) == (True, IDS[1:])
    assert not list((tmp_path / "runs").glob(".*"))


def test_a_what_if_goes_after_ten_minutes_unless_somebody_looks_at_it_or_adopted_it(store):
    for run, minutes in zip(IDS, (11, 11, 8, 11), strict=False):
        add(store, run, days=minutes / 1440, what_if=run != IDS[3])
    assert kept_by(store, used=[IDS[1]]) == (True, IDS[1:4])


def test_what_is_in_use_counts_as_seen(store):
    add(store, IDS[0], days=400)
    kept_by(store, used=[IDS[0]])
    assert kept_by(store) == (True, IDS[:1])


def test_over_the_cap_the_longest_unseen_go_until_the_rest_fits(store, monkeypatch):
    for i, run in enumerate(IDS):
        add(store, run, days=5 - i)
    total = sum(kept.n_bytes for kept in take_stock(store))
    assert kept_by(store, total - 1500, monkeypatch=monkeypatch) == (True, IDS[2:])
    assert kept_by(store, total - 1500, n_bytes=1000, monkeypatch=monkeypatch) == (True, IDS[3:])


def test_the_cap_takes_nothing_that_is_named_in_use_or_opened_just_now(store, monkeypatch):
    add(store, IDS[0], days=3, name="mine")
    add(store, IDS[1], days=2, intention="training")
    add(store, IDS[2], days=1)
    add(store, IDS[3])
    add(store, IDS[4])
    store.folder(IDS[4]).mark_seen()
    assert kept_by(store, 10, used=[IDS[2]], monkeypatch=monkeypatch) == (False, [*IDS[:3], IDS[4]])


def test_a_run_that_cannot_be_read_stays_and_counts(store, monkeypatch):
    add(store, IDS[0], days=400)
    card = store.folder(IDS[0]).path / "run.json"
    card.write_text('{"format_version": 2}')
    unsee(card.parent, 400)
    assert kept_by(store, 10, monkeypatch=monkeypatch) == (False, IDS[:1])
    card.unlink()
    assert take_stock(store) == [Kept(IDS[0], math.inf, 1000, False)]


def test_somebody_who_comes_while_runs_are_counted_keeps_his(store, monkeypatch):
    add(store, IDS[0], days=8)
    keeping = Retention(store, lambda run: store.folder(run).mark_seen(), pytest.fail)
    assert asyncio.run(keeping.make_room())
    assert store.ids() == IDS[:1]


def test_a_new_run_is_refused_in_one_sentence_until_something_is_deleted(store, monkeypatch):
    monkeypatch.setenv("GLASSBOX_DISK_BYTES", "1500")
    add(store, IDS[0], name="mine", n_bytes=1200)

    async def ask():
        keeping = Retention(store, lambda run: False, pytest.fail)
        with pytest.raises(Refused, match=r"^The disk space for runs here \(1\.5e-06 GB\) is taken by [^.\n]*\.$"):
            await keeping.require(500)
        store.delete(IDS[0])
        await keeping.require(500)

    asyncio.run(ask())


def test_a_folder_that_cannot_be_counted_stops_nothing(store, tmp_path):
    (tmp_path / "runs").rmdir()
    assert asyncio.run(Retention(store, pytest.fail, pytest.fail).make_room())


def test_a_class_that_begins_at_once_is_counted_twice_at_most(store, monkeypatch):
    counts = []
    monkeypatch.setattr(retention, "take_stock", lambda store: counts.append(1) or take_stock(store))
    add(store, IDS[0])

    async def begin():
        keeping = Retention(store, lambda run: False, pytest.fail)
        await asyncio.gather(*(keeping.require(1) for _ in range(30)))
        assert 1 <= len(counts) <= 2
        await keeping.require(1)  # who comes later is not told what was true before

    asyncio.run(begin())
    assert 2 <= len(counts) <= 3


def test_the_surplus_is_the_oldest_first():
    now = 100 * DAY
    spare = [Kept(run, now - days * DAY, 10, True) for run, days in zip("abcd", (1, 8, 3, 2), strict=True)]
    chosen = {n_over: "".join(kept.run for kept in surplus(spare, n_over, now)) for n_over in (-5, 0, 10, 11, 21, 99)}
    assert chosen == {-5: "b", 0: "b", 10: "b", 11: "bc", 21: "bcd", 99: "bcda"}


def test_a_supervisor_forgets_what_nobody_saw_and_remembers_who_looked(tmp_path, monkeypatch):
    process, host = start_supervisor(tmp_path), Owner(tmp_path)
    unseen, named, looked_at = (host.create(start=False) for _ in range(3))
    host.do(named, "rename", name="to keep")
    host.client.close()
    stop_supervisor(process)
    for run in (unseen, named):
        unsee(tmp_path / "runs" / run, 8)
    unsee(tmp_path / "runs" / looked_at, 6.9)
    process, host = start_supervisor(tmp_path), Owner(tmp_path)
    host.client.request("describe", run=looked_at)
    assert time.time() - (tmp_path / "runs" / looked_at / "run.json").stat().st_mtime < 60
    host.until(named, lambda header: not (tmp_path / "runs" / unseen).exists())
    assert "no such run" in host.refusal(unseen, "describe")
    assert {line.id for line in host.client.runs("k" * 32)} == {named, looked_at}
    host.client.close()
    stop_supervisor(process)


def test_a_full_home_makes_no_new_run_and_no_fork(tmp_path, monkeypatch):
    monkeypatch.setenv("GLASSBOX_DISK_BYTES", "5000")
    process, host = start_supervisor(tmp_path), Owner(tmp_path)
    run = host.create(start=False)
    host.do(run, "rename", name="to keep")
    (tmp_path / "runs" / run / "filler").write_bytes(bytes(5000))
    for command, fields in (("create", {"config": {}}), ("fork", {})):
        assert "is taken by runs that have a name" in host.refusal(run if command == "fork" else "", command, **fields)
    host.do(run, "delete")
    host.create(start=False)
    host.client.close()
    stop_supervisor(process)

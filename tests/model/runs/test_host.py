"""Who gets a place: in the order of arrival, and nobody is held up by one who cannot be helped."""

import json
from types import SimpleNamespace

import pytest

from model.runs.answers import Refused
from model.runs.host import Host
from model.runs.store import Card

from .conftest import TINY

IDS = [f"{i:032x}" for i in range(1, 6)]


@pytest.fixture
def host(tmp_path, monkeypatch):
    """A host of five runs that are to train, without processes; `started` says who was given one."""
    host = Host(tmp_path, forks=None)
    host.started, host.too_large = [], set()
    for run in IDS:
        host.store.create(Card(run, "a name", "x", TINY.to_dict(), 1.0, "training"))
    monkeypatch.setattr(host, "_start_worker", lambda run: host.started.append(run.card.id))
    monkeypatch.setattr(host, "_refusal", lambda run: "No room." if run.card.id in host.too_large else "")
    return host


def wait(host, *runs):
    for run in runs:
        host._waiting[run] = None
    host.admit()


def standing(host, run, last_use, is_leaving=False):
    """A run with a process that it does not need; returns its link, whose `left` counts how often it was sent away."""
    hosted = host.open(run)
    link = SimpleNamespace(leaving=is_leaving, is_asked=False, left=0)
    link.leave = lambda: setattr(link, "left", link.left + 1)
    hosted.link, hosted.last_use = link, last_use
    hosted.write_card(intention="paused")
    return link


def state(host, run):
    return host.open(run).history.status["state"]


def test_a_run_too_large_for_the_machine_holds_nobody_up(host):
    host.too_large = {IDS[0], IDS[2]}
    wait(host, *IDS[:4])
    assert host.started == [IDS[1], IDS[3]]
    assert list(host._waiting) == [IDS[0], IDS[2]]
    assert state(host, IDS[0]) == state(host, IDS[2]) == "waiting"
    host.too_large.clear()
    host.admit()
    assert host.started[2:] == [IDS[0], IDS[2]], "who came first"


def test_room_is_made_once_for_the_first_in_line_and_by_one_who_is_not_leaving_yet(host):
    leaving, idle = standing(host, IDS[3], 1.0, is_leaving=True), standing(host, IDS[4], 2.0)
    host.too_large = set(IDS[:3])
    wait(host, *IDS[:3])
    assert (leaving.left, idle.left) == (0, 1)


@pytest.mark.parametrize("content", ["{", None])
def test_a_run_that_cannot_be_opened_leaves_the_line(host, content):
    path = host.store.folder(IDS[0]).path / "run.json"
    card = json.loads(path.read_text())
    path.write_text(content or json.dumps({**card, "id": IDS[4]}))  # damaged, or copied by hand
    wait(host, *IDS[:2])
    assert host.started == [IDS[1]]
    assert not host._waiting
    with pytest.raises(Refused, match=r"cannot be read: its run\.json"):
        host.open(IDS[0])


def test_a_run_that_was_deleted_leaves_the_line(host):
    host.open(IDS[0]).mark_deleted()
    wait(host, *IDS[:2])
    assert host.started == [IDS[1]]

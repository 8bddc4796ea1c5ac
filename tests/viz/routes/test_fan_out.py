import asyncio
import time

import pytest

from model.runs.client import Refused
from model.runs.wire import encode, header_of
from viz.routes import fan_out
from viz.routes.fan_out import NOTHING, Ring, RunFeed, Viewer, union


def frame(seq, kind="points", size=0):
    return encode({"kind": kind, "seq": seq, "pad": "x" * size})


def seqs(frames):
    return None if frames is None else [seq for seq, _ in frames]


def ring_with(*numbers, floor=0):
    ring = Ring()
    ring.restart(floor)
    for seq in numbers:
        ring.add(frame(seq))
    return ring


def test_frames_after_a_place_come_in_order():
    ring = ring_with(1, 2, 5, 9)
    assert seqs(ring.after(2)) == [5, 9]
    assert seqs(ring.after(9)) == []
    assert seqs(ring.after(0)) == [1, 2, 5, 9]


def test_nothing_is_known_before_the_first_snapshot():
    ring = Ring()
    ring.add(frame(7))
    assert ring.after(6) is None
    assert ring.after(None) is None


def test_the_ring_is_bounded_by_frames(monkeypatch):
    monkeypatch.setattr(fan_out, "MAX_FRAMES", 3)
    ring = ring_with(1, 2, 3, 4, 5)
    assert ring.after(1) is None
    assert seqs(ring.after(2)) == [3, 4, 5]


def test_the_ring_is_bounded_by_bytes(monkeypatch):
    monkeypatch.setattr(fan_out, "MAX_BYTES", 3000)
    ring = ring_with()
    for seq in range(1, 6):
        ring.add(frame(seq, size=1000))
    assert seqs(ring.after(ring.floor)) == [4, 5]


def test_only_the_newest_probe_is_kept():
    ring = ring_with()
    for seq, kind in enumerate(["probe", "points", "probe", "points", "probe"], 1):
        ring.add(frame(seq, kind))
    assert seqs(ring.after(0)) == [2, 4, 5]


def test_a_snapshot_in_the_stream_makes_everything_before_it_stale():
    ring = ring_with(1, 2, 3)
    ring.add(frame(10, "snapshot"))
    ring.add(frame(11))
    assert ring.after(3) is None
    assert seqs(ring.after(10)) == [11]


def test_wants_are_merged_and_the_most_wanted_taps_stay():
    def wants(*taps, **flags):
        return {**NOTHING, "taps": list(taps), **flags}

    merged = union([wants("z", "a", samples=True), wants("z", *"bcdefghi"), wants("z", probe=True)])
    assert len(merged["taps"]) == 8
    assert {"z", "a", "b"} <= set(merged["taps"])
    assert merged["samples"] is merged["probe"] is True
    assert union([]) == NOTHING


class Source:
    """A client whose stream the test plays; counts what it was asked."""

    def __init__(self):
        self.seq, self.snapshots, self.subscribed = 100, 0, 0

    def subscribe(self, run, on_frame, wants):
        self.subscribed += 1
        if run == "unknown":
            raise Refused("There is no such run.")
        self.on_frame = on_frame
        return self

    def snapshot(self, run):
        self.snapshots += 1
        return frame(self.seq, "snapshot")

    def play(self, feed):
        self.seq += 1
        feed.publish(frame(self.seq))


def kinds(frames):
    return [(header_of(each)["kind"], header_of(each)["seq"]) for each in frames]


def test_a_viewer_gets_a_snapshot_then_the_frames_after_it():
    async def watch():
        source = Source()
        feed, viewer = RunFeed(source, "run"), Viewer(None)
        await feed.open()
        first = await feed.news(viewer)
        source.play(feed)
        source.play(feed)
        return kinds(first + await feed.news(viewer) + await feed.news(viewer))

    assert asyncio.run(watch()) == [("snapshot", 100), ("points", 101), ("points", 102)]


def test_many_viewers_share_one_subscription_and_one_snapshot():
    async def watch():
        source = Source()
        feed, viewers = RunFeed(source, "run"), [Viewer(None) for _ in range(30)]
        await asyncio.gather(*(feed.open() for _ in viewers))
        await asyncio.gather(*(feed.news(viewer) for viewer in viewers))
        return source.subscribed, source.snapshots

    assert asyncio.run(watch()) == (1, 1)


def test_a_slow_viewer_gets_one_snapshot_instead_of_a_backlog(monkeypatch):
    monkeypatch.setattr(fan_out, "MAX_FRAMES", 10)

    async def watch():
        source = Source()
        feed, slow = RunFeed(source, "run"), Viewer(None)
        await feed.news(slow)
        for _ in range(50):
            source.play(feed)
        caught_up = await feed.news(slow)
        source.play(feed)
        return kinds(caught_up + await feed.news(slow))

    assert asyncio.run(watch()) == [("snapshot", 150), ("points", 151)]


def test_an_unknown_run_is_refused_to_every_viewer():
    async def watch():
        feed = RunFeed(Source(), "unknown")
        for _ in range(2):
            with pytest.raises(Refused, match="no such run"):
                await feed.open()

    asyncio.run(watch())


def test_what_is_wanted_last_is_told_last():
    told = []

    class Slow(Source):
        def wants(self, wanted):
            time.sleep(0.2 if wanted["taps"] == ["first"] else 0)
            told.append(wanted["taps"])

    async def watch():
        feed, viewer = RunFeed(Slow(), "run"), Viewer(None)
        await feed.open()
        feed.viewers.add(viewer)
        telling = []
        for tap in ("first", "second"):
            viewer.wants = {**NOTHING, "taps": [tap]}
            telling.append(asyncio.create_task(feed.update_wants()))
            await asyncio.sleep(0.05)
        await asyncio.gather(*telling)

    asyncio.run(watch())
    assert told == [["first"], ["second"]]


def test_who_comes_later_is_shown_what_another_sees_already():
    told = []

    class Told(Source):
        def wants(self, wanted):
            told.append(wanted["probe"])

    async def watch():
        feed, viewers, probe = RunFeed(Told(), "run"), [Viewer(None), Viewer(None)], {**NOTHING, "probe": True}
        await feed.open()
        feed.viewers.update(viewers)
        for viewer in viewers:
            await feed.want(viewer, probe)
            await feed.want(viewer, probe)

    asyncio.run(watch())
    assert told == [True, True]

from hypothesis import given
from hypothesis import strategies as st

from model.runs.snapshots import MAX_SNAPSHOTS, is_snapshot_due, least_missed, prune_snapshots
from model.runs.store import RunFolder


def test_states_are_kept_ever_more_rarely():
    assert [step for step in range(61) if is_snapshot_due(step)] == [0, 10, 20, 30, 40, 50, 60]
    assert [step for step in range(100, 1001) if is_snapshot_due(step)] == [*range(100, 1000, 50), 1000]
    assert sum(is_snapshot_due(step) for step in range(1000, 10_000)) == 18


@given(st.lists(st.integers(0, 5000), min_size=3, max_size=20, unique=True).map(sorted))
def test_the_first_and_the_newest_stay(steps):
    assert least_missed(steps) in steps[1:-1]


def test_recent_states_are_given_up_last(tmp_path):
    (tmp_path / "snapshots").mkdir()
    folder = RunFolder(tmp_path)
    for step in [step for step in range(3001) if is_snapshot_due(step)]:
        folder.snapshot_path(step).write_bytes(bytes(10))
        prune_snapshots(folder)
    kept = folder.snapshots()
    assert (len(kept), kept[0], kept[-3:]) == (MAX_SNAPSHOTS, 0, [2000, 2500, 3000])


def test_states_too_large_for_the_budget_are_not_kept(tmp_path, monkeypatch):
    monkeypatch.setattr("model.runs.snapshots.MAX_BYTES", 25)
    (tmp_path / "snapshots").mkdir()
    folder = RunFolder(tmp_path)
    for step in (0, 10, 20):
        folder.snapshot_path(step).write_bytes(bytes(10))
    prune_snapshots(folder)
    assert folder.snapshots() == [0, 20]
    folder.snapshot_path(30).write_bytes(bytes(30))
    prune_snapshots(folder)
    assert folder.snapshots() == []

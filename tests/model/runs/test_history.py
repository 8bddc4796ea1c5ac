import numpy as np
import pytest
from safetensors.numpy import save

from model.runs import wire
from model.runs.history import History, Rows
from model.runs.names import name_of
from model.runs.store import Card, RunFolder, StoreError, pack_meta

CARD = Card("0" * 32, "amber-fox", "x", {"n_steps": 100, "learning_rate": 1.0}, 1.0)
INFO = {
    "title": "First names", "columns": ["step", "loss"], "groups": [], "n_layers": 1, "n_heads": 1, "n_parameters": 5,
    "ln_guess": 3.3, "guess_count": 27, "dataset": "names",
}  # fmt: skip


def points(first, n, every=2):
    steps = np.arange(first, first + n)
    shown = steps[steps % every == 0]
    arrays = {"points": np.stack([shown, shown], 1).astype(np.float32), "losses": steps.astype(np.float32)}
    return wire.encode({"kind": "points", "first_step": first}, arrays)


def event(step, kind="set"):
    return wire.encode({"kind": "event", "event": {"step": step, "kind": kind, "text": "", "changes": {}}})


@pytest.fixture
def history():
    history = History(CARD)
    history.describe(INFO)
    for frame in (points(1, 5), event(5), points(6, 5)):
        history.apply(frame)
    return history


def test_rows_grow_and_are_cut():
    rows = Rows(np.zeros((0, 2), np.float32))
    for i in range(200):
        rows.append(np.full((1, 2), i, np.float32))
    rows.cut(150)
    rows.append(np.full((1, 2), -1, np.float32))
    assert rows.rows[:, 0].tolist() == [*range(150), -1]


def test_a_snapshot_shows_what_the_frames_said(history):
    header, arrays = wire.decode(history.snapshot())
    assert arrays["losses"].tolist() == list(range(1, 11))
    assert arrays["points"][:, 0].tolist() == [2, 4, 6, 8, 10]
    assert (header["step"], header["events"][0]["step"]) == (10, 5)
    assert header["run"]["columns"] == ["step", "loss"]
    assert header["run"]["config"]["n_steps"] == 100


def test_every_frame_gets_the_next_number_and_the_snapshot_the_last(history):
    before = wire.decode(history.snapshot())[0]["seq"]
    stamped = [wire.decode(history.apply(event(10)))[0]["seq"] for _ in range(3)]
    assert stamped == [before + 1, before + 2, before + 3]
    assert wire.decode(history.snapshot())[0]["seq"] == before + 3


def test_a_rewind_cuts_and_may_leave_a_ghost(history):
    history.apply(
        wire.encode({"kind": "rewind", "step": 5, "ghost": True, "label": "until 10", "events": [], "samples": []})
    )
    header, arrays = wire.decode(history.snapshot())
    assert arrays["losses"].tolist() == [1, 2, 3, 4, 5]
    assert arrays["points"][:, 0].tolist() == [2, 4]
    assert header["ghosts"] == [{"array": "ghost0", "label": "until 10"}]
    assert arrays["ghost0"].tolist() == list(range(1, 11))
    history.apply(points(6, 2))
    assert history.step == 7


def test_a_gap_in_the_losses_is_a_mistake_of_ours(history):
    with pytest.raises(AssertionError):
        history.apply(points(12, 1))


def test_points_since_a_step_are_those_after_it(history):
    header, arrays = history.points_since(7)
    assert header["first_step"] == 8
    assert arrays["losses"].tolist() == [8, 9, 10]
    assert arrays["points"][:, 0].tolist() == [8, 10]
    assert len(history.points_since(99)[1]["losses"]) == 0


def test_a_live_change_shows_in_the_config(history):
    history.apply(history.state_frame(state="training", train={"learning_rate": 0.5}))
    assert history.config == {"n_steps": 100, "learning_rate": 0.5}
    assert history.summary()["state"] == "training"
    assert wire.decode(history.snapshot())[0]["run"]["config"]["learning_rate"] == 0.5


def _save(folder, history, **changes):
    folder.append_rows("points.f32", 0, history.points.rows)
    folder.append_rows("losses.f32", 0, history.losses.rows)
    meta = {
        "step": history.step, "n_points": len(history.points), "info": history.info, "events": history.events,
        "samples": [], "ghosts": [], "status": history.status, "train": {}, **changes,
    }  # fmt: skip
    folder.state_path.write_bytes(save({"w": np.ones(1, np.float32)}, metadata=pack_meta(meta)))


def test_a_saved_history_is_read_up_to_its_step(history, tmp_path):
    folder = RunFolder(tmp_path / CARD.id)
    folder.write_card(CARD)
    _save(folder, history, step=7, n_points=3)
    again = History.read(folder)
    assert again.losses.rows.tolist() == list(range(1, 8))
    assert again.points.rows[:, 0].tolist() == [2, 4, 6]
    assert again.events == history.events


def test_a_saved_history_that_lacks_something_is_explained(history, tmp_path):
    folder = RunFolder(tmp_path / CARD.id)
    folder.write_card(CARD)
    _save(folder, history, info={})
    with pytest.raises(StoreError, match="lacks something"):
        History.read(folder)


def test_an_id_has_always_the_same_name():
    assert name_of("0" * 32) == name_of("0" * 32) == "amber-ant"
    assert len({name_of(f"{i:032x}") for i in range(2000)}) == 2000


@pytest.mark.parametrize("content", [b"", None])
def test_a_ghost_that_cannot_be_read_is_left_out_and_the_run_is_opened(history, tmp_path, content):
    folder = RunFolder(tmp_path / CARD.id)
    folder.write_card(CARD)
    ghosts = [{"file": f"{name}.f32", "label": name, "n_steps": 2} for name in ("old", "new")]
    _save(folder, history, ghosts=ghosts)
    (folder.path / "ghosts").mkdir()
    folder.append_rows("ghosts/new.f32", 0, np.ones(2, np.float32))
    if content is not None:
        (folder.path / "ghosts" / "old.f32").write_bytes(content)
    assert [label for label, _ in History.read(folder).ghosts] == ["new"]

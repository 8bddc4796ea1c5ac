import numpy as np
import pytest

from model.runs import wire
from model.runs.past import Past
from model.runs.store import RunFolder


@pytest.fixture
def past(tmp_path):
    past = Past(RunFolder(tmp_path), ["step", "loss", "val_loss"])
    for step in range(1, 11):
        past.add(step / 10, {"step": step, "loss": step / 10} if step % 2 == 0 else None)
    return past


def test_every_loss_is_shown_once_and_what_was_not_measured_is_nan(past):
    header, arrays = wire.decode(past.unshown_frame())
    assert header["first_step"] == 1
    assert arrays["losses"].tolist() == pytest.approx([i / 10 for i in range(1, 11)])
    assert arrays["points"][:, 0].tolist() == [2, 4, 6, 8, 10]
    assert np.isnan(arrays["points"][:, 2]).all()
    assert past.unshown_frame() is None
    past.add(1.1, None)
    header, arrays = wire.decode(past.unshown_frame())
    assert (header["first_step"], arrays["points"].shape) == (11, (0, 3))


def test_saving_hides_nothing_from_viewers_and_showing_nothing_from_the_disk(past, tmp_path):
    past.save_rows()
    assert len(wire.decode(past.unshown_frame())[1]["losses"]) == 10
    past.add(1.1, None)
    past.unshown_frame()
    past.save_rows()
    assert len(RunFolder(tmp_path).rows("losses.f32", 11)) == 11


@pytest.mark.parametrize("is_saved", [True, False])
def test_a_cut_forgets_what_came_later(past, tmp_path, is_saved):
    past.events = [{"step": 3}, {"step": 9}]
    if is_saved:
        past.save_rows()
    past.cut(5)
    assert (past.step, past.n_points, past.events) == (5, 2, [{"step": 3}])
    past.add(60, {"step": 6, "loss": 60})
    past.save_rows()
    folder = RunFolder(tmp_path)
    assert folder.rows("losses.f32", 6)[4:].tolist() == [0.5, 60]
    assert folder.rows("points.f32", 3, 3)[:, 0].tolist() == [2, 4, 6]


def test_a_failed_save_may_be_repeated(past, tmp_path):
    (tmp_path / "points.f32").mkdir()
    for _ in range(2):
        with pytest.raises(OSError):
            past.save_rows()
    (tmp_path / "points.f32").rmdir()
    past.save_rows()
    assert len(RunFolder(tmp_path).rows("losses.f32", 10)) == 10


def test_only_so_many_ghosts_are_kept_and_the_newest(past, tmp_path):
    past.save_rows()
    for i in range(5):
        past.leave_ghost(str(i))
    assert [ghost["label"] for ghost in past.ghosts] == ["2", "3", "4"]
    assert len({ghost["file"] for ghost in past.ghosts}) == 3
    assert all(RunFolder(tmp_path).rows(f"ghosts/{ghost['file']}", 10)[9] == 1 for ghost in past.ghosts)


def test_a_new_ghost_takes_no_file_that_the_last_save_names(past, tmp_path):
    past.save_rows()
    for i in range(6):
        saved = {ghost["file"] for ghost in past.meta()["ghosts"]}
        past.leave_ghost(str(i))
        assert past.ghosts[-1]["file"] not in saved, "killed now, the run is opened as it was saved"
    assert len(list((tmp_path / "ghosts").iterdir())) == 4

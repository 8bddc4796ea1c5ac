import json

import numpy as np
import pytest
from safetensors.numpy import save

from model.runs.store import Card, RunFolder, Store, StoreError, pack_meta, read_meta, replace

ID, OTHER = "0" * 31 + "1", "0" * 31 + "2"


def card(run=ID, **fields):
    return Card(**{"id": run, "name": "amber-fox", "owner": "x", "config": {"n_layers": 1}, "created": 1.0, **fields})


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path, shipped=tmp_path / "none")


def test_a_created_run_is_found_again_with_its_text(store, tmp_path):
    store.create(card(), text="Zoë\n")
    again = Store(tmp_path, shipped=tmp_path / "none")
    assert again.ids() == [ID]
    assert again.folder(ID).card() == card()
    assert again.folder(ID).text() == "Zoë\n"
    assert again.folder(ID).saved() is None


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "damaged"),
        ("[]", "damaged"),
        ("{}", "damaged"),
        ('{"format_version": 2}', "format 2; this version of Glassbox reads format 1"),
        ('{"format_version": 1, "id": "x"}', "lacks fields"),
        (json.dumps({**json.loads(card().to_json()), "new": 1}), "unknown"),
    ],
)
def test_a_bad_card_is_explained_in_one_sentence(store, content, sentence):
    folder = store.create(card())
    (folder.path / "run.json").write_text(content)
    with pytest.raises(StoreError, match=sentence):
        folder.card()


def test_rows_written_past_the_saved_step_are_replaced(store):
    folder = store.create(card())
    folder.append_rows("losses.f32", 0, np.arange(5, dtype=np.float32))
    folder.append_rows("losses.f32", 3, np.array([30, 40], np.float32))
    assert folder.rows("losses.f32", 5).tolist() == [0, 1, 2, 30, 40]
    folder.append_rows("losses.f32", 1, np.zeros(0, np.float32))
    assert folder.rows("losses.f32", 4).tolist() == [0, 1, 2, 30]


def test_rows_have_their_width_and_a_short_file_is_an_error(store):
    folder = store.create(card())
    folder.append_rows("points.f32", 0, np.ones((2, 3), np.float32))
    assert folder.rows("points.f32", 2, 3).shape == (2, 3)
    with pytest.raises(StoreError, match=r"points\.f32 is shorter"):
        folder.rows("points.f32", 3, 3)


def test_metadata_is_read_without_the_tensors(tmp_path):
    path = tmp_path / "state.safetensors"
    path.write_bytes(save({"w": np.ones(3, np.float32)}, metadata=pack_meta({"step": 3, "label": "ü"})))
    assert read_meta(path) == {"step": 3, "label": "ü"}


@pytest.mark.parametrize("data", [b"", b"\xff" * 8, b"\x02" + b"\0" * 7 + b"{}", b"\x02" + b"\0" * 7 + b"[]"])
def test_a_damaged_state_is_explained_in_one_sentence(tmp_path, data):
    path = tmp_path / "state.safetensors"
    path.write_bytes(data)
    with pytest.raises(StoreError, match="damaged"):
        read_meta(path)


def test_a_copy_is_a_run_of_its_own(store):
    folder = store.create(card(), text="abc")
    folder.append_rows("losses.f32", 0, np.ones(2, np.float32))
    folder.copy_to(store.folder(OTHER), card(OTHER, what_if=True))
    copy = store.folder(OTHER)
    assert copy.card() == card(OTHER, what_if=True)
    assert copy.text() == "abc"
    store.delete(ID)
    assert copy.rows("losses.f32", 2).tolist() == [1, 1]
    assert store.ids() == [OTHER]


def test_a_failed_write_leaves_the_old_content_and_no_scraps(tmp_path):
    (tmp_path / "target").mkdir()  # a rename onto a folder fails, as on a full disk
    with pytest.raises(OSError):
        replace(tmp_path / "target", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["target"]


def test_leftovers_of_a_crash_are_removed_and_shipped_runs_are_found(tmp_path):
    leftover = tmp_path / "runs" / f".new-{ID}"
    leftover.mkdir(parents=True)
    shipped = tmp_path / "assets" / OTHER
    shipped.mkdir(parents=True)
    RunFolder(shipped).write_card(card(OTHER, owner=""))
    store = Store(tmp_path, shipped=tmp_path / "assets")
    assert not leftover.exists()
    assert store.is_shipped(OTHER)
    assert store.folder(OTHER).path == shipped
    assert store.ids() == []


@pytest.mark.parametrize("is_copy", [False, True])
def test_a_run_that_cannot_be_made_leaves_nothing(store, tmp_path, monkeypatch, is_copy):
    folder = store.create(card(), text="abc")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(RunFolder, "write_card", full)
    with pytest.raises(OSError):
        folder.copy_to(store.folder(OTHER), card(OTHER)) if is_copy else store.create(card(OTHER), text="abc")
    assert [path.name for path in (tmp_path / "runs").iterdir()] == [ID]

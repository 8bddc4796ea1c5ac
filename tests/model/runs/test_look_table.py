import numpy as np
import pytest
import torch

from model.runs import look_table
from tests.model.runs.conftest import look


def test_a_parameter_comes_as_it_is_with_what_its_rows_stand_for(job):
    header, arrays = look(job, "table", table="tok_emb")
    np.testing.assert_array_equal(arrays["table"], job.trainer.model.tok_emb.detach().numpy())
    assert (header["rows"], len(header["labels"]), header["at"]) == ("token", job.dataset.vocab_size, 5)


def test_the_stream_is_that_of_the_asked_text(job):
    tokens, name = [1, 2, 3, 4], "blocks.0.resid_post"
    header, arrays = look(job, "table", table=name, tokens=tokens)
    seen = {}
    with torch.no_grad(), job.trainer.model.watch(lambda tap, value: seen.setdefault(tap, value)):
        job.trainer.model(torch.tensor([tokens[:-1]]))
    np.testing.assert_allclose(arrays["table"], seen[name][0].numpy(), atol=1e-6)
    assert header["tokens"] == tokens[:-1]


@pytest.mark.parametrize("name", ["tok_emb", "pos_emb", "blocks.0.resid_post"])
def test_a_film_is_the_table_at_every_kept_step_and_now(job, name):
    job.trainer.train_step()
    job.step = 6
    header, arrays = look(job, "table_film", table=name)
    assert header["frames"] == [0, 5, 6]
    for step, frame in zip(header["frames"], arrays["tables"], strict=True):
        alone = look(job, "table", table=name, **({} if step == 6 else {"at": step}))[1]["table"]
        np.testing.assert_array_equal(frame, alone)


def test_a_film_that_would_be_too_large_has_fewer_frames_but_the_first_and_the_newest(job, monkeypatch):
    for step in range(10, 60, 5):
        job.gallery.keep(job.trainer.model, step)
    job.step = 60
    monkeypatch.setattr(look_table, "MAX_FILM_BYTES", 5 * job.trainer.model.tok_emb.nelement() * 4)
    frames = look(job, "table_film")[0]["frames"]
    assert (frames[0], frames[-1]) == (0, 60)
    assert 3 <= len(frames) <= 6


def test_a_table_that_is_not_there_is_refused_in_a_sentence(job):
    with pytest.raises(ValueError, match=r"table must be one of tok_emb.*got \['x'\]"):
        look(job, "table", table=["x"])

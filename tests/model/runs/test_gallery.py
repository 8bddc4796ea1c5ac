import pytest
import torch

from model.config import ModelConfig
from model.runs.gallery import MAX_KEPT, Gallery, is_kept
from model.runs.store import RunFolder
from model.transformer import Transformer

TINY = ModelConfig(n_layers=1, n_heads=2, d_model=8, d_mlp=8, block_size=8, norm="batchnorm")


@pytest.fixture
def folder(tmp_path):
    return RunFolder(tmp_path)


def kept(folder, *steps):
    gallery, models = Gallery(folder, TINY), {step: Transformer(TINY, seed=step) for step in steps}
    for step, model in models.items():
        gallery.keep(model, step)
    return gallery, models


def test_weights_are_kept_ever_more_rarely():
    assert [step for step in range(31) if is_kept(step)] == [0, 5, 10, 15, 20, 25, 30]
    assert [step for step in range(1000, 2001) if is_kept(step)] == [1000, 1250, 1500, 1750, 2000]


def test_an_earlier_model_says_what_it_said_then(folder):
    gallery, models = kept(folder, 0, 5, 10)
    tokens = torch.tensor([[1, 2, 3]])
    for step in (5, 0, 5, 10):
        torch.testing.assert_close(gallery.model_at(step)(tokens), models[step].eval()(tokens), rtol=0, atol=0)


def test_what_was_kept_is_found_again_and_shown_anew_when_replaced(folder):
    gallery, _ = kept(folder, 0, 5)
    gallery.model_at(5)
    other = Transformer(TINY, seed=9)
    gallery.keep(other, 5)
    again = Gallery(folder, TINY)
    assert again.steps == [0, 5]
    for one in (gallery, again):
        torch.testing.assert_close(one.model_at(5).tok_emb, other.tok_emb, rtol=0, atol=0)


def test_the_first_and_the_newest_stay_when_others_must_go(folder):
    gallery, _ = kept(folder, *range(0, 5 * MAX_KEPT + 50, 5))
    assert len(gallery.steps) == MAX_KEPT == len(list((folder.path / "gallery").iterdir()))
    assert (gallery.steps[0], gallery.steps[-1]) == (0, 5 * MAX_KEPT + 45)


def test_a_run_that_went_back_forgets_what_came_after(folder):
    gallery, _ = kept(folder, 0, 5, 10)
    gallery.cut(5)
    assert gallery.steps == Gallery(folder, TINY).steps == [0, 5]
    with pytest.raises(ValueError, match="at must be a step whose weights are kept, 0, 5; got 10"):
        gallery.model_at(10)

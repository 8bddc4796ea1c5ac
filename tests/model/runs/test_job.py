import numpy as np
import pytest

from model.bpe_tokenizer import BpeTokenizer
from model.runs.job import Job
from model.runs.store import Card, Store

from .conftest import TINY

BYTE_PAIRS = {"dataset": "names", "tokenizer": "bpe", "n_merges": 30, "vocab_size": 286}


@pytest.fixture
def made(tmp_path):
    """`made()` opens the one run of a home, as its worker does; what the supervisor keeps of it is kept."""
    store = Store(tmp_path)
    folder = store.create(Card("0" * 32, "name", "", TINY.replace(**BYTE_PAIRS).to_dict(), 0.0))

    def open_job():
        job = Job(folder, tmp_path, lambda frame: None)
        if folder.card().dataset is None:
            folder.write_card(Card(**{**vars(folder.card()), "dataset": job.describe()["data"]}))
        return job

    return open_job


def losses(job, n):
    return [job.trainer.train_step().loss for _ in range(n)]


def test_a_run_on_byte_pairs_resumes_with_the_merges_it_has_kept(made, monkeypatch):
    unbroken = losses(made(), 8)
    first = made()
    for _ in range(5):
        first.advance(False, dict)
    first.save()
    monkeypatch.setattr(BpeTokenizer, "learned", lambda *_: pytest.fail("the merges were learned again"))
    again = made()
    assert again.dataset.tokenizer.merges == first.dataset.tokenizer.merges
    np.testing.assert_array_equal(losses(again, 3), unbroken[5:])

import pytest

from model.config import RunConfig
from model.runs import admission
from model.runs.admission import Admission, need_of


@pytest.mark.parametrize(
    ("available", "promised", "n_workers", "is_admitted"),
    [(200, 0, 0, True), (199, 0, 0, False), (250, 60, 0, False), (250, 50, 0, True), (1000, 0, 3, False)],
)
def test_a_run_gets_a_place_while_memory_and_the_cap_allow(monkeypatch, available, promised, n_workers, is_admitted):
    monkeypatch.setattr(admission, "available_bytes", lambda: available)
    sentence = Admission(max_workers=3, reserve=100).refusal(100, n_workers, promised)
    assert (sentence == "") == is_admitted
    assert is_admitted or f"({n_workers} run" in sentence


def test_a_larger_model_needs_more():
    small, large = RunConfig(), RunConfig().replace(d_model=128, d_mlp=512, n_layers=4)
    assert admission.WORKER_BYTES < need_of(small) < need_of(large)


def test_memory_is_counted_in_bytes():
    assert admission.available_bytes() > 10**6

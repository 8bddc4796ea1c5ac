"""Finite differences against autograd, for every kind of parameter; and the two errors that finite differences have."""

import math

import pytest

from model.gradient_check import STEPS, check_gradient
from model.trace_names import last
from model.trying import largest_slope

VARIANTS = [
    {}, {"activation": "swiglu", "norm": "rmsnorm", "has_bias": False}, {"norm": "batchnorm", "tied_embeddings": True},
]  # fmt: skip


def weights_of(case):
    """One weight of every parameter: that with the largest slope."""
    for name, _ in case.model.named_parameters():
        known = {"tok_emb": "tok_emb.table", "pos_emb": "pos_emb.table"}.get(name, name)
        yield largest_slope(case.model, case.batch, known)


@pytest.mark.parametrize("changes", VARIANTS)
def test_finite_differences_agree_with_autograd_on_every_kind_of_parameter(traced, changes):
    case, kinds = traced(**changes), set()
    for name, index in weights_of(case):
        measured = check_gradient(case.model, case.batch, name, index, [1e-5])["float64"]
        assert measured.quotients([1e-5])[0] == pytest.approx(measured.gradient, rel=1e-4, abs=1e-10), name
        kinds.add(last(name))
    assert {"w_q", "w_k", "w_v", "w_o", "w_in", "w_out", "gain", "table"} <= kinds


def test_autograds_slope_is_that_of_the_trace(traced):
    case = traced()
    measured = check_gradient(case.model, case.batch, "blocks.0.mlp.w_in", [2, 3], [1e-3])
    recorded = case.trace.tensors["grad:blocks.0.mlp.w_in"].value[2, 3]
    assert measured["float32"].gradient == pytest.approx(recorded, rel=1e-5)


def test_the_error_falls_with_the_square_of_the_step_and_then_rises_with_one_over_it(traced):
    case = traced()
    name, index = largest_slope(case.model, case.batch)
    found = check_gradient(case.model, case.batch, name, index)
    errors = {p: [abs(q - found["float64"].gradient) for q in m.quotients(STEPS)] for p, m in found.items()}
    at = {round(math.log10(step), 3): i for i, step in enumerate(STEPS)}
    truncation = math.log10(errors["float64"][at[-1]] / errors["float64"][at[-3]]) / 2
    assert truncation == pytest.approx(2, abs=0.2)
    assert min(errors["float64"]) < 1e-8 < min(errors["float32"])
    best = {p: STEPS[e.index(min(e))] for p, e in errors.items()}
    assert 1e-7 < best["float64"] < best["float32"] < 0.5
    assert errors["float32"][-1] > 100 * min(errors["float32"])


def test_the_model_is_left_as_it_was(traced):
    case = traced()
    before = {name: value.clone() for name, value in case.model.state_dict().items()}
    check_gradient(case.model, case.batch, "unembed", [0, 0])
    assert all((before[name] == value).all() for name, value in case.model.state_dict().items())
    assert all(parameter.grad is None for parameter in case.model.parameters())


@pytest.mark.parametrize(("name", "index"), [("nothing", [0]), ("unembed", [0]), ("unembed", [0, 999]), (3, [0])])
def test_a_weight_that_is_not_there_is_refused(traced, name, index):
    case = traced()
    with pytest.raises(ValueError, match=r"name must be|index must"):
        check_gradient(case.model, case.batch, name, index)

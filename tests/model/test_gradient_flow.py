"""The sizes of values and gradients along the layers, against a trace of the same iteration."""

import numpy as np
import pytest

from model.gradient_flow import fresh_config, measure_flow
from model.transformer import Transformer


def test_the_profile_is_that_of_the_traced_tensors(traced):
    case = traced()
    flow = measure_flow(case.model, case.batch)
    taps = [place.tap for place in flow.places]
    assert taps[:5] == [f"blocks.0.{own}" for own in ("resid_pre", "attn_out", "resid_mid", "mlp_out", "resid_post")]
    assert [p.depth for p in flow.places] == sorted(p.depth for p in flow.places)
    for place in flow.places:
        value, gradient = case.arrays[place.tap], case.arrays[f"grad:{place.tap}"]
        assert place.size == pytest.approx(np.sqrt(np.square(value.astype(float)).mean()), rel=1e-5)
        if place.tap != "blocks.0.resid_post":  # the same numbers as the next block's resid_pre, which is not shown
            assert place.gradient == pytest.approx(np.linalg.norm(gradient), rel=1e-5)


def test_the_weights_gradients_are_those_of_the_trace(traced):
    case = traced()
    names = [n for n in case.arrays if n.startswith(("grad:blocks.1.attn.w_", "grad:blocks.1.attn.b_"))]
    norm = np.sqrt(sum(np.square(case.arrays[n].astype(float)).sum() for n in names))
    assert measure_flow(case.model, case.batch).weights["blocks.1.attn"] == pytest.approx(norm, rel=1e-5)


def test_without_residuals_and_norms_the_gradient_vanishes_before_any_training(traced):
    case = traced()
    bare = fresh_config(case.config.model, {"has_residual": False, "norm": "none", "n_layers": 6, "init_scale": 0.02})
    stream = [p for p in measure_flow(Transformer(bare), case.batch).places if p.is_stream]
    usual = fresh_config(case.config.model, {"n_layers": 6, "init_scale": 0.02})
    steady = [p for p in measure_flow(Transformer(usual), case.batch).places if p.is_stream]
    assert stream[0].gradient < stream[-3].gradient / 1e6
    assert steady[0].gradient > steady[-3].gradient / 10


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"d_model": 4}, "fresh may change"), ({"n_layers": 99}, "n_layers"), ({"activation": "x"}, "activation"),
     ({"init_scale": "a"}, "init_scale"), ({"norm": None}, "norm")],
)  # fmt: skip
def test_settings_that_cannot_be_are_refused_in_a_sentence(traced, changes, words):
    with pytest.raises(ValueError, match=words):
        fresh_config(traced().config.model, changes)

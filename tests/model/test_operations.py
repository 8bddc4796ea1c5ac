"""The vocabulary: replayed from its recorded inputs each operation gives what torch made, and terms sum to the cell."""

import math

import numpy as np
import pytest

from model.operations import KINDS, replay, terms


def assert_close(got, wanted, tolerance, slack, name):
    assert got.shape == wanted.shape
    is_finite = np.isfinite(wanted)
    np.testing.assert_array_equal(got[~is_finite], wanted[~is_finite])
    error = np.abs(got[is_finite] - wanted[is_finite]).max(initial=0)
    assert error <= tolerance * np.abs(wanted[is_finite]).max(initial=0) + slack, name


def test_every_operation_replays_from_its_recorded_inputs(iteration):
    for operation in iteration.trace.operations:
        tolerance = 2e-2 if operation.kind == "newton_schulz" else 1e-5
        # Softmax does not see what raises all keys' scores alike, so a key's bias has gradient 0 but for rounding.
        is_zero = operation.name.startswith("grad:") and operation.name.endswith("attn.b_k")
        slack = 1e-5 * np.abs(iteration.arrays[operation.inputs[0]]).max() if is_zero else 1e-8
        assert_close(
            replay(operation, iteration.arrays), iteration.arrays[operation.name], tolerance, slack, operation.name
        )


def cells(array, n, seed):
    """The largest cell and some others."""
    draws = np.random.default_rng(seed)
    largest = np.unravel_index(np.argmax(np.abs(np.where(np.isfinite(array), array, 0))), array.shape)
    return {tuple(map(int, largest)), *(tuple(int(draws.integers(size)) for size in array.shape) for _ in range(n))}


def test_the_terms_of_a_cell_sum_to_the_cell(iteration):
    for i, operation in enumerate(iteration.trace.operations):
        output = iteration.arrays[operation.name]
        for cell in cells(output, 2, seed=i):
            found = terms(operation, iteration.arrays, cell)
            values = [term.value for term in found]
            if not np.isfinite(output[cell]):
                assert values == [output[cell]]
                continue
            slack = 2e-2 * np.abs(output).max() if operation.kind == "newton_schulz" else sum(map(rounding, found))
            error = abs(math.fsum(values) - output[cell])
            assert error <= 1e-5 * sum(map(abs, values)) + slack + 1e-8, (operation.name, cell)


def rounding(term):
    """What float32 loses inside a function: 1 + erf(x) of GELU, say, has no digits left where it is almost 0."""
    arguments = [abs(argument.value) for argument in term.arguments]
    return 2e-7 * math.prod(abs(factor.value) for factor in term.factors) * max(1, *arguments, 1)


def test_a_term_is_its_coefficient_times_entries_of_the_inputs(iteration):
    for i, operation in enumerate(iteration.trace.operations):
        for cell in cells(iteration.arrays[operation.name], 1, seed=i):
            found = terms(operation, iteration.arrays, cell)
            for term in found[:3] + found[-3:]:
                assert term.value == pytest.approx(term.coefficient * math.prod(f.value for f in term.factors))
                for factor in (*term.factors, *term.arguments):
                    assert factor.tensor in operation.inputs
                    assert factor.value == iteration.arrays[factor.tensor][factor.index]


def test_every_kind_is_needed_by_some_option(traced):
    options = [
        {"positions": "rope", "norm": "batchnorm"}, {"optimizer": "sgd"}, {"optimizer": "momentum"},
        {"optimizer": "rmsprop"}, {"optimizer": "adam"}, {"optimizer": "muon"},
    ]  # fmt: skip
    seen = {operation.kind for changes in options for operation in traced(**changes).trace.operations}
    assert seen == set(KINDS)


def test_a_query_and_its_key_make_a_score(traced):
    case = traced(n_heads=2)
    score = next(o for o in case.trace.operations if o.name == "blocks.1.attn.scores")
    found = terms(score, case.arrays, (1, 4, 2))
    assert [[(f.tensor, f.index) for f in term.factors] for term in found] == [
        [("blocks.1.attn.q", (1, 4, d)), ("blocks.1.attn.k", (1, 2, d))] for d in range(4)
    ]
    assert {term.coefficient for term in found} == {0.5}  # 1/√4


def test_a_heads_own_rows_of_the_matrix_make_its_query(traced):
    case = traced(n_heads=2)
    q = next(o for o in case.trace.operations if o.name == "blocks.0.attn.q")
    *products, bias = terms(q, case.arrays, (1, 3, 2))  # head 1, position 3, channel 2: row 1 * 4 + 2 of the matrix
    assert {term.factors[1].index[0] for term in products} == {6}
    assert [(f.tensor, f.index) for f in bias.factors] == [("blocks.0.attn.b_q", (6,))]


def test_a_token_that_never_came_has_no_gradient(traced):
    case = traced(positions="none")
    scatter = next(o for o in case.trace.operations if o.kind == "scatter")
    absent = next(token for token in range(11) if token not in case.trace.tokens)
    assert terms(scatter, case.arrays, (absent, 0)) == []
    assert not case.arrays[scatter.name][absent].any()

"""The window into a traced iteration: scalars that equal the tensors, for every option of the model."""

import numpy as np
import pytest

from model.window import MAX_NODES, checked_cell, open_window

TOLERANCE = 1e-6


def cells_of(trace, n=14):
    """The last cell of some tensors of every part of the forward pass and the loss."""
    names = [o.name for o in trace.operations if o.part in ("forward", "loss")]
    chosen = names[:: max(1, len(names) // n)] + names[-1:]
    return [(name, tuple(size - 1 for size in trace.tensors[name].value.shape)) for name in chosen]


def entries(panes):
    return [pane for pane in panes if pane.cell]


def is_near(number, tensor, index):
    if tensor[index] == -np.inf:
        return number == -np.inf
    finite = np.abs(tensor[np.isfinite(tensor)])
    return abs(number - tensor[index]) <= TOLERANCE * finite.max(initial=0) + 1e-8


def test_every_value_and_gradient_of_a_window_equals_the_tensors_entry(iteration):
    trace = iteration.trace
    for cell in cells_of(trace):
        for pane in entries(open_window(trace, *cell, depth=3, n_terms=3)):
            name, index = pane.cell
            assert is_near(pane.value.data, trace.tensors[name].value, index), (cell, pane.cell)
            if f"grad:{name}" in trace.tensors:
                assert is_near(pane.value.grad, trace.tensors[f"grad:{name}"].value, index), (cell, pane.cell)


def gradients_of(panes):
    """The backward pass through what is drawn alone: from the slopes on the edges and what comes from outside."""
    gradients = [pane.outside for pane in panes]
    for place in reversed(range(len(panes))):
        for i, slope in zip(panes[place].inputs, panes[place].slopes, strict=True):
            gradients[i] += slope * gradients[place]
    return gradients


@pytest.mark.parametrize("changes", [{}, {"norm": "rmsnorm", "activation": "swiglu", "positions": "rope"}])
def test_what_is_drawn_carries_the_whole_gradient(traced, changes):
    trace = traced(**changes).trace
    for cell in cells_of(trace):
        panes = open_window(trace, *cell, depth=4, n_terms=2)
        both = zip(gradients_of(panes), panes, strict=True)
        drawn = [(gradient, pane.value.grad) for gradient, pane in both if not pane.value.is_fixed]
        np.testing.assert_allclose(*zip(*drawn, strict=True), rtol=1e-9, atol=1e-12)


def test_a_rest_is_the_sum_of_its_own_products(traced):
    trace = traced().trace
    panes = open_window(trace, "blocks.1.mlp_pre", (2, 3), depth=1, n_terms=3)
    (rest,) = [pane for pane in panes if pane.kind == "rest"]
    x, w = trace.tensors["blocks.1.norm2"].value, trace.tensors["blocks.1.mlp.w_in"].value
    bias = float(trace.tensors["blocks.1.mlp.b_in"].value[3])
    products = sorted([*(x[2].astype(float) * w[3]).tolist(), bias], key=abs)
    assert rest.n_hidden == len(products) - 3
    assert rest.value.data == pytest.approx(sum(products[:-3]), rel=1e-12)


def test_a_window_has_at_most_so_many_numbers(traced):
    for most in (50, MAX_NODES):
        panes = open_window(traced().trace, "loss", (), depth=8, n_terms=6, most=most)
        assert most / 2 < len(panes) <= most


def test_gradients_and_new_weights_open_too(traced):
    trace = traced().trace
    for name in ("grad:blocks.0.attn.v", "new:blocks.1.attn.w_o", "grad:tok_emb.table", "m:unembed"):
        panes = open_window(trace, name, (0,) * trace.tensors[name].value.ndim, depth=2, n_terms=3)
        assert is_near(panes[-1].value.data, trace.tensors[name].value, panes[-1].cell[1])


def test_a_masked_score_is_minus_infinity_and_gets_no_attention(traced):
    for name, value in (("masked_scores", -np.inf), ("pattern", 0)):
        panes = open_window(traced().trace, f"blocks.0.attn.{name}", (0, 0, 3), depth=2, n_terms=3)
        assert panes[-1].value.data == value


@pytest.mark.parametrize(
    ("tensor", "index", "words"),
    [
        ("nothing", [0], "tensor must name"), (None, [], "tensor must name"), ("loss", [0], "index must have 0"),
        ("logits", [0, 99], "must lie within"), ("logits", [0, True], "must lie within"),
        ("logits", "01", "must have 2"),
    ],
)  # fmt: skip
def test_a_cell_that_is_not_there_is_refused_in_a_sentence(traced, tensor, index, words):
    with pytest.raises(ValueError, match=words):
        checked_cell(traced().trace, tensor, index)

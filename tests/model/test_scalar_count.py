"""How many scalars an iteration makes: against the scalar engine, which makes them all."""

import numpy as np
import pytest

from model.config import PRESETS
from model.records import Batch, Factor
from model.scalar import ordered
from model.scalar_count import count_scalars
from model.tokenizer import CharacterTokenizer
from model.trace import trace_iteration
from model.transformer import Transformer
from model.window import Window


def made_by_the_engine(trace, tensor, index):
    """Open everything behind a cell, and count numbers as a scalar engine makes them, two inputs at a time."""
    window = Window(trace, n_terms=10**9)
    root = window.scalars.entry(Factor(tensor, index, float(trace.tensors[tensor].value[index])))
    known = window.scalars.entries
    while shut := [cell for cell in known if cell not in window.opened and cell[0] in window.producers]:
        for cell in shut:
            window.open(cell)
    total = 0
    for value in ordered(root):
        cell = window.cells.get(id(value))
        total += cell is not None and trace.tensors[cell[0]].role == "parameter"
        total += max(1, len(value.inputs) - 1) if value.rule else 0
        if cell and value.rule == "+" and len(value.inputs) == 1:  # a copy
            total -= 1
    return total


@pytest.mark.parametrize(
    "changes",
    [{}, {"norm": "rmsnorm", "activation": "swiglu", "positions": "rope"}, {"norm": "none", "positions": "alibi"}],
)
@pytest.mark.parametrize(
    "cell", [("blocks.0.resid_post", (2, 3)), ("blocks.1.attn.q", (1, 2, 0)), ("blocks.0.attn.scores", (0, 3, 1))]
)
def test_the_count_is_what_the_engine_makes(traced, changes, cell):
    trace = traced(**changes).trace
    assert count_scalars(trace, *cell) == made_by_the_engine(trace, *cell)


def test_the_iteration_is_what_stands_behind_its_loss(traced):
    trace = traced().trace
    assert count_scalars(trace) == count_scalars(trace, "loss", ())
    assert count_scalars(trace, "logits", (0, 0)) < count_scalars(trace, "logits", (5, 0)) < count_scalars(trace)


def test_a_step_of_microgpt_makes_about_as_many_as_its_own_engine():
    """Measured there: 59,647 for a name of 7 positions; its sums begin at 0, and its constants count."""
    config = PRESETS["microgpt"].config.with_vocab(27)
    tokens = np.random.default_rng(0).integers(0, 27, (1, 8))
    batch = Batch(tokens[:, :-1], tokens[:, 1:], np.ones((1, 7), np.float32))
    tokenizer = CharacterTokenizer("abcdefghijklmnopqrstuvwxyz\n")
    trace = trace_iteration(Transformer(config.model).eval(), batch, tokenizer, config)
    assert count_scalars(trace) == pytest.approx(59_647, rel=0.1)

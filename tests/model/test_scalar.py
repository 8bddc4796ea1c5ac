"""The scalar engine against torch, on random expressions."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from model.scalar import FUNCTIONS, Value, backward, ordered
from tests.model.conftest import differentiate

TORCH = {
    "+": torch.add, "-": torch.sub, "*": torch.mul, "/": torch.div, "**": torch.pow, "neg": torch.neg,
    "exp": torch.exp, "log": torch.log, "tanh": torch.tanh, "relu": torch.relu, "sigmoid": torch.sigmoid,
    "sin": torch.sin,
}  # fmt: skip
BINARY = ["+", "-", "*", "/", "**"]


@st.composite
def programs(draw):
    """Three starting values, and operations on what was made before."""
    starts = draw(st.lists(st.floats(-3, 3).map(lambda x: round(x, 3)), min_size=3, max_size=3))
    steps = []
    for i in range(draw(st.integers(1, 14))):
        rule = draw(st.sampled_from(sorted(TORCH)))
        places = st.integers(0, 2 + i)
        steps.append((rule, tuple(draw(places) for _ in range(2 if rule in BINARY else 1))))
    return starts, steps


def made(rule, *inputs):
    return Value(rule=rule, inputs=inputs)


def scalars(starts, steps):
    values = [Value(start) for start in starts]
    for rule, inputs in steps:
        values.append(made(rule, *(values[i] for i in inputs)))
    return values


def tensors(starts, steps):
    values = [torch.tensor(start, dtype=torch.float64, requires_grad=True) for start in starts]
    for rule, inputs in steps:
        values.append(TORCH[rule](*(values[i] for i in inputs)))
    return values


@given(programs())
def test_values_and_gradients_of_random_expressions_equal_those_of_torch(program):
    try:
        own = scalars(*program)
    except ValueError:  # torch would give inf or nan there
        return
    theirs = tensors(*program)
    differentiate(own[-1])
    gradients = torch.autograd.grad(theirs[-1], theirs[:3], allow_unused=True)
    assert own[-1].data == pytest.approx(theirs[-1].item(), rel=1e-9, abs=1e-12)
    for value, gradient in zip(own[:3], gradients, strict=True):
        assert value.grad == pytest.approx(0.0 if gradient is None else gradient.item(), rel=1e-7, abs=1e-9)


@given(programs())
def test_what_is_refused_is_what_torch_finds_no_finite_number_for(program):
    try:
        scalars(*program)
    except ValueError:
        theirs = tensors(*program)
        sizes = [t.item() for t in theirs]
        sizes += [g.item() for t in theirs if t.grad_fn for g in torch.autograd.grad(t, theirs, allow_unused=True, retain_graph=True) if g is not None]  # noqa: E501
        exponents = [theirs[i[1]].item() for rule, i in program[1] if rule == "**"]
        assert not all(math.isfinite(s) and abs(s) < 1e99 for s in sizes) or any(abs(e) > 100 for e in exponents)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_local_derivatives_are_the_slopes_of_the_functions(function):
    x, nudge = 0.7, 1e-6
    _, (slope,) = FUNCTIONS[function](x)
    quotient = (FUNCTIONS[function](x + nudge)[0] - FUNCTIONS[function](x - nudge)[0]) / (2 * nudge)
    assert slope == pytest.approx(quotient, rel=1e-8)


def test_each_step_touches_one_number_and_its_inputs():
    a, b = Value(2.0, label="a"), Value(3.0, label="b")
    c = made("*", a, b)
    d = made("+", c, a)
    order = ordered(d)
    assert [value.data for value in order] == [2, 3, 6, 8]
    a.data = 4.0
    for value in order:
        value.compute()
    assert [value.data for value in order] == [4, 3, 12, 16]
    d.grad = 1.0
    steps = backward(order)
    assert (next(steps), c.grad, a.grad, b.grad) == (d, 1, 1, 0)
    assert (next(steps), a.grad, b.grad) == (c, 4, 4)


def test_a_number_that_is_read_twice_collects_both_gradients():
    a = Value(3.0)
    differentiate(made("+", made("*", a, a), a))
    assert a.grad == 7


def test_a_fixed_number_gets_no_gradient():
    a = Value(-2.0)
    result = made("**", a, Value(3.0, is_fixed=True))
    differentiate(result)
    assert (a.grad, result.inputs[1].grad) == (12, 0)


def test_a_graph_may_be_deeper_than_pythons_stack():
    value = a = Value(1.0)
    for _ in range(5000):
        value = made("+", value, a)
    differentiate(value)
    assert a.grad == 5001

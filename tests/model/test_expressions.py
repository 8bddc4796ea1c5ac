"""Typed expressions: micrograd's own example, what they mean, and what is refused in one sentence."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.examples import EXAMPLES
from model.expressions import MAX_LENGTH, ExpressionError, read
from tests.model.conftest import differentiate

MICROGRAD = next(example.text for example in EXAMPLES if example.name == "micrograd")


def gradients(text, **values):
    """The result, and the gradient of each variable."""
    expression = read(text)
    built = expression.build(values)
    differentiate(built[-1])
    return built[-1].data, {
        node.label: value.grad for node, value in zip(expression.nodes, built, strict=True) if node.rule == "variable"
    }


def test_the_expression_of_micrograds_readme():
    result, slopes = gradients(MICROGRAD)
    assert f"{result:.4f} {slopes['a']:.4f} {slopes['b']:.4f}" == "24.7041 138.8338 645.5773"


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("2 + 3*4", 14), ("-2**2", -4), ("2**-1", 0.5), ("2**3**2", 512), ("8/4/2", 1), ("(1+2)*3", 9), ("+5 - -3", 8),
        ("a = 4; a*a", 16), ("a = 4\n a += 1 ; a", 5), ("x = 2 # start\ny = x**2\ny*y", 16), ("3−1 × 2", 1),
        ("relu(-2) + sigmoid(0) + exp(log(3))", 3.5), (" \n 7 ", 7), ("é = 3; é*2", 6),
    ],
)  # fmt: skip
def test_what_is_typed_means_what_it_means_in_python(text, result):
    assert read(text).build()[-1].data == pytest.approx(result)


def test_an_assigned_number_is_where_a_variable_starts():
    assert read("a = -4; b = a + c; b*2").variables == {"a": -4.0, "c": -3.0}


def test_what_the_result_does_not_need_is_left_out():
    assert [node.label for node in read("a = 1; b = 2; unused = a*b; b + 1").nodes] == ["b", "", ""]


@pytest.mark.parametrize(
    ("text", "words", "at"),
    [
        ("", "no expression yet", 0),
        ("# only words", "no expression yet", 0),
        ("__import__('os')", "no function __import__", 0),
        ("a.b", "A dot has no meaning", 0),
        ("a**1000", "exponent must lie between −100 and 100; here it is 1000", 3),
        ("a" * 5000, "600 characters; this one has 5,000", MAX_LENGTH),
        ("1 + soft(a)", "no function soft; there are exp, log", 4),
        ("(a + b", "parenthesis is never closed", 0),
        ("a + b)", "parenthesis was never opened", 5),
        ("a + \n b", "cannot be read", 3),
        ("x = 1\ny + ((", "at character 6 of line 2", 11),
        ("a^2", r"power is written \*\*", 0),
        ("tanh(a, b)", "takes one number", 0),
        ("2*exp", r"“exp” is a function: write exp\(…\)", 2),
        ("(" * 250 + "a" + ")" * 250, "cannot be read", 199),
        ("-" * 500 + "a", "nested too deeply", 40),
        ("+".join("abcdefghijklmnopq"), "16 variables; q is one more", 32),
        ("9" * 400, "too large", 0),
        ("a\0b", "cannot be read", 2),
        ("'text'", "Only names, numbers", 0),
        ("a if b else c", "Only names, numbers", 0),
        ("𝔸" * 17, "a name has|A name has", 0),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_sentence_with_its_place(text, words, at):
    with pytest.raises(ExpressionError, match=words) as refused:
        read(text)
    assert str(refused.value).count("\n") == 0
    assert abs(refused.value.at - at) <= 1


@pytest.mark.parametrize(
    ("text", "words", "at"),
    [
        ("10**10**10", "exponent must lie between −100 and 100; here it is 1e", 2),
        ("1 / (a - a)", "divides by zero", 2), ("2 + log(0 - a)", "“log” needs a number above 0", 4),
        ("exp(500*a)", "too large", 0), ("(0-8)**0.5", "no real power", 6), ("(a - a)**-1", "by zero", 7),
        ("(0-a)**a", "plain number as its exponent", 5),
    ],
)  # fmt: skip
def test_what_has_no_value_is_said_where_it_is(text, words, at):
    expression = read(text)
    with pytest.raises(ExpressionError, match=words) as refused:
        expression.build()
    assert abs(refused.value.at - at) <= 1


@given(st.text(alphabet="ab1.+-*/()=; \n^exploga#'[]", max_size=40) | st.text(max_size=30))
def test_whatever_is_typed_is_read_or_refused(text):
    with suppress(ExpressionError):
        read(text).build()

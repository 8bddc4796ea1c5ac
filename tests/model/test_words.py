import re
import xml.etree.ElementTree as ET
from collections import defaultdict
from functools import cache

import numpy as np
import pytest
from latex2mathml.converter import convert

from model.words import _converted, describe, mathml
from model.words_notation import LETTERS, cell, letters, own_name

ACTIVATIONS = ["identity", "relu", "relu2", "gelu", "silu", "swiglu", "tanh"]


@pytest.fixture
def described(iteration):
    """(operation, words) of every operation of a traced iteration."""
    return [(operation, describe(operation, iteration.config)) for operation in iteration.trace.operations]


@pytest.fixture
def told(traced):
    """A function: the words of one operation with these settings."""

    def find(name, **changes):
        case = traced(**changes)
        return describe(next(o for o in case.trace.operations if o.name == name), case.config)

    return find


def test_every_operation_has_title_words_reason_and_formula(described):
    for operation, words in described:
        assert all((words.title, words.words, words.why, words.formula, words.mathml)), operation.name


def test_every_text_is_one_short_sentence(described):
    for operation, words in described:
        for text in (words.words, words.why):
            assert len(text) <= 220, (operation.name, text)
            assert text.endswith("."), (operation.name, text)
            assert not re.search(r"[.!?] |\.\.", text), (operation.name, text)
            assert text[0].isupper(), (operation.name, text)


def test_no_template_shows_through(described):
    for operation, words in described:
        for text in (words.title, words.words, words.why):
            assert not re.search(r"[{}\\_<>]|\bNone\b|  | [,.;:]", re.sub(r"[a-z]+\d?(_[a-z]+)+", "tap", text)), text
        assert words.formula.count("{") == words.formula.count("}"), operation.name
        assert "None" not in words.formula


# MathML Core, without what could load or link.
ELEMENTS = {
    "math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "msub", "msup", "msubsup", "munder", "mover", "munderover",
    "mfrac", "msqrt", "mroot", "mstyle", "mtable", "mtr", "mtd",
}  # fmt: skip


@cache
def check_mathml(latex):
    assert mathml(latex) == convert(latex, display="block")
    for element in ET.fromstring(mathml(latex)).iter():
        namespace, _, tag = element.tag.rpartition("}")
        assert namespace == "{http://www.w3.org/1998/Math/MathML", latex
        assert tag in ELEMENTS, (latex, tag)
        assert not re.search(r"[\\&}]|text|frac" if tag == "mtext" else r"[\\&_}]", element.text or ""), (
            latex,
            element.text,
        )


def test_formulas_become_mathml(described):
    for formula in {words.formula for _, words in described}:
        check_mathml(formula)


def test_a_formula_that_counts_steps_is_converted_once():
    before = _converted.cache_info().misses
    for step in (9, 10, 123, 4567):
        assert mathml(rf"\frac{{m}}{{1 - 0.95^{{{step}}}}} + 7^{{{10 * step}}}") == convert(
            rf"\frac{{m}}{{1 - 0.95^{{{step}}}}} + 7^{{{10 * step}}}", display="block"
        )
    assert _converted.cache_info().misses - before <= 2


def test_different_operations_are_told_apart(described):
    names = defaultdict(set)
    for operation, words in described:
        names[words.words].add(re.sub(r"blocks\.\d+\.", "", operation.name))
    assert {text: same for text, same in names.items() if len(same) > 1} == {}


def has_symbol(name):
    try:
        return bool(cell(name))
    except KeyError:
        return False


def without_index(name):
    return cell(name).removesuffix(f"_{{{letters(name)[1]}}}")


def test_a_forward_formula_names_everything_that_the_operation_reads(described):
    for operation, words in described:
        if operation.part in ("forward", "loss"):
            made, reads = words.formula.replace("&", "").split("=", 1)
            assert without_index(operation.name) in made, operation.name
            for name in filter(has_symbol, operation.inputs):
                assert without_index(name) in reads or own_name(name) == "tokens", (operation.name, name)


def test_a_gradients_formula_has_the_gradient_from_above(described):
    for operation, words in described:
        if operation.part == "backward":
            assert rf"\partial {without_index(operation.name)}" in words.formula.split("=")[0]
            above = [name for name in operation.inputs if name.startswith("grad:") and name != "grad:loss"]
            assert all(rf"\partial {without_index(name)}" in words.formula for name in above), operation.name
            saved = [name for name in operation.inputs if own_name(name).startswith("w_")]
            assert all(without_index(name) in words.formula for name in saved), operation.name


def test_weight_decay_is_told_where_it_happens(described, iteration):
    decay, said = iteration.config.train.weight_decay, defaultdict(bool)
    for operation, words in described:
        if operation.part == "update" and operation.forward:
            said[operation.forward] |= "weight decay" in words.words
    for name, is_said in said.items():
        assert is_said == (decay > 0 and iteration.arrays[name].ndim == 2), name


def test_the_learning_rate_in_the_formula_is_the_one_used(described, iteration):
    for operation, words in described:
        if operation.kind == "schedule":
            rate = float(iteration.arrays[operation.name])
            assert evaluated(words.formula) == pytest.approx(rate, rel=1e-5), words.formula


def evaluated(formula):
    """The value of a schedule's formula, read as Python."""
    eta, _, p = formula.removeprefix(r"\eta = ").partition(r",\quad p = ")
    code = [eta, p or "0"]
    for pattern, by in [
        (r"\\(min|cos|pi)", r"\1"), (r"\\frac\{(.+?)\}\{(\d+)\}", r"((\1)/\2)"), (r"\\Bigl|\\Bigr", ""),
        (r"\\cdot 10\^\{(.+?)\}", r"*10.0**(\1)"), (r"\\cdot|\\,", "*"), (r"\bpi p\b", "pi*p"),
    ]:  # fmt: skip
        code = [re.sub(pattern, by, text) for text in code]
    known = {"min": min, "cos": np.cos, "pi": np.pi}
    return eval(code[0], known | {"p": eval(code[1], known)})


@pytest.mark.parametrize("norm", ["layernorm", "rmsnorm", "batchnorm"])
def test_each_norm_says_what_it_divides_by(told, norm):
    expected = {"layernorm": "variance 1", "rmsnorm": "root mean square", "batchnorm": "running standard deviation"}
    words = told("blocks.0.norm1", norm=norm)
    assert [name for name, phrase in expected.items() if phrase in words.words] == [norm]


def test_batchnorm_says_that_a_training_step_does_otherwise(told):
    assert "training step uses mean and deviation of its batch" in told("blocks.0.norm1", norm="batchnorm").why
    assert "constants" in told("grad:blocks.0.resid_pre<-norm1", norm="batchnorm").why


def test_every_activation_has_words_of_its_own(told):
    assert len({told("blocks.0.mlp_post", activation=kind).words for kind in ACTIVATIONS}) == 7
    assert len({told("grad:blocks.0.mlp_pre", activation=kind).words for kind in ACTIVATIONS}) == 7


def test_residual_off_is_told_as_such(told):
    assert "is added" in told("blocks.0.resid_mid", norm="layernorm").words
    assert "is gone" in told("blocks.0.resid_mid", has_residual=False).words


def test_a_join_of_branches_names_them_all(told):
    words = told("grad:blocks.0.norm1", norm="layernorm")
    assert "v, k and q" in words.words
    assert words.formula.count("+") == 2


def test_a_tied_table_learns_from_both_ends(told):
    assert "logits and tok_emb" in told("grad:tok_emb.table", tied_embeddings=True).words


def test_gelu_is_written_with_the_normal_distribution(told):
    assert told("blocks.0.mlp_post", activation="gelu").formula.endswith(
        r"u^{\text{pre}}_{i,n}\,\Phi(u^{\text{pre}}_{i,n})"
    )


def test_the_pattern_is_softmax_of_the_masked_scores(told):
    expected = r"a^{h}_{i,j} = \frac{e^{\bar{s}^{h}_{i,j}}}{\sum_{j'} e^{\bar{s}^{h}_{i,j'}}}"
    assert told("blocks.0.attn.pattern", norm="layernorm").formula == expected


def test_the_legend_explains_the_letters_of_every_cell(described):
    for operation, _ in described:
        if has_symbol(operation.name):
            above, below = letters(operation.name)
            assert {*above, *filter(None, below.split(","))} <= LETTERS.keys(), operation.name

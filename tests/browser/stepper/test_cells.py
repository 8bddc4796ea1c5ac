"""Where a cell comes from, in a real browser: the numbers that JavaScript shows are those that Python's `terms` finds.

The traces are the model's own: presets and options small enough to be made in a moment, every optimizer among them.
"""

import math
import re

import numpy as np
import pytest

from model.operations import KINDS, terms
from model.trace_names import in_code

from .conftest import SHOWN, TRAINED

TOLERANCE = {"newton_schulz": 2e-2}  # rounded to bfloat16 after every product


def chosen_cells(trace):
    """Of each way to compute, in each part: the largest cell and another one."""
    draws, seen = np.random.default_rng(0), set()
    for operation in trace.operations:
        detail = [operation.settings.get(key) for key in ("function", "wrt", "norm", "subscripts", "bias")]
        way = (operation.part, operation.kind, len(operation.inputs), *detail)
        if way in seen:
            continue
        seen.add(way)
        value = trace.tensors[operation.name].value
        largest = np.unravel_index(np.argmax(np.abs(np.where(np.isfinite(value), value, 0))), value.shape)
        yield operation, [int(k) for k in largest]
        yield operation, [int(draws.integers(size)) for size in value.shape]


def ways(variants, traced):
    return {(operation.part, operation.kind) for name in variants for operation in traced(name).operations}


def test_the_variants_have_every_kind_forward_backward_and_in_the_update(traced):
    found = ways(TRAINED, traced)
    assert {kind for _, kind in found} == set(KINDS)
    assert {("forward", "einsum"), ("backward", "einsum"), ("forward", "mask"), ("backward", "mask"),
            ("forward", "rotate"), ("backward", "rotate")} <= found  # fmt: skip


@pytest.mark.parametrize("variant", TRAINED)
def test_the_terms_of_a_cell_are_those_of_python_and_sum_to_the_cell(ready, traced, variant):
    trace = traced(variant)
    arrays = {name: recorded.value for name, recorded in trace.tensors.items()}
    asked = list(chosen_cells(trace))
    got = ready("stepper/explain.js", """
        const number = (value) => (Number.isFinite(value) ? value : String(value));
        return value.cells.map(([name, index]) => {
          const { inOrder, total, isEqual } = m.account(store, of(name), index);
          const factorsOf = ({ factors }) => factors.map((factor) => [factor.tensor, factor.index]);
          const terms = inOrder.map((term) => [number(term.value), term.label, factorsOf(term)]);
          return { terms, total: number(total), isEqual, text: m.expression(store, of(name), index) };
        });
    """, variant, cells=[[operation.name, index] for operation, index in asked])
    for (operation, index), found in zip(asked, got, strict=True):
        wanted = terms(operation, arrays, tuple(index))
        where = (operation.name, operation.kind, index)
        slack = TOLERANCE.get(operation.kind, 1e-5) * sum(abs(t.value) for t in wanted if math.isfinite(t.value)) + 1e-9
        assert [label for _, label, _ in found["terms"]] == [term.label for term in wanted], where
        assert [[f.tensor, list(f.index)] for t in wanted for f in t.factors] == [
            factor for _, _, factors in found["terms"] for factor in factors
        ], where
        for (value, _, _), term in zip(found["terms"], wanted, strict=True):
            assert as_number(value) == pytest.approx(term.value, rel=0, abs=slack), where
        assert found["isEqual"], where
        assert found["text"].startswith(in_words(operation.name, index)), found["text"]
        assert "undefined" not in found["text"], found["text"]
        assert "NaN" not in found["text"], found["text"]


def as_number(value):
    return float({"-Infinity": "-inf", "Infinity": "inf"}.get(value, value))


def in_words(name, index):
    return in_code(name) + (f"{index}" if index else "")


@pytest.mark.parametrize(("name", "index", "wanted"), [
    ("blocks.0.attn.scores", [1, 3, 2], r"^scores\[1, 3, 2\] = \(.+×.+\) / √4 = "),
    ("blocks.0.attn.pattern", [0, 2, 1], r"^pattern\[0, 2, 1\] = e\^\S+ / \(e\^.+ \+ e\^.+\) = \S+ / \(.+\) = 0\.\d+$"),
    ("blocks.0.attn.masked_scores", [0, 1, 4], r"= −∞: key 4 comes later than query 1"),
    ("blocks.0.norm1", [2, 3], r"^norm1\[2, 3\] = \(.+ − .+\) / \S+ × \S+ [+−] \S+ = "),
    ("token_loss", [2], r"^token_loss\[2\] = \S+ − .+ = "),
    ("grad:logits", [1, 5], r"^grad_logits\[1, 5\] = \S+ × \S+ = "),
    ("new:blocks.0.attn.w_q", [1, 2], r"^new_w_q\[1, 2\] = \S+ − \S+ × \S+ / \S+ / \(√\(\S+ / \S+\) \+ ε\) − .+ = "),
])  # fmt: skip
def test_an_expression_holds_the_cells_own_numbers(ready, name, index, wanted):
    code = "return m.expression(store, of(value.name), value.index)"
    text = ready("stepper/explain.js", code, name=name, index=index)
    assert re.search(wanted, text), text


def test_a_tensor_that_holds_something_else_is_not_said_to_be_equal(ready):
    got = ready("stepper/explain.js", """
        store.tensor("blocks.0.attn.q").data[0] += 0.01;
        const { isEqual, difference } = m.account(store, of("blocks.0.attn.q"), [0, 0, 0]);
        return { isEqual, difference };
    """)
    assert got["isEqual"] is False
    assert got["difference"] == pytest.approx(-0.01, abs=1e-5)


def test_the_largest_terms_come_first_and_the_rest_is_the_sum_of_its_own(ready):
    sizes, rest, total = ready("stepper/explain.js", """
        const { terms, total } = m.account(store, of("blocks.0.mlp_out"), [2, 3]);
        return [terms.map((term) => Math.abs(term.value)), m.sumOf(terms.slice(6)) + m.sumOf(terms.slice(0, 6)), total];
    """)
    assert sizes == sorted(sizes, reverse=True)
    assert rest == pytest.approx(total, rel=1e-12)


def test_a_cell_lights_exactly_the_entries_that_made_it(ready):
    lit = ready("stepper/explain.js", """
        const places = m.sources(store, of("blocks.0.attn.scores"), [1, 3, 2]);
        return [...places].map(([name, set]) => [name, [...set].sort((a, b) => a - b)]);
    """)
    T, D = 7, 4
    assert dict(lit) == {
        "blocks.0.attn.q": [(T + 3) * D + d for d in range(D)], "blocks.0.attn.k": [(T + 2) * D + d for d in range(D)],
    }  # fmt: skip


def test_a_factor_leads_to_the_operation_that_made_it_and_back(ready):
    got = ready("stepper/picture.js", SHOWN + """
        await show("blocks.0.attn.scores");
        state.pick({ tensor: "blocks.0.attn.scores", index: [1, 3, 2] });
        await frame();
        const text = root.querySelector(".origin-box").textContent;
        const factor = root.querySelector(".terms .factor");
        const name = factor.textContent;
        factor.click();
        await frame();
        const there = [state.current.name, state.cell.tensor, state.head];
        root.querySelector(".crumbs button").click();
        await frame();
        return { text, name, there, back: [state.current.name, state.cell.index] };
    """)
    assert "✓ equal to the tensor" in got["text"]
    assert got["name"].startswith("q[1, 3, ")
    assert got["there"] == ["blocks.0.attn.q", "blocks.0.attn.q", 1]
    assert got["back"] == ["blocks.0.attn.scores", [1, 3, 2]]


@pytest.mark.parametrize(("tensor", "index", "says"), [
    ("blocks.0.attn.w_q", [1, 2], "A weight: learned"), ("tokens", [1], "A token of your text: “"),
    ("m_before:blocks.0.attn.w_q", [1, 2], "What the optimizer remembers"),
])  # fmt: skip
def test_the_trail_ends_at_weights_tokens_and_what_the_optimizer_remembers(ready, tensor, index, says):
    text = ready("stepper/picture.js", SHOWN + """
        state.pick(value.cell);
        await frame();
        return root.querySelector(".origin-box").textContent;
    """, cell={"tensor": tensor, "index": index})
    assert says in text


def test_the_panel_says_when_a_sum_and_its_tensor_differ(ready):
    text = ready("stepper/picture.js", SHOWN + """
        store.tensor("blocks.0.attn.q").data[0] = 7;
        await show("blocks.0.attn.q");
        state.pick({ tensor: "blocks.0.attn.q", index: [0, 0, 0] });
        await frame();
        return root.querySelector(".sum").textContent;
    """)
    assert "✗ the tensor holds 7.00000" in text


def test_value_and_gradient_stand_side_by_side_and_branches_add_up(ready):
    got = ready("stepper/arrange.js", """
        const row = ({ sign, tensor, caption }) => [sign, tensor, caption];
        const names = (name) => m.arrange(store, of(name)).pieces.map(row);
        return [names("grad:blocks.0.attn.pattern"), names("grad:blocks.0.norm1"), names("new:blocks.0.attn.w_q")];
    """)
    pattern, norm1, new = got
    assert [tensor for _, tensor, _ in pattern[-2:]] == ["blocks.0.attn.pattern", "grad:blocks.0.attn.pattern"]
    assert [sign for sign, tensor, _ in norm1 if "<-" in tensor] == ["", "+", "+"]
    assert [caption for _, _, caption in new] == [
        "weight before", "gradient", "mean", "mean of squares", "", "new weight", "change",
    ]  # fmt: skip


def test_the_change_of_a_weight_is_told_as_a_change(ready, traced):
    text = ready("stepper/picture.js", SHOWN + """
        await show("new:blocks.0.attn.w_q");
        const scroller = parts[0].items.at(-1).heatmap.scroller;
        scroller.focus();
        scroller.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown", shiftKey: true }));
        return root.querySelector(".tip code").textContent;
    """)
    tensors = traced("classroom").tensors
    change = tensors["new:blocks.0.attn.w_q"].value[0, 0] - tensors["blocks.0.attn.w_q"].value[0, 0]
    name, _, number = text.partition(" = ")
    assert name == "new_w_q[0, 0] − w_q[0, 0]"
    assert float(number.replace("−", "-")) == pytest.approx(float(change), rel=1e-3)

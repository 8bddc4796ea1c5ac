"""Where a cell comes from, in a real browser: the numbers that JavaScript shows are those that Python's `terms` finds.

The traces are the model's own: presets and options small enough to be made in a moment, every optimizer among them.
"""

import base64
import json
import math
import re

import numpy as np
import pytest
import torch

from model.config import PRESETS, RunConfig
from model.datasets import load_dataset
from model.operations import KINDS, terms
from model.trace_manifest import manifest, with_words
from model.trace_names import in_code
from model.training import Trainer

SMALL = {"n_heads": 2, "d_model": 8, "d_mlp": 12, "block_size": 7, "batch_size": 4, "dataset": "names"}
VARIANTS = {
    **{key: {"preset": key} for key in PRESETS},
    "sgd": {"optimizer": "sgd", "positions": "alibi", "norm": "batchnorm", "activation": "tanh", "has_residual": False},
    "momentum": {"optimizer": "momentum", "positions": "rope", "activation": "relu2", "qk_norm": True},
    "rmsprop": {"optimizer": "rmsprop", "positions": "sinusoidal", "activation": "silu", "norm_placement": "post"},
    "adam": {"optimizer": "adam", "positions": "none", "norm": "none", "tied_embeddings": True, "grad_clip": 0.0},
    "muon": {"optimizer": "muon", "activation": "swiglu", "schedule": "linear", "warmup_steps": 9},
    "small clip": {"grad_clip": 0.01, "activation": "identity", "norm": "rmsnorm", "has_bias": False},
}  # fmt: skip
TOLERANCE = {"newton_schulz": 2e-2}  # rounded to bfloat16 after every product


@pytest.fixture(scope="module")
def traced():
    """Make the trace of a variant after two steps of training."""
    torch.set_num_threads(1)
    made = {}

    def make(name):
        if name not in made:
            changes = dict(VARIANTS[name])
            base = PRESETS[changes.pop("preset")].config if "preset" in changes else RunConfig()
            config = base.replace(**(SMALL | {"n_layers": min(base.model.n_layers, 1)} | changes))
            dataset = load_dataset(config.data)
            trainer = Trainer(config.with_vocab(dataset.vocab_size), dataset)
            trainer.train_step()
            trainer.train_step()
            made[name] = trainer.trace()
        return made[name]

    return make


OPEN = """
  const { TraceStore } = await import("/stepper/trace.js");
  const { StepState } = await import("/stepper/state.js");
  const store = new TraceStore(async (hash) => bytes(value.blobs[hash]));
  const manifest = JSON.parse(value.manifest);
  store.open(manifest);
  await store.prepare(manifest, Object.keys(manifest.blobs));
  const state = new StepState(store);
  const of = (name) => store.producerOf(name);
"""


@pytest.fixture
def opened(modules, traced):
    """Run code with `store`, `state` and `of` of a variant's trace whose numbers are all there."""

    def run(module, code, variant="classroom", **value):
        header, blobs = manifest(traced(variant))
        hashes = {blob: listed["hash"] for blob, listed in header["blobs"].items()}
        sent = {hashes[blob]: base64.b64encode(data.tobytes()).decode() for blob, data in blobs.items()}
        return modules(module, OPEN + code, {"manifest": json.dumps(with_words(header)), "blobs": sent, **value})

    return run


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
    found = ways(VARIANTS, traced)
    assert {kind for _, kind in found} == set(KINDS)
    assert {("forward", "einsum"), ("backward", "einsum"), ("forward", "mask"), ("backward", "mask"),
            ("forward", "rotate"), ("backward", "rotate")} <= found  # fmt: skip


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_terms_of_a_cell_are_those_of_python_and_sum_to_the_cell(opened, traced, variant):
    trace = traced(variant)
    arrays = {name: recorded.value for name, recorded in trace.tensors.items()}
    asked = list(chosen_cells(trace))
    got = opened("stepper/explain.js", """
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
def test_an_expression_holds_the_cells_own_numbers(opened, name, index, wanted):
    code = "return m.expression(store, of(value.name), value.index)"
    text = opened("stepper/explain.js", code, name=name, index=index)
    assert re.search(wanted, text), text


def test_a_tensor_that_holds_something_else_is_not_said_to_be_equal(opened):
    got = opened("stepper/explain.js", """
        store.tensor("blocks.0.attn.q").data[0] += 0.01;
        const { isEqual, difference } = m.account(store, of("blocks.0.attn.q"), [0, 0, 0]);
        return { isEqual, difference };
    """)
    assert got["isEqual"] is False
    assert got["difference"] == pytest.approx(-0.01, abs=1e-5)


def test_the_largest_terms_come_first_and_the_rest_is_the_sum_of_its_own(opened):
    sizes, rest, total = opened("stepper/explain.js", """
        const { terms, total } = m.account(store, of("blocks.0.mlp_out"), [2, 3]);
        return [terms.map((term) => Math.abs(term.value)), m.sumOf(terms.slice(6)) + m.sumOf(terms.slice(0, 6)), total];
    """)
    assert sizes == sorted(sizes, reverse=True)
    assert rest == pytest.approx(total, rel=1e-12)


def test_a_cell_lights_exactly_the_entries_that_made_it(opened):
    lit = opened("stepper/explain.js", """
        const places = m.sources(store, of("blocks.0.attn.scores"), [1, 3, 2]);
        return [...places].map(([name, set]) => [name, [...set].sort((a, b) => a - b)]);
    """)
    T, D = 7, 4
    assert dict(lit) == {
        "blocks.0.attn.q": [(T + 3) * D + d for d in range(D)], "blocks.0.attn.k": [(T + 2) * D + d for d in range(D)],
    }  # fmt: skip


def test_colours_are_centred_on_zero_and_probabilities_start_at_it(opened):
    got = opened("stepper/picture.js", """
        const signed = m.coloursOf([store.tensor("blocks.0.attn.scores")]);
        const shares = m.coloursOf([store.tensor("blocks.0.attn.pattern")]);
        const squares = m.coloursOf([store.tensor("v:blocks.0.attn.w_q")]);
        return { signed, shares, squares, zero: m.shareOf(0, signed), low: m.shareOf(signed.low, signed),
          none: m.shareOf(0, { low: -0, high: 0 }), half: m.shareOf(0.5, shares) };
    """)
    assert got["signed"]["low"] == -got["signed"]["high"] < 0
    assert (got["zero"], got["low"], got["none"], got["half"]) == (0.5, 0, 0.5, 0.5)
    assert got["shares"] == {"ramp": "probability", "low": 0, "high": 1}
    assert got["squares"]["low"] == 0 < got["squares"]["high"]


def test_only_what_the_mask_hides_is_hatched(modules):
    got = modules("stepper/picture.js", """
        const axes = ["query", "key"];
        const later = [-Infinity, 0, 0.3].map((value) => m.isMasked(axes, 1, 2, value));
        return [...later, m.isMasked(axes, 2, 1, 0), m.isMasked(["position", "channel"], 1, 2, 0)];
    """)
    assert got == [True, True, False, False, False]


def test_cells_are_never_a_smear_and_large_pictures_scroll(modules):
    got = modules("stepper/picture.js", """
        const slice = (shape, axes) => m.sliceOf({ shape, axes }, 0);
        const slices = [slice([7, 7], ["query", "key"]), slice([256, 64], ["hidden", "channel"]),
          slice([2048, 256], ["vocab", "channel"])];
        return slices.map((own) => m.fit(own, { width: 230, height: 112 }));
    """)
    for layout in got:
        assert min(layout["cell"].values()) >= 6
        assert layout["seen"]["width"] <= 230
        assert layout["seen"]["height"] <= 112
    assert got[0]["cell"]["width"] == got[0]["cell"]["height"]
    assert got[2]["whole"] == {"width": 256 * 6, "height": 2048 * 6}


def test_marked_cells_are_framed_by_as_few_rectangles_as_they_need(modules):
    got = modules("stepper/picture.js", """
        const slice = { rows: 4, columns: 5, offset: 20 };
        const at = (cells) => m.rectangles(new Set(cells.map(([row, column]) => 20 + 5 * row + column)), slice);
        const elsewhere = m.rectangles(new Set([3]), slice);
        return [at([[1, 0], [1, 1], [1, 2]]), at([[0, 3], [1, 3], [2, 3]]), at([[0, 0], [3, 4]]), elsewhere];
    """)
    assert got == [
        [{"row": 1, "column": 0, "rows": 1, "columns": 3}], [{"row": 0, "column": 3, "rows": 3, "columns": 1}],
        [{"row": 0, "column": 0, "rows": 1, "columns": 1}, {"row": 3, "column": 4, "rows": 1, "columns": 1}], [],
    ]  # fmt: skip


SHOWN = """
  const { Painter } = await import("/base/paint.js");
  const { Card } = await import("/stepper/card.js");
  const { Origin } = await import("/stepper/origin.js");
  const { adoptStyles, make } = await import("/base/dom.js");
  const host = make("div", { style: "width: 900px; height: 600px" });
  document.body.replaceChildren(host);
  const root = host.attachShadow({ mode: "open" });
  const sheets = ["theme.css", "base/base.css", "stepper/stepper.css", "stepper/card.css", "stepper/origin.css"];
  await adoptStyles(root, ...sheets.map((name) => `../${name}`));
  const { Theme } = await import("/base/paint.js");
  const box = make("div.gb", { style: "display: grid; grid-template-columns: 600px 300px; height: 600px" });
  const [left, right] = [make("section.card"), make("section.origin")];
  box.append(left, right);
  root.append(box);
  const theme = new Theme(box);
  const painter = new Painter();
  const needs = { store, state, theme: () => theme, painter };
  const parts = [new Card(left, needs), new Origin(right, needs)];
  state.listen(() => parts.forEach((part) => painter.mark(part)));
  const frame = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  const show = async (name) => {
    state.go(of(name).i);
    await frame();
    parts.forEach((part) => part.draw());
  };
  const picture = (name) => root.querySelector(`.item:not([hidden]):has(.tensor-name[title="${name}"])`);
"""


def test_every_pixel_of_a_cell_has_the_colour_of_its_number(opened, traced):
    got = opened("stepper/picture.js", SHOWN + """
        await show("blocks.0.attn.z");
        const { data } = store.tensor("blocks.0.attn.z");
        const colours = m.coloursOf([store.tensor("blocks.0.attn.z")]);
        const heatmap = parts[0].items.at(-1).heatmap;
        const { cell, gutter } = heatmap.layout;
        const ramp = theme.ramp("signed");
        return [[0, 0], [3, 2], [6, 3]].map(([row, column]) => {
          const middle = [gutter.left + (column + 0.5) * cell.width, gutter.top + (row + 0.5) * cell.height];
          const [x, y] = middle.map((at) => Math.round(at * devicePixelRatio));
          const seen = [...heatmap.context.getImageData(x, y, 1, 1).data.slice(0, 3)];
          const at = 3 * Math.round(255 * m.shareOf(data[row * 4 + column], colours));
          return [seen, [...ramp.slice(at, at + 3)]];
        });
    """)
    for seen, wanted in got:
        assert seen == wanted


def test_a_heatmap_is_walked_with_shift_and_arrows_and_asked_with_enter(opened):
    cell, name = opened("stepper/picture.js", SHOWN + """
        await show("blocks.0.norm1");
        const scroller = picture("blocks.0.norm1").querySelector(".scroller");
        scroller.focus();
        const press = (key, held = {}) => scroller.dispatchEvent(new KeyboardEvent("keydown", { key, ...held }));
        press("ArrowRight", { shiftKey: true });
        press("ArrowRight", { shiftKey: true });
        press("ArrowDown", { altKey: true });
        press("ArrowDown");
        press("Enter");
        return [state.cell, state.current.name];
    """)
    assert cell == {"tensor": "blocks.0.norm1", "index": [1, 1]}
    assert name == "blocks.0.norm1"


def test_a_factor_leads_to_the_operation_that_made_it_and_back(opened):
    got = opened("stepper/picture.js", SHOWN + """
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
def test_the_trail_ends_at_weights_tokens_and_what_the_optimizer_remembers(opened, tensor, index, says):
    text = opened("stepper/picture.js", SHOWN + """
        state.pick(value.cell);
        await frame();
        return root.querySelector(".origin-box").textContent;
    """, cell={"tensor": tensor, "index": index})
    assert says in text


def test_the_panel_says_when_a_sum_and_its_tensor_differ(opened):
    text = opened("stepper/picture.js", SHOWN + """
        store.tensor("blocks.0.attn.q").data[0] = 7;
        await show("blocks.0.attn.q");
        state.pick({ tensor: "blocks.0.attn.q", index: [0, 0, 0] });
        await frame();
        return root.querySelector(".sum").textContent;
    """)
    assert "✗ the tensor holds 7.00000" in text


def test_value_and_gradient_stand_side_by_side_and_branches_add_up(opened):
    got = opened("stepper/arrange.js", """
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


def test_every_operation_can_be_drawn(opened, traced):
    for variant in ("classroom", "muon", "sgd"):
        n = opened("stepper/picture.js", SHOWN + """
            let n = 0;
            for (const { name } of store.operations) { await show(name); n += Boolean(picture(name)); }
            return n;
        """, variant)
        assert n == len(traced(variant).operations)


def test_the_change_of_a_weight_is_told_as_a_change(opened, traced):
    text = opened("stepper/picture.js", SHOWN + """
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


def test_pictures_share_a_scale_where_numbers_pass_through_and_only_with_their_equals(opened):
    got = opened("stepper/arrange.js", """
        const groups = (name) => m.arrange(store, of(name)).pieces.map(({ tensor, group }) => [tensor, group ?? null]);
        return [groups("clip:blocks.0.attn.b_q"), groups("blocks.0.resid_mid"), groups("blocks.0.attn.pattern")];
    """)
    clip, added, pattern = (dict(groups) for groups in got)
    assert clip == {"grad:blocks.0.attn.b_q": "one", "grad_norm": None, "clip:blocks.0.attn.b_q": "one"}
    assert set(added.values()) == {"one"}
    assert set(pattern.values()) == {None}

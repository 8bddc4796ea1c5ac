"""The stepper's core by itself, in a real browser: the store, what is looked at, links, words, maths and voices."""

import json

import numpy as np
import pytest

from .conftest import FRESH


def test_a_tensor_is_fetched_once_when_it_is_first_asked_for(opened, trace):
    header, blobs = trace("classroom")
    spec = header["tensors"]["blocks.0.attn.pattern"]
    got = opened("""
        const first = store.tensor("blocks.0.attn.pattern");
        store.tensor("logits");
        await store.ready("blocks.0.attn.pattern");
        const { data, shape, axes, role } = store.tensor("blocks.0.attn.pattern");
        return { first, asked, data: [...data], shape, axes, role };
    """)
    blob = np.frombuffer(blobs[header["blobs"]["activations"]["hash"]], np.float32)
    size = int(np.prod(spec["shape"]))
    assert got["first"] is None
    assert got["asked"] == [header["blobs"]["activations"]["hash"]]
    assert got["data"] == blob[spec["offset"] : spec["offset"] + size].tolist()
    assert (got["shape"], got["axes"], got["role"]) == (spec["shape"], ["head", "query", "key"], "value")


def test_minus_infinity_and_ids_arrive_as_they_are(opened, trace):
    got = opened("""
        await store.ready("blocks.0.attn.masked_scores");
        const masked = store.tensor("blocks.0.attn.masked_scores");
        return { masked: String(masked.data[1]), ids: [...store.tensor("tokens").data] };
    """)
    assert got == {"masked": "-Infinity", "ids": trace("classroom")[0]["tokens"]}


def test_a_failed_fetch_is_told_in_words_and_can_be_tried_again(modules, trace):
    got = modules("stepper/trace.js", """
        let fails = true;
        const store = new m.TraceStore(async () => {
          if (fails) throw new Error("The server sleeps.");
          return new ArrayBuffer(2 ** 22);
        });
        const heard = [];
        store.listen((kind) => heard.push([kind, store.error]));
        store.open(JSON.parse(value));
        store.tensor("logits");
        await new Promise((resolve) => setTimeout(resolve, 20));
        fails = false;
        store.retry();
        await store.ready("logits");
        return { heard, isThere: store.tensor("logits") !== null };
    """, json.dumps(trace("classroom")[0]))
    assert got["isThere"]
    assert [kind for kind, _ in got["heard"]] == ["trace", "failed", "blob", "blob"]
    assert got["heard"][1][1] == "The server sleeps."
    assert got["heard"][-1][1] == ""


def test_forward_and_backward_lead_to_each_other(opened):
    got = opened("""
        const pattern = store.producerOf("blocks.0.attn.pattern");
        const gradient = store.producerOf(store.gradientOf("blocks.0.attn.pattern"));
        const readers = store.readersOf(pattern.name).filter(({ part }) => part === "forward");
        return { readers: readers.map(({ name }) => name), back: gradient.part,
                 branches: store.branchesOf("blocks.0.norm1").length,
                 parameter: store.producerOf("blocks.0.attn.w_q"), learned: store.gradientOf("blocks.0.attn.w_q") };
    """)
    assert got == {"readers": ["blocks.0.attn.z"], "back": "backward", "branches": 3, "parameter": None,
                   "learned": "grad:blocks.0.attn.w_q"}  # fmt: skip


@pytest.mark.parametrize("variant", FRESH)
def test_parts_and_blocks_cover_every_operation_once(opened, trace, variant):
    got = opened("return { n: store.n, parts: store.parts, blocks: store.blocks }", variant=variant)
    assert [part["part"] for part in got["parts"]] == ["forward", "loss", "backward", "update"]
    for stretches in (got["parts"], got["blocks"]):
        assert [s["start"] for s in stretches] == [0, *(s["end"] for s in stretches[:-1])]
        assert stretches[-1]["end"] == got["n"] == len(trace(variant)[0]["operations"])


def test_following_a_number_to_its_source_and_back(opened):
    got = opened("""
        const places = [];
        const cell = () => state.cell?.index.join() ?? "";
        const note = () => places.push([state.current.name, cell(), state.head, state.trail.length]);
        state.go(store.producerOf("blocks.0.attn.pattern").i);
        state.pick({ tensor: "blocks.0.attn.pattern", index: [1, 3, 2] }); note();
        state.follow({ tensor: "blocks.0.attn.masked_scores", index: [1, 3, 2] }); note();
        state.follow({ tensor: "blocks.0.attn.scores", index: [1, 3, 2] }); note();
        state.back(2); note();
        state.follow({ tensor: "blocks.0.attn.masked_scores", index: [1, 3, 0] });
        state.go(0); note();
        return places;
    """)
    assert got == [
        ["blocks.0.attn.pattern", "1,3,2", 1, 0], ["blocks.0.attn.masked_scores", "1,3,2", 1, 1],
        ["blocks.0.attn.scores", "1,3,2", 1, 2], ["blocks.0.attn.pattern", "1,3,2", 1, 0], ["tok_emb", "", 1, 0],
    ]  # fmt: skip


@pytest.mark.parametrize(("operation", "cell"), [
    ("blocks.1.attn.pattern", {"tensor": "blocks.1.attn.pattern", "index": [1, 3, 2]}),
    ("grad:blocks.0.norm1<-q", {"tensor": "grad:blocks.0.attn.q", "index": [1, 1, 2]}),
    ("loss", {"tensor": "loss", "index": []}),
    ("new:blocks.0.attn.w_q", None),
])  # fmt: skip
def test_a_link_leads_to_the_same_operation_and_cell(opened, operation, cell):
    got = opened("""
        state.go(store.producerOf(value.operation).i);
        state.pick(value.cell);
        state.setHead(1);
        state.toggleVoice("words");
        const query = state.toQuery("?run=abc&text=a%20b&op=old");
        const other = new StepState(store);
        other.fromQuery("?" + query);
        return { query, op: other.current.name, cell: other.cell, head: other.head, voices: other.voices };
    """, operation=operation, cell=cell)
    assert got["query"].startswith("run=abc&text=a%20b&op=")
    assert got["query"].count("op=") == 1
    assert (got["op"], got["cell"], got["head"]) == (operation, cell, 1)
    assert got["voices"] == ["formula", "code"]


@pytest.mark.parametrize("query", [
    "?op=none.of.this&cell=99,99&head=77&view=nothing", "?op=loss&cell=logits,1", "?cell=%3Cb%3E", "?head=-1.5", "",
])  # fmt: skip
def test_a_link_that_fits_no_trace_leads_to_a_sensible_place(opened, query):
    got = opened("state.fromQuery(value.query); return [state.cell, state.head, state.voices]", query=query)
    assert got == [None, 0, ["words", "formula", "code"]]


def test_one_voice_always_stays(opened):
    got = opened("""
        for (const voice of ["words", "formula", "code", "code"]) state.toggleVoice(voice);
        return state.voices;
    """)
    assert got == ["code"]


def test_another_trace_keeps_operation_and_cell_where_they_exist(opened):
    got = opened("""
        state.go(store.producerOf("blocks.0.attn.pattern").i);
        state.pick({ tensor: "blocks.0.attn.pattern", index: [0, 7, 7] });
        const manifest = JSON.parse(value.manifest);
        manifest.tensors["blocks.0.attn.pattern"].shape = [2, 8, 8];
        store.open(manifest);
        state.hold("blocks.0.attn.pattern");
        const held = [state.current.name, state.cell?.index];
        manifest.tensors["blocks.0.attn.pattern"].shape = [2, 4, 4];
        store.open(manifest);
        state.hold("blocks.0.attn.pattern");
        return [held, [state.current.name, state.cell]];
    """)
    assert got == [["blocks.0.attn.pattern", [0, 7, 7]], ["blocks.0.attn.pattern", None]]


def test_the_sentence_says_where_one_is_and_what_happens(opened):
    got = opened("""
        const at = (name) => m.sentenceOf(store, store.producerOf(name));
        return ["blocks.0.attn.pattern", "grad:blocks.0.norm1<-q", "loss"].map(at);
    """, module="stepper/sentence.js")
    assert got[0].startswith("Operation 11 of ")
    assert got[0].endswith(", forward, block 0: pattern, softmax over key.")
    assert ", backward, block 0: gradient of norm1, from q, " in got[1]
    assert ", loss: loss, " in got[2]


def test_only_mathml_gets_onto_the_page(modules):
    got = modules("stepper/math.js", """
        const text = (formula) => m.mathOf(formula).map((node) => node.outerHTML ?? node.data).join("");
        return value.map(text);
    """, [
        '<math xmlns="http://www.w3.org/1998/Math/MathML"><mi onclick="x()" mathvariant="bold">a</mi>'
        "<script>x()</script><mtext><b>b</b></mtext></math>",
        '<svg xmlns="http://www.w3.org/2000/svg"><script>x()</script></svg>',
        "1 < 2",
    ])  # fmt: skip
    assert got == ['<math><mi mathvariant="bold">a</mi><mtext></mtext></math>', "", "1 < 2"]


def test_what_the_server_forgot_is_asked_for_once_and_fetched_again(modules):
    got = modules("stepper/fetching.js", """
        let n = 0, missing = 0;
        const found = { ok: true, arrayBuffer: async () => new ArrayBuffer(8) };
        const real = globalThis.fetch;
        globalThis.fetch = async () => (n++ < 2 ? { ok: false, status: 404 } : found);
        const buffer = await m.blobFetcher("", "run", () => missing++)("hash");
        globalThis.fetch = real;
        return [buffer.byteLength, n, missing];
    """)
    assert got == [8, 3, 1]


@pytest.mark.parametrize(("query", "head"), [
    ("cell=1,3,1", 1), ("cell=1,3,1&head=0", 1), ("head=1", 1), ("cell=7,3,1&head=1", 1),
    ("cell=blocks.0.attn.q,1,0,0", 1),
])  # fmt: skip
def test_a_link_to_a_cell_shows_the_head_that_it_lies_in(opened, query, head):
    code = "state.fromQuery(`?op=blocks.0.attn.pattern&${value.query}`); return state.head;"
    assert opened(code, query=query) == head


# Of the middle column in a window of 1280 pixels: beside the sidebar, and without it.
@pytest.mark.parametrize(("width", "look"), [(464, ""), (700, ""), (700, "present")])
@pytest.mark.parametrize("variant", ["classroom", "gated", "post-norm"])
def test_no_voice_is_cut_off_and_none_changes_its_height(opened, variant, look, width):
    cut, heights = opened("""
        const host = document.body.appendChild(document.createElement("div"));
        const root = host.attachShadow({ mode: "open" });
        const { adoptStyles, make } = await import("/base/dom.js");
        await adoptStyles(root, "../theme.css", "../base/base.css", "../stepper/stepper.css");
        const section = make("section.voices", { style: `width: ${value.width}px` });
        host.style.width = `${2 * value.width}px`;
        root.append(make("div.gb.stepper", {}, section));
        root.firstChild.classList.toggle("present", value.look === "present");
        const voices = new m.Voices(section, { store, state, painter: { mark: (view) => view.draw() } });
        await new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)));
        const [cut, heights] = [new Set(), new Set()];
        for (let i = 0; i < store.n; i++) {
          state.go(i);
          voices.draw();
          voices.numbers.textContent = "0.37 = 1 / 3";
          heights.add(section.getBoundingClientRect().height);
          const math = voices.formula.firstElementChild.getBoundingClientRect();
          if (math.height > voices.formula.clientHeight + 1) cut.add(`math: ${state.current.name}, ${math.height}`);
          for (const place of voices.places) {
            if (place.scrollHeight > place.clientHeight) cut.add(`${place.className}: ${state.current.name}`);
          }
          if (voices.places[2].getBoundingClientRect().bottom > section.getBoundingClientRect().bottom) cut.add("code");
        }
        host.remove();
        return [[...cut], [...heights]];
    """, "stepper/voices.js", variant, look=look, width=width)  # fmt: skip
    assert cut == []
    assert len(heights) == 1

"""The Attention page's modules by themselves, in a real browser: the chain of a cell, links, places of pictures."""

import base64
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

from model.datasets import load_dataset
from model.runs.looks import Looks
from model.runs.wire import encode
from model.training import Trainer
from tests.model.conftest import awaken
from tests.model.runs.conftest import TINY

TOKENS = [0, 5, 3, 9, 1, 5, 3]
KINDS = [{}, {"positions": "rope", "qk_norm": True}, {"positions": "alibi"}, {"norm": "rmsnorm", "qk_norm": True}]
FRAME = """
  const { decode } = await import("/base/wire.js");
  const { Frame } = await import("/attention/frame.js");
  const frame = new Frame(decode(bytes(value.answer)));
"""


def answer_of(home, changes, head):
    """What the look "attention" sends of a model whose weights are far from their start, and the job behind it."""
    config = TINY.replace(n_layers=2, n_heads=2, d_model=8, **changes)
    dataset = load_dataset(config.data, home=home)
    trainer = Trainer(config, dataset)
    awaken(trainer.model)
    job = SimpleNamespace(trainer=trainer, dataset=dataset, step=3, mode="paused", gallery=SimpleNamespace(steps=[0]))
    header, arrays = Looks().answer(job, {"what": "attention", "tokens": TOKENS, "layer": 1, "head": head})
    return base64.b64encode(encode({**header, "ok": True}, arrays)).decode(), arrays


@pytest.mark.parametrize("head", [0, 1])
@pytest.mark.parametrize("changes", KINDS)
def test_every_cell_of_a_head_comes_out_of_its_chain(modules, home, changes, head):
    answer, arrays = answer_of(home, changes, head)
    cells = modules("attention/links.js", FRAME + """
      const found = [];
      for (let query = 0; query < frame.n; query++) for (let key = 0; key < frame.n; key++) {
        const links = m.linksOf(frame, value.head, [query, key]);
        const sum = links[0].terms.reduce((total, term) => total + term.value, 0);
        found.push([links.map(({ isEqual }) => isEqual), links.map(({ cell }) => String(cell)), sum,
          links.map(({ lines }) => lines.length)]);
      }
      return found;
    """, {"answer": answer, "head": head})  # fmt: skip
    own = "blocks.1.attn."
    for at, (are_equal, shown, total, n_lines) in enumerate(cells):
        assert are_equal == [True, True, True]
        assert min(n_lines) > 0
        index = divmod(at, len(TOKENS) - 1)
        for name, text in zip(("scores", "masked_scores", "pattern"), shown, strict=True):
            number = float(text.replace("Infinity", "inf"))
            assert number == pytest.approx(float(arrays[own + name][index]), rel=1e-6)
        assert total == pytest.approx(float(arrays[own + "scores"][index]), abs=1e-5)


def test_the_vectors_of_a_score_are_rows_of_the_tensors(modules, home):
    answer, arrays = answer_of(home, {"positions": "rope", "qk_norm": True}, 1)
    queries, keys, vector = modules("attention/links.js", FRAME + """
      const { queries, keys } = m.vectorsOf(frame);
      return [queries, keys, [...m.vectorAt(frame, queries.at(-1), 1, 4)]];
    """, {"answer": answer})  # fmt: skip
    assert queries == [f"blocks.1.attn.{name}" for name in ("q", "q_norm", "q_rot")]
    assert keys == [f"blocks.1.attn.{name}" for name in ("k", "k_norm", "k_rot")]
    np.testing.assert_array_equal(np.float32(vector), arrays["blocks.1.attn.q_rot"][4])


def test_rows_of_every_head_sum_to_one_and_the_chosen_one_is_exact(modules, home):
    answer, arrays = answer_of(home, {}, 1)
    sums, exact = modules("attention/frame.js", FRAME + """
      const sums = [];
      for (const [layer, head] of [[0, 0], [0, 1], [1, 0], [1, 1]]) {
        const at = frame.pattern(layer, head);
        for (let query = 0; query < frame.n; query++) {
          sums.push([...Array(frame.n).keys()].reduce((sum, key) => sum + at(query, key), 0));
        }
      }
      return [sums, frame.pattern(1, 1)(5, 2)];
    """, {"answer": answer})  # fmt: skip
    assert sums == pytest.approx([1] * len(sums), abs=len(TOKENS) * 0.5 / 255)
    assert sums[-6:] == pytest.approx([1] * 6, abs=1e-6)
    assert exact == pytest.approx(float(arrays["blocks.1.attn.pattern"][5, 2]), rel=1e-6)


@pytest.mark.parametrize("query", [
    "run=a&layer=1&head=2&pair=5,2&at=50&off=0.1,1.0&patch=1.2&other=anna%20%26%20b", "run=a&text=x", "at=0",
])  # fmt: skip
def test_a_link_is_read_and_written_the_same(modules, query):
    written = modules("attention/state.js", """
      const state = new m.AttentionState(2, 4);
      state.fromQuery(value);
      return state.toQuery(value);
    """, query)  # fmt: skip
    assert sorted(written.split("&")) == sorted(query.split("&"))


@pytest.mark.parametrize("query", [
    "layer=7&head=-1&pair=1&at=x&off=9.9,a,1&patch=0.0.0", "layer=1.5&pair=1,2,3&head=%00", "pair=1,-2&off=,,",
])  # fmt: skip
def test_a_link_that_makes_no_sense_changes_nothing(modules, query):
    found = modules("attention/state.js", """
      const state = new m.AttentionState(2, 4);
      state.fromQuery(value);
      return [state.layer, state.head, state.pair, state.at, state.off, state.patch];
    """, query)  # fmt: skip
    assert found[1:] == [0, None, None, [], []]
    assert found[0] in (0, 1)


def test_a_head_is_off_or_patched_never_both(modules):
    found = modules("attention/state.js", """
      const state = new m.AttentionState(2, 4);
      state.toggle("1.0", "off"); state.toggle("0.3", "off"); state.toggle("1.0", "patch");
      const both = [[...state.off], [...state.patch]];
      state.toggle("1.0", "patch");
      return [...both, state.off, state.patch];
    """)  # fmt: skip
    assert found == [["0.3"], ["1.0"], ["0.3"], []]


@pytest.mark.parametrize(("scores", "words"), [
    ([["itself", 0.1], ["previous token", 0.38], ["spread out", 0.7]], "mixed (most: previous token, 0.38)"),
    ([["itself", 0], ["spread out", 0]], "mixed"), ([], "mixed"),
])  # fmt: skip
def test_a_head_without_a_name_says_what_it_comes_nearest_to(modules, scores, words):
    assert modules("attention/kinds.js", "return m.inWords('mixed', null, value);", scores) == words
    assert modules("attention/kinds.js", "return m.inWords('itself', 0.5, value);", scores) == "itself (score 0.50)"


def test_a_head_has_one_name_however_little_room_there_is(modules):
    names = ["previous token", "first token", "itself", "induction", "spread out", "mixed"]
    short = modules("attention/kinds.js", """
      return value.map((name) => [50, 80, 200].map((room) => m.fitting(name, null, room)));
    """, names)  # fmt: skip
    for name, written in zip(names, short, strict=True):
        assert all(name.startswith(one) or one == "self" for one in written), written


def test_tiles_do_not_overlap_and_the_first_layer_is_at_the_bottom(modules):
    tiles, width = modules("attention/tiles.js", """
      const { tiles } = m.tilesOf(6, 8, { width: 400, left: 26, head: 34, most: 168, gap: 8 });
      return [tiles, 400];
    """)  # fmt: skip
    assert len({(tile["layer"], tile["head"]) for tile in tiles}) == 48
    assert all(tile["x"] + tile["width"] <= width for tile in tiles)
    by_layer = {tile["layer"]: tile["y"] for tile in tiles}
    assert [by_layer[layer] for layer in range(6)] == sorted(by_layer.values(), reverse=True)
    for one, other in pairwise(tiles):
        assert one["layer"] != other["layer"] or one["x"] + one["width"] < other["x"]

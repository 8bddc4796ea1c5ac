"""Boxes within boxes: each is laid out on its own, and every wire of the graph is on exactly the sheets it passes."""

import json
from functools import cache
from itertools import pairwise

import networkx as nx
import numpy as np
import pytest

from model.autograd import iterate
from model.autograd_views import flows
from model.config import PRESETS
from model.records import Batch
from model.runs.look_autograd import graph_header
from model.transformer import Transformer
from viz.graph_layout import ROOT, sheets
from viz.graph_picture import with_picture
from viz.lanes import Lane

LABELS = {"name", "says", "role", "parameters", "width"}


@cache
def header(preset="classroom", is_fused=False, **changes):
    config = PRESETS[preset].config.replace(**changes).model
    tokens = np.arange(7)[None] % config.vocab_size
    batch = Batch(tokens[:, :-1], tokens[:, 1:], np.ones((1, 6), np.float32))
    graph = iterate(Transformer(config), batch, is_fused)
    return with_picture({"graph": json.loads(json.dumps(graph_header(graph, list(flows(graph)))))})["graph"]


def test_a_box_is_laid_out_the_same_whatever_is_around_it():
    paths = [["a"], ["a"], ["a"], ["b"], []]
    widths = dict.fromkeys(["a", "b", *"01234"], 50.0)
    inside, whole = [(0, 1), (0, 2)], [(0, 1), (0, 2), (2, 3), (1, 3), (3, 4), (2, 4)]
    alone = sheets(paths, [*inside, (1, 3), (2, 3)], widths)["a"]
    assert alone == sheets(paths, [*inside, (1, 3), (2, 3), (3, 4)], widths)["a"]
    assert set(sheets(paths, whole, widths)["a"].wires) == set(alone.wires)


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("is_fused", [False, True])
def test_the_sheets_hold_every_edge(preset, is_fused):
    graph = header(preset, is_fused)
    whole = nx.DiGraph()
    for box, each in graph["sheets"].items():
        for value, source, target in each["wires"]:
            ends = [(box, value, end) if end.startswith(("in ", "out ")) else end for end in (source, target)]
            whole.add_edge(*ends)
    for box, each in graph["sheets"].items():
        for value, source, target in each["wires"]:
            if target in graph["sheets"]:
                whole.add_edge(target, (target, value, f"in {value}"))
            if source in graph["sheets"]:
                whole.add_edge((source, value, f"out {value}"), source)
            if box == ROOT:
                assert not {source, target} & {f"in {value}", f"out {value}"}
    for source, reader, _ in graph["edges"]:
        assert nx.has_path(whole, str(source), str(reader))


@pytest.mark.parametrize("preset", PRESETS)
def test_everything_is_labelled_and_has_a_place(preset):
    graph = header(preset)
    items = {str(i) for i in range(len(graph["nodes"]))} | {box for node in graph["nodes"] for box in node["path"]}
    assert graph["labels"].keys() == items
    assert all(label.keys() == LABELS and label["name"] and label["width"] > 20 for label in graph["labels"].values())
    placed = [item for each in graph["sheets"].values() for row in each["rows"] for item, _ in row]
    assert sorted(item for item in placed if item in items) == sorted(items)


def test_operations_have_the_names_of_what_they_make():
    names = {label["name"]: label for label in header()["labels"].values()}
    wanted = {"q", "k", "v", "q · k", "scores", "masked_scores", "pattern", "z", "resid_mid", "resid_post", "logits"}
    assert wanted <= names.keys()
    assert [name for name, _ in names["q"]["parameters"]] == ["w_q", "b_q"]
    assert (names["z"]["says"], names["pattern"]["says"], names["q"]["role"]) == ("pattern · v", "softmax", "query")


@pytest.mark.parametrize("changes", [{}, {"norm_placement": "post"}, {"norm": "none", "norm_final": False}])
def test_the_residual_stream_is_a_straight_spine_on_the_left(changes):
    block = header(**changes)["sheets"]["blocks.0"]
    first = [row[0][1] for row in block["rows"]]
    assert len(set(first)) == 1
    assert sum(isinstance(row[0][0], int) for row in block["rows"]) >= 2


@pytest.mark.parametrize("preset", PRESETS)
def test_few_wires_cross(preset):
    """In attention q, k and v stand in this order, and nothing crosses; over the whole graph next to nothing."""
    graph = header(preset)
    found = graph["sheets"]
    assert sum(map(crossed, found.values())) <= len(found) // 20
    if "blocks.0.attn" in found:
        rows, labels = found["blocks.0.attn"]["rows"], graph["labels"]
        x = {labels[item]["name"]: x for row in rows for item, x in row if item in labels}
        assert x["q"] < x["k"] < x["v"]


def crossed(each):
    """How many pairs of steps of a sheet cross, counted one by one."""
    at = {Lane(item, r) if isinstance(item, int) else item: (r, x)
          for r, row in enumerate(each["rows"]) for item, x in row}  # fmt: skip
    steps = set()
    for value, source, target in each["wires"]:
        lanes = [Lane(value, r) for r in range(at[source][0] + 1, at[target][0])]
        steps |= set(pairwise([source, *lanes, target]))
    return sum(at[a][0] == at[c][0] and at[a][1] < at[c][1] and at[b][1] > at[d][1] for a, b in steps for c, d in steps)

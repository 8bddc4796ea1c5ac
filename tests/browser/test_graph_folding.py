"""The autograd graph as the browser folds it: whatever is open, no edge is lost, and every wire has its edges' sum."""

import random
from collections import defaultdict

import networkx as nx
import numpy as np
import pytest

from model.autograd import iterate
from tests.model.runs.conftest import TINY, look, trained_job
from viz.graph_picture import with_picture

KINDS = [{}, {"tied_embeddings": True}, {"positions": "rope", "qk_norm": True}, {"has_mlp": False, "norm": "none"}]
FOLD = """const { AutogradGraph } = await import('/graph/autograd_graph.js');
const { openAt } = await import('/graph/zoom.js');
const graph = new AutogradGraph(value.graph);
const none = { data: new Float32Array(3 * graph.n) };
const order = { data: Int32Array.from({ length: graph.n }, (_, i) => i) };
graph.takes({ flows: { data: Float32Array.from(value.flows) }, gradients: none, values: none, order });
const zooms = ['parts', 'operations', 'nodes'].map((zoom) => openAt(graph, zoom));
return [...zooms, ...value.opened.map((boxes) => new Set(boxes))].map((open) => {
  const { items, wires } = m.compose(graph, open);
  return {
    shown: graph.nodes.map((_, node) => graph.shown(node, open)),
    isOpen: Object.fromEntries([...items].map(([key, item]) => [key, item.isOpen])),
    wires: wires.map((wire) => [wire.box, wire.value, wire.source, wire.target, graph.flow(wire).norm]),
  };
});"""


@pytest.fixture(scope="module", params=[(kind, is_fused) for kind in KINDS for is_fused in (False, True)], ids=str)
def case(request, tmp_path_factory, modules):
    """The graph as torch made it, and how the browser draws it at each zoom, and with boxes opened at random."""
    changes, is_fused = request.param
    job = trained_job(tmp_path_factory.mktemp("job"), TINY.replace(n_layers=2, **changes))
    header, arrays = look(job, "autograd", is_fused=is_fused)
    drawn = with_picture(header)["graph"]
    boxes = sorted({box for node in drawn["nodes"] for box in node["path"]})
    draws = random.Random(0)
    opened = [draws.sample(boxes, draws.randint(1, len(boxes))) for _ in range(12)]
    value = {"graph": drawn, "flows": arrays["flows"].ravel().tolist(), "opened": opened}
    row = job.dataset.probe_text(TINY.model.block_size)
    return iterate(job.trainer.model, row, is_fused), modules("graph/compose.js", FOLD, value)


def wanted_edges(graph, shown):
    """What flows from each value into each other box or node on the screen: the sum of its edges' gradients."""
    found = defaultdict(float)
    for value, reader, edge in graph.edges(data=True):
        if shown[value] != shown[reader]:
            found[value, shown[reader]] = found[value, shown[reader]] + edge["gradient"].numpy()
    return found


def drawn_edges(view):
    """Where the wires of each value end, with their norms: they are followed into open boxes and out of them."""
    inner = defaultdict(list)
    for box, value, source, target, norm in view["wires"]:
        ends_inside = target.startswith("out ")
        there = (value, box, "out") if ends_inside else (value, target, "in") if view["isOpen"].get(target) else target
        here = (value, box, "in") if source.startswith("in ") else (value, source, "out")
        inner[here].append((there, norm))
    found = []
    for value, place in enumerate(view["shown"]):
        waiting = list(inner[value, place, "out"])
        while waiting:
            there, norm = waiting.pop()
            if isinstance(there, tuple):
                waiting.extend(inner[there])
            else:
                found.append((value, there, norm))
    return found


def test_every_edge_between_two_things_on_the_screen_is_drawn_once_and_no_other(case):
    graph, views = case
    for view in views:
        drawn = [(value, place) for value, place, _ in drawn_edges(view)]
        assert sorted(drawn) == sorted(wanted_edges(graph, view["shown"]))


def test_a_wire_shows_the_sum_of_the_gradients_of_its_edges(case):
    graph, views = case
    for view in views:
        wanted = wanted_edges(graph, view["shown"])
        for value, place, norm in drawn_edges(view):
            assert norm == pytest.approx(np.linalg.norm(wanted[value, place]), rel=1e-4, abs=1e-9)


def test_what_can_be_reached_is_the_same_before_and_after(case):
    graph, views = case
    reachable = {node: nx.descendants(graph, node) | {node} for node in graph}
    for view in views:
        shown, folded = view["shown"], nx.DiGraph()
        folded.add_nodes_from(shown)
        folded.add_edges_from((shown[value], place) for value, place, _ in drawn_edges(view))
        assert nx.is_directed_acyclic_graph(folded)
        for place in folded:
            members = [node for node in graph if shown[node] == place]
            reached = {shown[each] for node in members for each in reachable[node]}
            assert reached <= nx.descendants(folded, place) | {place}

"""The autograd graph's modules alone, without a server: what is open, where it stands, the way back, the files."""

import json
import xml.etree.ElementTree as ET
from itertools import pairwise

import networkx as nx
import pytest

from tests.viz.test_graph_layout import header

GRAPH = """const { AutogradGraph } = await import('/graph/autograd_graph.js');
const graph = new AutogradGraph(value.graph);
const n = graph.n, f = graph.flows.length;
const count = (size) => ({ data: Float32Array.from({ length: 3 * size }, (_, i) => 1 + i), shape: [size, 3] });
const order = { data: Int32Array.from({ length: n }, (_, i) => n - 1 - i) };
graph.takes({ flows: count(f), gradients: count(n), values: count(n), order });
"""


@pytest.fixture(scope="module")
def drawn(modules):
    """Run code with a graph of the classroom model, or another; its nodes ran from the last to the first."""
    return lambda module, code, **changes: modules(f"graph/{module}.js", GRAPH + code, {"graph": header(**changes)})


def test_a_batch_that_is_too_large_says_how_many_of_its_rows_went_through(modules):
    whole, part = modules("graph/graph.js", "return [[32, 32], [2, 256]].map(([n_rows, batch_size]) => "
                                            "m.rowsOf({ n_rows, batch_size }));")  # fmt: skip
    assert whole == "a batch of 32 rows"
    assert part == "the first 2 rows of a batch of 256: more would not fit into memory"


def tapped(tap):
    """The place of the node whose output is this tap."""
    return next(i for i, node in enumerate(header()["nodes"]) if tap in node["taps"])


COMPOSED = """const { openAt } = await import('/graph/zoom.js');
const layout = (open) => {
  const { items, wires, width, height } = m.compose(graph, open);
  return { items: Object.fromEntries(items), wires, width, height };
};
return """


@pytest.mark.parametrize("zoom", ["parts", "operations", "nodes"])
@pytest.mark.parametrize("changes", [{}, {"preset": "llama"}, {"preset": "bigram"}, {"preset": "attention"}],
                         ids=["classroom", "llama", "bigram", "attention"])  # fmt: skip
def test_nothing_lies_on_anything_else_and_all_is_inside(drawn, zoom, changes):
    code = f"{COMPOSED}[layout(openAt(graph, '{zoom}')), graph.nodes.map((n) => n.path)];"
    layout, paths = drawn("compose", code, **changes)
    items = layout["items"]
    inside = {str(i): path for i, path in enumerate(paths)}
    inside |= {box: path[: path.index(box)] for path in paths for box in path}
    for key, item in items.items():
        assert item["x"] >= -0.01
        assert item["x"] + item["width"] <= layout["width"] + 0.01
        for other_key, other in items.items():
            if key >= other_key or key in inside[other_key] or other_key in inside[key]:
                continue
            is_beside = any(
                one[at] + one[size] <= two[at] + 0.01 for at, size in (("x", "width"), ("y", "height"))
                for one, two in ((item, other), (other, item))
            )  # fmt: skip
            assert is_beside, (key, other_key)


def test_wires_go_up(drawn):
    layout = drawn("compose", COMPOSED + "layout(openAt(graph, 'nodes'));")
    for wire in layout["wires"]:
        ys = [y for _, y in wire["points"]]
        assert ys == sorted(ys, reverse=True)


def test_opening_a_box_only_moves_the_others(drawn):
    """What was there stays there, in the same order, as wide and as high as before."""
    opened = "[['blocks.0'], ['blocks.0', 'blocks.0.attn']].map((boxes) => layout(new Set(boxes)));"
    before, after = drawn("compose", COMPOSED + opened)
    kept = before["items"].keys() - {"blocks.0.attn", "blocks.0"}
    for key in kept:
        one, other = before["items"][key], after["items"][key]
        assert (one["width"], one["height"]) == (other["width"], other["height"])
    by_height = sorted(kept, key=lambda key: before["items"][key]["y"])
    assert by_height == sorted(kept, key=lambda key: after["items"][key]["y"])
    total = str(tapped("blocks.0.resid_mid"))
    spine = [next(w for w in each["wires"] if w["box"] == "blocks.0" and w["target"] == total and len(w["points"]) > 2)
             for each in (before, after)]  # fmt: skip
    assert all(len({round(x, 1) for x, _ in wire["points"]}) == 1 for wire in spine), "the residual stream is straight"


def test_a_wire_shows_the_gradient_of_the_readers_it_leads_to(drawn):
    wires, flows = drawn("compose", """const { openAt } = await import('/graph/zoom.js');
        const { wires } = m.compose(graph, openAt(graph, 'nodes'));
        return [wires.map((wire) => [wire, graph.flow(wire)]), graph.flows];""")
    index = {(value, str(place)): i for i, (value, place) in enumerate(flows)}
    for wire, flow in wires:
        place = f"beyond {wire['box']}" if wire["target"].startswith("out ") else wire["target"]
        assert flow["norm"] == 1 + 3 * index[wire["value"], place]


def test_the_way_back_is_walked_in_the_order_of_the_engine(drawn):
    done, shown = drawn("walk", """const { openAt } = await import('/graph/zoom.js');
        const open = openAt(graph, 'operations');
        const walk = new m.Walk(graph);
        walk.go(0);
        const done = [], shown = [];
        while (!walk.isWhole) { walk.step(1, open); done.push(walk.done); shown.push(graph.shown(walk.node, open)); }
        while (walk.done) { walk.step(-1, open); done.push(walk.done); }
        return [done, shown];""")
    on, back = done[: len(shown)], done[len(shown):]
    assert on == sorted(set(on))
    assert on[-1] == len(header()["nodes"])
    assert back == [*reversed(on[:-1]), 0]
    assert all(one != other for one, other in pairwise(shown)), "a step lights another operation"


def test_a_gradient_is_there_when_all_its_readers_have_run(drawn):
    found = drawn("walk", """const walk = new m.Walk(graph);
        const join = graph.nodes.findIndex(({ taps }) => taps.includes('blocks.0.resid_mid'));
        const seen = [];
        for (let at = 0; at <= graph.n; at++) { walk.go(at); seen.push(walk.joined(join)); }
        return [seen, graph.readers[join]];""")
    states, readers = found
    n = len(header()["nodes"])
    assert [states.count(""), states.count("some")] == [n - max(readers), max(readers) - min(readers)]
    assert states[-1] == "done"


def test_search_finds_operations_parameters_and_taps(drawn):
    words = "['softmax', 'w_q', 'PATTERN', 'bmm', 'nonsense', ' ']"
    hits = drawn("zoom", f"return {words}.map((word) => m.search(graph, word).length);")
    assert hits == [3, 2, 2, 4, 0, 0]


def test_closing_a_box_closes_what_is_in_it(drawn):
    still_open = drawn("zoom", """const isIn = (box) => graph.nodes[graph.members.get(box)[0]].path[0] === 'blocks.0';
        return [...m.toggled(graph, m.openAt(graph, 'nodes'), 'blocks.0')].filter(isIn);""")
    assert still_open == []


def test_the_address_says_what_is_open_and_takes_nothing_else(modules):
    found = modules("graph/link.js", """return [
        m.asked('?run=1&open=blocks.0,op~12&node=op%2012&at=5&rows=batch&fused=beside'),
        m.asked('?at=x&rows=7&fused=3'),
        m.written('?run=1&open=nodes&text=a%20b', { open: 'blocks.0,op 12', node: null, at: 0 })];""")
    assert found[0] == {"open": ["blocks.0", "op 12"], "node": "op 12", "rows": "batch", "at": 5, "fused": "beside"}
    assert found[1] == {"open": None, "node": None, "rows": "text", "at": None, "fused": ""}
    assert found[2] == "run=1&text=a%20b&open=blocks.0,op~12&at=0"


def test_graphml_and_dot_hold_the_whole_graph(drawn, tmp_path):
    dot, graphml = drawn("saving", "return [m.toDot(graph), m.toGraphml(graph)];")
    (tmp_path / "graph.graphml").write_text(graphml)
    read = nx.read_graphml(tmp_path / "graph.graphml")
    nodes, edges = header()["nodes"], header()["edges"]
    assert (len(read), read.number_of_edges()) == (len(nodes), len(edges))
    assert read.nodes[f"n{tapped('blocks.0.attn.pattern')}"]["tap"] == "blocks.0.attn.pattern"
    assert read.nodes["n0"]["order"] == len(nodes) - 1
    assert dot.count(" -> ") == len(edges)
    assert dot.count("subgraph") == len({box for node in nodes for box in node["path"]})
    assert dot.count("{") == dot.count("}")
    assert ET.fromstring(graphml) is not None
    assert json.dumps(dot)


def test_the_picture_says_how_much_of_the_graph_it_draws_and_its_largest_gradients(drawn):
    words, largest = drawn("drawing", """const { openAt } = await import('/graph/zoom.js');
        const { compose } = await import('/graph/compose.js');
        const layout = compose(graph, openAt(graph, 'nodes'));
        return [m.graphWords(graph, layout), Math.max(...layout.wires.map((wire) => graph.flow(wire).norm))];""")
    n, edges = len(header()["nodes"]), len(header()["edges"])
    assert f"{n} nodes and {edges} edges, drawn as {n} boxes" in words
    assert f"as norms: {words.split('as norms: ')[1].split(' ')[0]} {largest:.0f}" in words


CAMERA = """const svg = { clientWidth: 640, clientHeight: 600, addEventListener: () => {} };
    const camera = new m.Camera(svg, { setAttribute: () => {} }, () => {});
    const place = ({ x, y, width, height }) => [camera.x + x * camera.k, camera.y + y * camera.k, camera.x + (x + width) * camera.k, camera.y + (y + height) * camera.k];
"""  # noqa: E501


@pytest.mark.parametrize(("width", "height"), [(250, 230), (500, 540), (600, 800), (200, 2000)])
def test_a_graph_that_fits_is_shown_large_and_not_under_its_caption(modules, width, height):
    left, top, right, bottom = modules("graph/camera.js", CAMERA + """
        camera.size = value;
        camera.fit();
        return place({ x: 0, y: 0, ...value });
    """, {"width": width, "height": height})  # fmt: skip
    assert min(left, top) >= 10
    assert right <= 640 - 10
    assert bottom <= 600 - 26 or height == 2000
    assert right - left >= 400 or bottom - top >= 500


def test_where_not_even_the_width_can_be_read_the_topmost_item_is_in_sight(modules):
    top = {"x": 20, "y": 0, "width": 120, "height": 40}
    left, _, right, _ = modules("graph/camera.js", CAMERA + """
        Object.assign(camera, { size: { width: 3000, height: 4000 }, top: value });
        camera.fit();
        return place(value);
    """, top)  # fmt: skip
    assert left >= 0
    assert right <= 640


def test_what_opens_is_seen_whole_where_that_can_be_read(modules):
    opened = {"x": 0, "y": 100, "width": 300, "height": 400}
    top, bottom, share = modules("graph/camera.js", CAMERA + """
        Object.assign(camera, { size: { width: 300, height: 600 }, k: 1.7 });
        camera.contain(value);
        const all = place({ x: 0, y: 0, width: 300, height: 600 });
        return [all[1], all[3], camera.k];
    """, opened)  # fmt: skip
    assert top >= 10
    assert bottom <= 600 - 26
    assert share > 0.62

"""The scalar graph's modules by themselves, in a real browser: engine, layout, measured slopes."""

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.examples import EXAMPLES
from model.expressions import ExpressionError, read
from tests.model.conftest import differentiate

EVALUATE = """
    const nodes = m.nodesOf(value.nodes);
    const {values, slopes, trouble} = m.forward(nodes, new Map(Object.entries(value.values)));
    return {values, gradients: trouble ? [] : m.differentiate(nodes, slopes), trouble};
"""


def by_python(expression, values):
    try:
        built = expression.build(values)
    except ExpressionError as refusal:
        return None, refusal
    differentiate(built[-1])
    return built, None


def assert_equal(modules, text, values):
    expression = read(text)
    built, refusal = by_python(expression, values)
    found = modules("scalar/engine.js", EVALUATE, {"nodes": expression.to_json(), "values": values})
    if refusal:
        stem = found["trouble"]["sentence"].split(";")[0]
        assert stem.lower() in str(refusal).lower()
        assert found["trouble"]["at"] == refusal.at
        return
    assert found["values"] == pytest.approx([value.data for value in built], rel=1e-12, abs=1e-12)
    for own, value in zip(found["gradients"], built, strict=True):
        assert value.is_fixed or own == pytest.approx(value.grad, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_the_browser_computes_every_example_as_python_does(modules, example):
    assert_equal(modules, example.text, {})


numbers = st.floats(-3, 3).map(lambda x: round(x, 3))
leaves = st.sampled_from(["a", "b", "c"]) | numbers.map(lambda x: f"({x})")
texts = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "**"]), inner).map(lambda t: f"({t[0]}{t[1]}{t[2]})"),
        st.tuples(st.sampled_from(["exp", "log", "tanh", "relu", "sigmoid", "sin", "-"]), inner).map(
            lambda t: f"{t[0]}({t[1]})"
        ),
    ),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=texts, a=numbers, b=numbers, c=numbers)
def test_the_browser_computes_and_refuses_whatever_python_does(modules, text, a, b, c):
    assert_equal(modules, text, {"a": a, "b": b, "c": c})


def test_gradients_arrive_one_node_after_another(modules):
    expression = read("a = 2; b = 3; c = a*b; c + a")
    after = modules("scalar/engine.js", """
        const nodes = m.nodesOf(value);
        const {slopes} = m.forward(nodes, new Map());
        return [0, 1, 2].map((n) => m.gradientsAfter(nodes, slopes, [0, 0, 0, 1], n));
    """, expression.to_json())  # fmt: skip
    assert after == [[0, 0, 0, 1], [1, 0, 1, 1], [4, 2, 1, 1]]


def test_the_ways_to_a_number_add_up_to_its_gradient(modules):
    expression = read(next(each.text for each in EXAMPLES if each.name == "micrograd"))
    found = modules("scalar/engine.js", """
        const nodes = m.nodesOf(value);
        const {slopes} = m.forward(nodes, new Map());
        const {paths, isAll} = m.pathsTo(nodes, slopes, nodes.findIndex(({label}) => label === "b"));
        return {isAll, sum: paths.reduce((sum, {product}) => sum + product, 0), first: Math.abs(paths[0].product), last: Math.abs(paths.at(-1).product)};
    """, expression.to_json())  # fmt: skip  # noqa: E501
    assert found["isAll"]
    assert found["sum"] == pytest.approx(645.5773, abs=1e-4)
    assert found["first"] >= found["last"]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_no_two_nodes_overlap_and_every_edge_leads_to_the_right(modules, example):
    nodes = [{"inputs": list(node.inputs)} for node in read(example.text).nodes]
    plan = modules("scalar/layout.js", "return m.layout(value, () => 50, {width: 100, gapX: 50, gapY: 10});", nodes)
    places = list(zip(plan["x"], plan["y"], strict=True))
    for i, (x, y) in enumerate(places):
        assert all(places[k][0] <= x - 150 for k in nodes[i]["inputs"])
        assert all(x != other[0] or abs(y - other[1]) >= 59.99 for other in places[:i])
    assert places[-1][0] == max(x for x, _ in places)


def test_slopes_measured_of_an_expression_show_both_errors(modules):
    found = modules("scalar/differences.js", """
        const { nodesOf } = await import("/scalar/engine.js");
        const steps = Array.from({length: 34}, (_, k) => 10 ** (-k / 3));
        const measured = m.measure(nodesOf(value), new Map([["a", 0.7]]), "a", steps);
        return Object.fromEntries(Object.entries(measured).map(([p, each]) => {
          const errors = m.errorsOf(each, measured.float64.gradient);
          return [p, {...m.best(errors, steps), gradient: each.gradient, errors}];
        }));
    """, read("exp(sin(a*3))").to_json())  # fmt: skip
    slope = 3 * math.cos(2.1) * math.exp(math.sin(2.1))
    assert found["float64"]["gradient"] == pytest.approx(slope, rel=1e-12)
    assert found["float64"]["error"] < 1e-8 < found["float32"]["error"] < 1e-2
    assert found["float64"]["step"] < found["float32"]["step"]
    assert found["float64"]["errors"][6] / found["float64"]["errors"][9] == pytest.approx(100, rel=0.1)


PLACES = [("resid_pre", 0), ("resid_mid", 0.5), ("resid_post", 1), ("logits", 2)]


@pytest.mark.parametrize(
    ("sizes", "kind", "words"),
    [
        ([1, 2, 3, 9], "steady", "keep about their size"), ([1, 2, 12, 9], "steady", "grow, but do not explode"),
        ([1, 0.5, 0.1, 9], "steady", "shrink, but do not vanish"), ([1, 2, 300, 9], "explodes", "300 times larger"),
        ([1, 0.5, 0.001, 9], "vanishes", "1000 times smaller"), ([1, None, 3, 9], "broken", "no longer finite"),
        ([1, 0, 0, 0], "vanishes", "nothing arrives"),
    ],
)  # fmt: skip
def test_where_values_vanish_or_explode_is_said_in_words(modules, sizes, kind, words):
    places = [
        {"tap": f"blocks.0.{tap}", "depth": depth, "is_stream": True, "size": size, "gradient": size}
        for (tap, depth), size in zip(PLACES, sizes, strict=True)
    ]
    verdict = modules("scalar/flow_words.js", "return m.flowVerdict(value, 'size');", places)
    assert (verdict["kind"], words in verdict["sentence"]) == (kind, True), verdict


def test_a_window_says_how_far_the_run_is_by_now(modules):
    said = modules("scalar/window.js", "return value.map(([shown, newest]) => m.nowWords(shown, newest));",
                   [[20, 1234], [1234, 1234], [1234, 0], [None, 5]])  # fmt: skip
    assert said == ["↻ now: step 1,234", "↻ now", "↻ now", "↻ now"]


def test_a_windows_numbers_are_written_into_what_reads_them(modules):
    nodes = [
        {"kind": "entry", "rule": "", "label": "", "inputs": [], "name": "q[0]", "tensor": "q", "index": [0]},
        {"kind": "number", "rule": "", "label": "", "inputs": [], "name": "", "tensor": "", "index": []},
        {"kind": "entry", "rule": "*", "label": "", "inputs": [0, 1], "name": "s", "tensor": "s", "index": []},
    ]
    found = modules("scalar/window_graph.js", """
        const data = (...numbers) => ({data: Float32Array.from(numbers)});
        const made = m.windowGraph(value, {values: data(3, 0.25, 0.75), outside: data(0, 0, 2), slopes: data(0.25, 3)});
        return {...made, told: made.told(1)};
    """, nodes)  # fmt: skip
    assert [node["rule"] for node in found["drawn"]] == ["", "× 0.25"]
    assert (found["slopes"], found["seeds"]) == ([[], [0.25]], [0, 2])
    assert found["told"] == "s = q[0] × 0.25 = 3 × 0.25 = 0.75"


@pytest.mark.parametrize(
    ("own", "held", "largest", "mark"),
    [
        (1e-7, 3e-7, 4e-7, "✗"), (3e-7, 3e-7, 4e-7, "✓"), (2.0005, 2, 2, "✗"), (0.1000001, 0.1, 5, "✓"),
        (1e-9, 0, 1e-9, "✓"), (0, 1, 1, "✗"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("what", ["value", "gradient"])
def test_a_number_is_the_tensors_only_by_the_size_of_what_the_tensor_holds(modules, what, own, held, largest, mark):
    words = modules("scalar/window.js", """
        const [own, held, largest] = value.numbers.map((number) => ({ data: Float32Array.of(number) }));
        const arrays = { values: own, gradients: own, held, held_gradients: held, largest, largest_gradients: largest };
        return m.comparison(value.what, arrays, 0).textContent;
    """, {"what": what, "numbers": [own, held, largest]})  # fmt: skip
    assert words.startswith(f"{mark} {what}")


def test_a_scalar_graph_says_its_numbers_and_gives_them_away(modules):
    words, rows, picture, hover = modules("scalar/graph.js", """
        const nodes = [["a", [], ""], ["b", [], ""], ["c", [0, 1], "×"]].map(([name, inputs, rule]) =>
          ({ name, title: name, inputs, rule, kind: inputs.length ? "result" : "leaf" }));
        const graph = new m.Graph(document.body, { choose: () => {}, label: "the graph of the expression" });
        graph.open(nodes);
        graph.show({ values: [2, 3, 6], gradients: [3, 2, null], slopes: [[], [], [3, 2]], current: -1, flows: false,
          path: new Set(), chosen: -1 });
        const { toSvg } = await import("/base/svg_file.js");
        const found = [graph.picture.getAttribute("aria-label"), graph.csv(), toSvg(graph.picture, graph.plan, "white"),
          graph.parts[0].group.querySelector("title").textContent];
        graph.close();
        graph.box.remove();
        return found;
    """)  # fmt: skip
    assert words == ("the graph of the expression: 3 numbers. The result: c 6. "
                     "It was made from a 2 with the gradient 3, b 3 with the gradient 2.")  # fmt: skip
    assert rows[1:] == [[0, "a", "", "", 2, 3], [1, "b", "", "", 3, 2], [2, "c", "×", "0 1", 6, ""]]
    assert all(number in picture for number in (">6<", ">∂ 3<", "translate(16 16)"))
    assert "value 2" in hover

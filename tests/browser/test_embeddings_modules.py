"""The modules of the Embeddings page by themselves, in a real browser, against numpy."""

import numpy as np
import pytest

TABLE = np.random.default_rng(0).normal(size=(30, 12)).astype(np.float32)
CODE = "const table = { data: Float32Array.from(value.table.flat()), shape: [30, 12] };"


def cosine(table):
    unit = table.astype(np.float64) / np.linalg.norm(table.astype(np.float64), axis=1, keepdims=True)
    return unit @ unit.T


@pytest.mark.parametrize("row", [0, 7, 29])
def test_neighbours_are_those_of_brute_force(modules, row):
    found = modules("embeddings/neighbours.js", f"{CODE} return m.ranked(table, value.row);",
                    {"table": TABLE.tolist(), "row": row})  # fmt: skip
    expected = sorted((-cosine(TABLE)[row, other], other) for other in range(30) if other != row)
    assert [each["row"] for each in found] == [other for _, other in expected]
    np.testing.assert_allclose([each["cosine"] for each in found], [-value for value, _ in expected], atol=1e-6)


def test_a_row_of_zeros_is_nobodys_neighbour(modules):
    table = TABLE.copy()
    table[3] = 0
    found = modules("embeddings/neighbours.js", f"{CODE} return m.ranked(table, 0);", {"table": table.tolist()})
    assert len(found) == 28
    assert 3 not in [each["row"] for each in found]


def test_the_matrix_holds_every_cosine_in_the_asked_order(modules):
    rows = [5, 0, 17]
    found = modules("embeddings/neighbours.js", f"{CODE} return [...m.similarities(table, value.rows)];",
                    {"table": TABLE.tolist(), "rows": rows})  # fmt: skip
    np.testing.assert_allclose(np.reshape(found, (3, 3)), cosine(TABLE)[np.ix_(rows, rows)], atol=1e-6)


@pytest.mark.parametrize("m", [7, 10])
def test_waves_are_the_shares_of_the_fourier_transform(modules, m):
    rows = list(range(m, 0, -1))  # the row of the number i
    power = (np.abs(np.fft.fft(TABLE[rows], axis=0)) ** 2).sum(axis=1)[1:]
    both_ways = (power + power[::-1])[: m // 2] / np.where(2 * np.arange(1, m // 2 + 1) == m, 2, 1)
    found = modules("embeddings/neighbours.js", f"{CODE} return m.waves(table, value.rows);",
                    {"table": TABLE.tolist(), "rows": rows})  # fmt: skip
    np.testing.assert_allclose(found, both_ways / power.sum(), atol=1e-6)


def test_the_plane_of_a_wave_is_where_its_circle_lies(modules):
    turn = 2 * np.pi * 3 * np.arange(30) / 30
    table = 0.1 * TABLE
    table[:, 8], table[:, 2] = np.cos(turn), np.sin(turn)
    found = modules("embeddings/neighbours.js", f"{CODE} return m.circlePlane(table, value.rows, 3);",
                    {"table": table.tolist(), "rows": list(range(30))})  # fmt: skip
    assert found == [2, 8]


def test_a_turned_space_keeps_every_distance_from_the_middle(modules):
    points = TABLE[:10, :3]
    found = modules("embeddings/camera.js", """
        let angles = m.START;
        for (let i = 0; i < 9; i++) angles = m.turned(angles, 0.5, 0.4);
        return [value.map((point) => m.seen(point, 0, 3, angles)), angles.pitch];""", points.tolist())  # fmt: skip
    np.testing.assert_allclose(np.linalg.norm(found[0], axis=1), np.linalg.norm(points, axis=1), rtol=1e-5)
    assert found[1] == pytest.approx(np.pi / 2), "the pitch stops straight above"


def test_a_plane_is_drawn_to_one_scale_both_ways(modules):
    found = modules("embeddings/camera.js", """
        const camera = new m.Camera({ width: 640, height: 400, radius: 2, k: 2, angles: m.START });
        return [[0, 0], [2, 0], [0, 2]].map((point) => camera.place(point, 0));""")  # fmt: skip
    (x, y, *_), right, up = found
    assert (x, y) == (320, 200)
    assert right[0] - x == y - up[1] > 0
    assert up[1] >= 0


@pytest.mark.parametrize(
    "query", ["", "table=pos_emb&axes=3%2C1%2C5&token=4", "projection=tsne&perplexity=30", "at=250&held=1&colour=kind"]
)  # fmt: skip
def test_the_address_brings_a_view_back(modules, query):
    back = modules("embeddings/state.js", """
        const state = new m.ViewState();
        state.fromQuery(value);
        return state.toQuery("run=abc");""", query)  # fmt: skip
    assert sorted(back.split("&")) == sorted(["run=abc", *filter(None, query.split("&"))])


@pytest.mark.parametrize(
    "query", ["axes=1,1", "axes=0,99", "axes=x", "token=-1", "at=1e9", "perplexity=7", "projection=cube"]
)  # fmt: skip
def test_nonsense_in_the_address_is_left_out(modules, query):
    back = modules("embeddings/state.js", """
        const state = new m.ViewState();
        state.fromQuery(value);
        return state.toQuery("");""", query)  # fmt: skip
    assert back == ""


def test_no_label_lies_on_another(modules):
    boxes = modules("embeddings/labels.js", """
        const drawn = [];
        const measureText = (text) => ({ width: 8 * text.length });
        const labels = value.map((_, i) => String(i));
        m.placeLabels({ measureText, fillText: (...text) => drawn.push(text) }, {
          places: value.map(([x, y]) => [x, y, 0, 1]), labels, indices: labels.map(() => null), order: labels.keys(),
          sides: new Map(), font: () => "", size: 12, token: null, width: 300, height: 300, text: "", muted: "" });
        return drawn;""", (150 + 60 * TABLE[:, :2]).tolist())  # fmt: skip
    found = [(x, y - 6, x + 8 * len(text), y + 6) for text, x, y in boxes]
    assert len(found) > 10
    for i, one in enumerate(found):
        for other in found[:i]:
            assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]

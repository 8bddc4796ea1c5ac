"""What every chart promises, part by part, in a real browser: nothing to take away before there is something, and then
words and numbers that are exact."""

import re

import pytest

from tests.browser.test_attention_modules import FRAME, answer_of
from tests.viz.test_theme import contrast
from viz.theme import DARK_RAMPS, LIGHT, LIGHT_RAMPS

SCREEN = """
  const { make } = await import("/base/dom.js");
  const { Theme } = await import("/base/paint.js");
  const { AttentionState } = await import("/attention/state.js");
  const place = document.body.appendChild(make("div.gb", { style: "width: 600px" }));
  const state = new AttentionState(2, 2);
  const view = { frame: null, scores: null, effects: null, place: 0, allHeads: () => [[0, 0], [0, 1], [1, 0], [1, 1]],
    nameOf: () => ["…", null], nameInWords: () => "…", scoreLines: () => [] };
  const needs = { painter: { mark: (part) => part.draw() }, theme: () => new Theme(place), state, view,
    picked: () => {}, looks: () => [], says: () => undefined,
    wave: () => 1, scene: () => null, written: () => [], vocabulary: () => [],
    data: {}, own: () => [], at: () => null };
  const words = (figure) => figure.box.getAttribute("aria-label");
  const texts = (figure) => [...figure.svg().matchAll(/<text[^>]*>([^<]*)/g)].map(([, text]) => text);
"""
UNANSWERED = [
    *[("attention", name) for name in ("overview.Overview", "head_map.HeadMap", "arcs.Arcs", "birth.Birth", "row.Row",
      "chain.Chain", "ranking.Ranking", "effects.TokenLosses", "effects.Prediction")],
    *[("embeddings", name) for name in ("near.Near", "alike.Alike", "spread.Spread", "circle.Circle", "space.Space")],
    *[("generate", name) for name in ("funnel.Funnel", "line.Line", "tree.Tree", "lens.Lens", "surprise.Surprise")],
]  # fmt: skip


@pytest.mark.parametrize(("folder", "name"), UNANSWERED)
def test_before_the_first_answer_there_is_nothing_to_download_and_the_picture_says_why(modules, folder, name):
    module, part = name.split(".")
    hidden, words = modules(f"{folder}/{module}.js", SCREEN + """
      const part = new m[value](place, needs);
      part.draw?.();
      part.figure.draw();
      const at = { clientX: 40, clientY: 40 };
      for (const kind of ["pointermove", "click"]) part.figure.box.dispatchEvent(new PointerEvent(kind, at));
      const found = [part.figure.menu.hidden, words(part.figure)];
      part.figure.close();
      place.remove();
      return found;
    """, part)  # fmt: skip
    assert hidden
    assert re.search(r"\w{3}.*[.…:]", words)


@pytest.mark.parametrize(("module", "part"), [("head_map", "HeadMap"), ("arcs", "Arcs")])
def test_a_head_whose_numbers_are_not_here_is_drawn_without_numbers(modules, home, module, part):
    answer, _ = answer_of(home, {}, 1)
    shades, exact = modules(f"attention/{module}.js", FRAME + SCREEN + """
      view.frame = frame;
      const part = new m[value.part](place, needs);
      const seen = (layer, head) => {
        state.change({ layer, head });
        part.draw();
        const { menu } = part.figure;
        const { lines } = part.figure.point(200, 200);
        return [menu.hidden, words(part.figure), texts(part.figure).join(" "), lines.join(" ")];
      };
      const found = [seen(0, 1), seen(1, 1)];
      part.figure.close();
      place.remove();
      return found;
    """, {"answer": answer, "part": part})  # fmt: skip
    assert shades[0]
    assert not exact[0]
    assert "on their way" in shades[1]
    assert not re.search(r"\d\.\d\d", " ".join(shades[2:]))
    assert re.search(r"0\.\d\d", exact[1])
    assert re.search(r"0\.\d\d", exact[3])


def test_while_a_film_plays_the_numbers_are_those_of_a_kept_step(modules):
    rows = modules("embeddings/space.js", SCREEN + """
      const space = new m.Space(place, { ...needs, looks: () => [0, 1].map(() => ({ shape: "circle", color: "red" })),
        says: () => ({ token: null, labels: ["a", "b"], names: ["a", "b"], indices: [null, null], alt: "two points",
          axes: ["PC 1", "PC 2"].map((name) => ({ name, words: name })) }) });
      const kept = { step: 40, k: 2, points: Float32Array.of(1, 2, 3, 4) };
      space.show({ ...kept, points: kept.points.map((x) => x + 0.37), kept, radius: 9 }, true);
      const rows = space.figure.csv();
      space.close();
      place.remove();
      return rows;
    """)  # fmt: skip
    assert rows[0] == ["step", "row", "label", "PC 1", "PC 2"]
    assert [[row[0], *map(float, row[3:])] for row in rows[1:]] == [[40, 1, 2], [40, 3, 4]]


@pytest.mark.parametrize("radius", [0.3, 0.45, 0.6, 1.1, 2.1, 4.9, 0.049])
def test_a_plane_of_any_size_has_numbers_on_its_axes(modules, radius):
    numbers = modules("embeddings/space_axes.js", SCREEN + """
      const { Camera, START } = await import("/embeddings/camera.js");
      const { SvgPen } = await import("/base/svg_pen.js");
      const pen = new SvgPen(500, 400, new OffscreenCanvas(1, 1).getContext("2d"));
      const camera = new Camera({ width: 500, height: 400, radius: value, k: 2, angles: START });
      const look = { theme: needs.theme(), size: 12, width: 500, height: 400 };
      m.paintPlane(pen, camera, [{ words: "x" }, { words: "y" }], look);
      place.remove();
      return [...pen.finish("white", "").matchAll(/<text[^>]*>([^<]*)/g)].map(([, text]) => text);
    """, radius)  # fmt: skip
    assert len(numbers) >= 6


PROBE = """
  const pattern = Float32Array.of(1, 0, 0, 0.25, 0.75, 0, 0.1, 0.2, 0.7);
  const header = { labels: ["⏎", "a", "b"], targets: ["a", "b", "⏎"], weights: [1, 0.5, 0], step: 40 };
  const probe = { header, arrays: {
    "blocks.0.attn.pattern/0": { data: pattern, shape: [3, 3] },
    token_loss: { data: Float32Array.of(2.5, 0.5, 1) },
    token_probability: { data: Float32Array.of(0.082, 0.607, 0.368) } } };
  const run = { n_layers: 1, n_heads: 1, n_parameters: 9, ln_guess: 3.3 };
  const feed = { history: { run: null, probe: null }, want: () => {} };
  const answer = () => Object.assign(feed.history, { run, probe });
"""
@pytest.mark.parametrize(
    ("module", "part", "numbers", "row"),
    [("attention", "Attention", "“a” most at “a” (0.75)", ["a", 0.25, 0.75, "masked"]),
     ("tokens", "Tokens", "mean 1.83 nats, guessing gives 3.30; pale: not counted. The largest: “a” after “⏎” 2.50",
      [40, 1, "a", "b", pytest.approx(0.607), 0.5, 0.5])],
)  # fmt: skip
def test_a_live_picture_says_its_numbers_and_gives_them_away(modules, module, part, numbers, row):
    waiting, shown, rows, tip = modules(f"live/{module}.js", SCREEN + PROBE + """
      const part = new m[value](place, { ...needs, feed });
      part.figure.box.style.height = "300px";
      await new Promise((fitted) => requestAnimationFrame(() => requestAnimationFrame(fitted)));
      const seen = () => { part.draw(); return [part.figure.menu.hidden, words(part.figure)]; };
      const found = [seen(), (answer(), seen()), part.figure.csv(), part.figure.point(200, 120)?.lines];
      part.close();
      place.remove();
      return found;
    """, part)  # fmt: skip
    assert waiting == [True, "Comes with the first steps of your run."]
    assert not shown[0]
    assert numbers in shown[1]
    assert rows[2] == row
    assert re.search(r"\d", " ".join(tip))


def test_the_live_strip_and_the_live_points_say_their_numbers_too(modules):
    strip, points = modules("live/strip.js", SCREEN + """
      const { Vectors } = await import("/live/vectors.js");
      place.style.height = "300px";
      const columns = new Map([["step", 0], ["grad_norm/a", 1], ["grad_norm/b", 2]]);
      const data = [[1, 0.5, NaN], [2, 0.25, 0.125]];
      const at = (i, name) => data[i][columns.get(name)];
      const history = { run: {}, step: 2, columns, at, lastOf: (name, i) => at(i, name),
        points: { length: 2, width: 3, data: data.flat() }, pointsUntil: (step) => Math.min(2, Math.floor(step)) };
      const strip = new m.Strip(place, { ...needs, view: { range: [0, 2], cursor: null, set: () => {} } });
      const vectors = new Vectors(place, { base: "", run: "r", colouring: null }, needs);
      vectors.frame = { points: Float32Array.of(3, 4, 0, 1), from: null, since: 0, shares: [0.5, 0.25],
        header: { labels: ["a", "b"], at: 7 } };
      for (const { figure } of [strip, vectors]) figure.box.style.cssText = "width: 500px; height: 200px";
      await new Promise((fitted) => requestAnimationFrame(() => requestAnimationFrame(fitted)));
      strip.show(history);
      vectors.draw();
      const found = [strip, vectors].map(({ figure }) => [words(figure), figure.csv(), texts(figure)]);
      for (const part of [strip, vectors]) part.close();
      place.remove();
      return found;
    """)  # fmt: skip
    assert "over 2 steps; now: a 0.250, b 0.125." in strip[0]
    assert strip[1] == [["step", "grad_norm/a", "grad_norm/b"], [1, 0.5, ""], [2, 0.25, 0.125]]
    assert "with 50.0 % and 25.0 % of the variance, at step 7. The outermost: “a” at 3.0, 4.0" in points[0]
    assert points[1][1:] == [[7, 0, "a", 3, 4], [7, 1, "b", 0, 1]]
    assert "PC 1 · 50.0 % of the variance" in points[2]


@pytest.mark.parametrize("ramps", [LIGHT_RAMPS, DARK_RAMPS])
@pytest.mark.parametrize("name", ["ramp-probability", "ramp-surprise"])
def test_what_is_written_on_a_colour_can_be_read_however_strong_it_is(modules, ramps, name):
    stops = [[int(stop[i : i + 2], 16) for i in (1, 3, 5)] for stop in ramps[name]]
    inks = modules("base/shade.js", """
      const mixed = (at, c) => value[Math.floor(at)][c] * (1 - (at % 1)) + value[Math.ceil(at)][c] * (at % 1);
      const place = (i) => (Math.floor(i / 3) * (value.length - 1)) / 255;
      const ramp = Array.from({ length: 768 }, (_, i) => Math.round(mixed(place(i), i % 3)));
      const theme = { ramp: () => ramp, color: (ink) => ink };
      return Array.from({ length: 41 }, (_, i) => m.shade(theme, "", i / 40));
    """, stops)  # fmt: skip
    for written in inks:
        fill = "#" + "".join(f"{int(part):02x}" for part in re.findall(r"\d+", written["fill"]))
        assert contrast(LIGHT[written["ink"]], fill) > 4, written

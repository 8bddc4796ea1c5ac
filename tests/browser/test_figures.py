"""What every chart promises, part by part, in a real browser: nothing to take away before there is something, and then
words and numbers that are exact."""

import re

import pytest

from tests.browser.test_attention_modules import FRAME, answer_of

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

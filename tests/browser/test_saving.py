"""A picture's file shows what its canvas shows, in a real browser: drawn from its SVG, it is the same picture."""

import numpy as np

from tests.browser.test_live_modules import COLUMNS, frame, snapshot

DRAWN = """
  const { make } = await import("/base/dom.js");
  const { Theme } = await import("/base/paint.js");
  const drawn = async (text, { width, height }) => {
    const image = new Image();
    image.src = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
    await image.decode();
    const context = new OffscreenCanvas(width, height).getContext("2d");
    context.drawImage(image, 0, 0);
    return context.getImageData(0, 0, width, height).data;
  };
  /** The share of pixels that differ much. */
  const unlike = (a, b) => {
    let n = 0;
    for (let i = 0; i < a.length; i += 4) n += Math.max(...[0, 1, 2].map((c) => Math.abs(a[i + c] - b[i + c]))) > 64;
    return n / (a.length / 4);
  };
"""


def test_words_are_stroked_and_clipped_where_a_canvas_strokes_and_clips_them(modules):
    unlike, blank = modules("base/svg_pen.js", DRAWN + """
      const size = { width: 200, height: 100 };
      const [context, other] = [0, 1].map(() => new OffscreenCanvas(200, 100).getContext("2d"));
      const pen = new m.SvgPen(200, 100, other);
      context.fillStyle = "white";
      context.fillRect(0, 0, 200, 100);
      for (const each of [context, pen]) {
        each.font = "700 40px sans-serif";
        [each.strokeStyle, each.lineWidth, each.lineJoin, each.fillStyle] = ["red", 6, "round", "black"];
        each.save();
        each.beginPath();
        each.rect(20, 0, 90, 100);
        each.clip();
        each.strokeText("words", 10, 60);
        each.fillText("words", 10, 60);
        each.restore();
      }
      const empty = new Uint8ClampedArray(200 * 100 * 4).fill(255);
      const pixels = context.getImageData(0, 0, 200, 100).data;
      return [unlike(pixels, await drawn(pen.finish("white", "words"), size)), unlike(pixels, empty)];
    """)  # fmt: skip
    assert unlike < blank / 10


RUN = {"columns": COLUMNS, "n_steps": 100, "config": {}, "name": "amber-fox", "ln_guess": 3.3, "guess_count": 27}
MARK = {"step": 12, "kind": "set", "text": "learning rate < 1"}


def test_the_loss_curve_as_svg_is_what_is_on_the_screen(modules):
    losses = np.linspace(3.3, 2, 40) + np.random.default_rng(0).normal(size=40) / 10
    words, title, (unlike, blank), hidden = modules("live/curve.js", DRAWN + """
      const { adoptStyles } = await import("/base/dom.js");
      const { RunHistory } = await import("/live/history.js");
      const { decode } = await import("/base/wire.js");
      const root = document.body.appendChild(make("div", { style: "width: 600px" })).attachShadow({ mode: "open" });
      await adoptStyles(root, "../theme.css", "../base/base.css", "../live/live.css");
      const panel = make("section.panel.curve");
      const whole = root.appendChild(make("div.gb", {}, panel));
      const needs = { painter: { mark: () => {} }, theme: () => new Theme(whole), viewChanged: () => {} };
      const curve = new m.Curve(panel, needs);
      await new Promise((fitted) => requestAnimationFrame(() => requestAnimationFrame(fitted)));
      const history = new RunHistory();
      const hidden = [];
      for (const each of value) {
        hidden.push(curve.menu.hidden);
        history.apply(decode(bytes(each)));
        curve.show(history);
        curve.draw();
      }
      const { width, height, canvas } = curve.main.main;
      const seen = new OffscreenCanvas(width, height).getContext("2d");
      seen.fillStyle = needs.theme().color("background");
      seen.fillRect(0, 0, width, height);
      const empty = seen.getImageData(0, 0, width, height).data;
      seen.drawImage(canvas, 0, 0);
      const pixels = seen.getImageData(0, 0, width, height).data;
      const file = curve.svg();
      const { textContent: title } = new DOMParser().parseFromString(file, "image/svg+xml").querySelector("title");
      const shares = [unlike(pixels, await drawn(file, { width, height })), unlike(pixels, empty)];
      curve.close();
      const words = [...file.matchAll(/<text[^>]*>([^<]*)/g)].map(([, text]) => text);
      return [words, title, shares, [...hidden, curve.menu.hidden]];
    """, [
        snapshot(5, losses, [[20, 2.5, 2.75, 0], [40, 2, 2.5, 0]], run=RUN, events=[MARK]),
        frame("rewind", 6, step=30, ghost=True, label="before", events=[MARK], samples=[]),
    ])  # fmt: skip
    assert unlike < blank / 4
    assert {"▲", "learning rate &lt; 1", "guessing among 27 = 3.300 nats", "before"} < set(words)
    assert title.startswith("Loss curve. After 30 of 100 steps the training loss is 2.63 nats, validation 2.75;")
    assert hidden == [True, False, False], "there is a menu once there is something to take away"

"""The live component's modules by themselves, in a real browser: decoding, catching up, thinning, numbers, limits."""

import base64

import numpy as np
import pytest

from model.runs.wire import encode

COLUMNS = ["step", "loss", "val_loss", "seconds"]


def b64(message):
    return base64.b64encode(message).decode()


def frame(kind, seq, arrays=None, **fields):
    return b64(encode({"kind": kind, "seq": seq, **fields}, arrays))


def snapshot(seq, losses, points=(), **fields):
    rows = np.array(points, np.float32).reshape(-1, len(COLUMNS))
    run = {"columns": COLUMNS, "n_steps": 1000, "config": {}, "name": "amber-fox"}
    known = {"run": run, "state": "training", "sentence": "", "events": [], "samples": [], "ghosts": []}
    return frame("snapshot", seq, {"points": rows, "losses": np.array(losses, np.float32)}, **{**known, **fields})


def points(seq, first_step, losses, rows=()):
    arrays = {"points": np.array(rows, np.float32).reshape(-1, len(COLUMNS)), "losses": np.array(losses, np.float32)}
    return frame("points", seq, arrays, first_step=first_step)


@pytest.fixture
def replay(modules):
    """Feed frames to a RunHistory; returns what it said to each, its losses and the steps of its points."""

    def play(*frames):
        return modules("live/history.js", """
            const { decode } = await import("/base/wire.js");
            const history = new m.RunHistory();
            const said = value.map((frame) => history.apply(decode(bytes(frame))));
            const steps = Array.from({length: history.points.length}, (_, i) => history.at(i, "step"));
            return { said, losses: [...history.losses.data.slice(0, history.step)], steps,
                     ghosts: history.ghosts.length, state: history.status.state };
        """, list(frames))

    return play


def test_a_message_is_decoded_as_it_was_encoded(modules):
    arrays = {"a": np.array([[1.5, np.nan], [np.inf, -2]], np.float32), "b": np.array([1, 2, 255], np.uint8),
              "c": np.array([-7], np.int32)}  # fmt: skip
    got = modules("base/wire.js", """
        const { header, arrays } = m.decode(bytes(value));
        return [header.word, ...Object.entries(arrays).map(([name, a]) => [name, a.shape, [...a.data].map(String)])];
    """, b64(encode({"word": "⏎ß"}, arrays)))
    assert got == ["⏎ß", ["a", [2, 2], ["1.5", "NaN", "Infinity", "-2"]], ["b", [3], ["1", "2", "255"]],
                   ["c", [1], ["-7"]]]  # fmt: skip


def test_points_follow_a_snapshot(replay):
    got = replay(snapshot(5, [3, 2.5], [[2, 2.5, 0, 0]]), points(6, 3, [2.25, 2], [[4, 2, 0, 0]]))
    assert got == {"said": ["taken", "taken"], "losses": [3, 2.5, 2.25, 2], "steps": [2, 4], "ghosts": 0,
                   "state": "training"}  # fmt: skip


def test_what_is_known_is_not_taken_twice(replay):
    again = points(6, 3, [2.25], [[3, 2.25, 0, 0]])
    got = replay(snapshot(5, [3, 2.5]), again, again, points(5, 1, [9]), snapshot(4, [9]))
    assert got["said"] == ["taken", "taken", "old", "old", "old"]
    assert got["losses"] == [3, 2.5, 2.25]


def test_overlapping_points_add_only_what_is_new(replay):
    got = replay(snapshot(5, [3, 2.5], [[2, 2.5, 0, 0]]), points(9, 2, [2.5, 2.25, 2], [[2, 9, 0, 0], [4, 2, 0, 0]]))
    assert got["losses"] == [3, 2.5, 2.25, 2]
    assert got["steps"] == [2, 4]


def test_missing_steps_ask_for_a_snapshot(replay):
    assert replay(points(1, 1, [3]))["said"] == ["gap"]
    assert replay(snapshot(5, [3]), points(9, 3, [2]))["said"] == ["taken", "gap"]


def test_a_reset_leaves_a_ghost_and_an_undo_none(replay):
    start = snapshot(5, [3, 2.5, 2], [[1, 3, 0, 0], [3, 2, 0, 0]])
    reset = replay(start, frame("rewind", 6, step=0, ghost=True, label="before", events=[], samples=[]))
    undo = replay(start, frame("rewind", 6, step=2, ghost=False, events=[], samples=[]))
    assert (reset["losses"], reset["steps"], reset["ghosts"]) == ([], [], 1)
    assert (undo["losses"], undo["steps"], undo["ghosts"]) == ([3, 2.5], [1], 0)


def test_thinning_keeps_every_extreme_and_few_points(modules):
    losses = np.random.default_rng(0).normal(size=100_000).astype(np.float32)
    losses[77_777] = 50
    drawn = modules("live/series.js", """
        const { Scale } = await import("/base/scale.js");
        const data = new Float32Array(bytes(value));
        const path = [];
        m.throughPixels(data, data.length, new Scale(0, 100000, 0, 500), (step, loss) => path.push([step, loss]));
        return path;
    """, base64.b64encode(losses.tobytes()).decode())
    steps, values = np.array(drawn).T
    assert len(drawn) <= 1002
    assert (np.diff(steps) > 0).all()
    assert values.max() == 50
    assert values.min() == losses.min()
    assert np.array_equal(values.astype(np.float32), losses[steps.astype(int) - 1])


def test_smoothing_is_the_mean_around_each_step_however_it_arrives(modules):
    losses = np.random.default_rng(1).normal(size=400).astype(np.float32)
    losses[200] = np.nan
    smooth = modules("live/series.js", """
        const { Rows } = await import("/live/history.js");
        const data = new Float32Array(bytes(value));
        const [rows, smoother] = [new Rows(), new m.Smoother()];
        for (let i = 0; i < data.length; i += 37) { rows.append(data.slice(i, i + 37)); smoother.update(rows, 21, 0); }
        return [...smoother.update(rows, 21, 0).slice(0, rows.length)];
    """, base64.b64encode(losses.tobytes()).decode())
    for i in (0, 5, 100, 195, 399):
        half = min(10, i)
        assert smooth[i] == pytest.approx(np.nanmean(losses[i - half : i + half + 1]), abs=1e-6)


@pytest.mark.parametrize(("value", "text"), [
    (2.3456, "2.35"), (0.003, "0.00300"), (-12.34, "−12.3"), (1234.5, "1235"), (1e-9, "1e-9"), (1.26e7, "1.26e7"),
    (None, "–"), (0, "0.00"), (99.96, "100"),
])  # fmt: skip
def test_numbers_have_three_significant_digits(modules, value, text):
    assert modules("base/numbers.js", "return m.significant(value)", value) == text


@pytest.mark.parametrize(("name", "value", "text"), [
    ("setting", 0.003, "0.003"), ("setting", 1e-5, "1e-5"), ("setting", 1000, "1000"), ("setting", 0.01234, "0.0123"),
    ("count", 1234567, "1,234,567"), ("count", 12, "12"), ("short", 62345, "62.3 k"), ("short", 812, "812"),
    ("duration", 9.4, "9 s"), ("duration", 125, "2 min 5 s"), ("duration", 3780, "1 h 3 min"), ("duration", None, "–"),
])  # fmt: skip
def test_counts_settings_and_durations_read_well(modules, name, value, text):
    assert modules("base/numbers.js", f"return m.{name}(value)", value) == text


def test_limits_are_round_contain_the_values_and_change_rarely(modules):
    limits = modules("base/scale.js", """
        const seen = [];
        for (let low = 3.2; low > 1.7; low -= 0.01) seen.push([low, ...m.calmLimits(Math.min(low, 1.98), 3.37)]);
        return seen;
    """)
    assert all(floor <= low and ceiling >= 3.37 for low, floor, ceiling in limits)
    assert len({(floor, ceiling) for _, floor, ceiling in limits}) == 1


def test_the_step_axis_grows_in_few_strides_and_ends_with_the_run(modules):
    reaches = modules("base/scale.js", "return Array.from({length: 1001}, (_, step) => m.calmSteps(step, 1000))")
    assert all(step <= reach <= 1000 for step, reach in enumerate(reaches))
    assert sorted(reaches) == reaches
    assert len(set(reaches)) <= 7


def test_logarithmic_ticks_are_powers_of_ten(modules):
    assert modules("base/scale.js", "return m.logTicks(1e-4, 1, 6)") == [1e-4, 1e-3, 1e-2, 0.1, 1]


def test_zoom_keeps_the_step_under_the_pointer_and_ends_at_the_run(modules):
    code = """
        const view = new m.ChartView(() => {});
        view.limits = [0, 1000];
        view.zoom(0.5, 250);
        const near = view.range;
        view.pan(-10);
        const left = view.range;
        view.zoom(100, 500);
        return [near, left, view.range, view.isZoomed];
    """
    assert modules("live/view.js", code) == [[125, 625], [0, 500], [0, 1000], False]


def test_the_table_has_a_line_a_step_and_leaves_unmeasured_cells_empty(modules):
    rows = [[2, 2.5, np.nan, 0.5]]
    table = modules("live/series.js", """
        const { decode } = await import("/base/wire.js");
        const { RunHistory } = await import("/live/history.js");
        const history = new RunHistory();
        history.apply(decode(bytes(value)));
        return m.tableOf(history);
    """, snapshot(1, [3, 2.5], rows))
    assert table == [["step", "loss", "val_loss", "seconds"], [1, 3, "", ""], [2, 2.5, "", 0.5]]


def test_who_flushes_sees_at_once_what_was_marked_and_it_is_drawn_only_once(modules):
    drawn = modules("base/paint.js", """
        const painter = new m.Painter();
        let n = 0;
        const view = { draw: () => { n += 1; } };
        painter.flush();
        painter.mark(view);
        painter.flush();
        const atOnce = n;
        await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
        painter.mark(view);
        await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
        return [atOnce, n];
    """)
    assert drawn == [1, 2]


def test_a_chart_before_a_class_is_larger_and_a_pointer_still_meets_what_is_under_it(modules):
    shown, drawn, pixels, pointed = modules("base/figure.js", """
        const { adoptStyles, make } = await import("/base/dom.js");
        const { Painter, Theme } = await import("/base/paint.js");
        const root = document.body.appendChild(make("div", { style: "width: 728px" })).attachShadow({ mode: "open" });
        await adoptStyles(root, "../theme.css", "../base/base.css");
        const place = root.appendChild(make("div.gb.present"));
        const pointed = [];
        const figure = new m.Figure(place, { title: "chart", file: "chart", height: 100, painter: new Painter(),
          theme: () => new Theme(place), paint: () => {}, alt: () => "", csv: () => [],
          point: (x, y) => { pointed.push(Math.round(x), Math.round(y)); return null; } });
        const box = figure.box.getBoundingClientRect();
        const at = { clientX: box.left + 140, clientY: box.top + 70 };
        figure.box.dispatchEvent(new PointerEvent("pointermove", at));
        const { width, height, canvas } = figure.surface;
        figure.close();
        return [[box.width, box.height], [width, height], canvas.width, pointed];
    """)  # fmt: skip
    assert shown[1] == pytest.approx(140)
    assert drawn == [round(shown[0] / 1.4), 100]
    assert pixels == pytest.approx(shown[0], abs=2)
    assert pointed == [100, 50]


def test_what_was_said_is_never_a_blank_list_and_never_ends_in_half_a_line(modules):
    first, rest, whole = modules("live/samples.js", """
        const { adoptStyles, make } = await import("/base/dom.js");
        const root = document.body.appendChild(make("div", { style: "width: 300px" })).attachShadow({ mode: "open" });
        await adoptStyles(root, "../theme.css", "../base/base.css", "../live/live.css");
        const panel = make("section.panel.samples");
        root.append(make("div.gb", {}, panel));
        const samples = new m.Samples(panel, { feed: { want: () => {} }, painter: { mark: (view) => view.draw() } });
        const step = (step, text) => ({ step, texts: Array(5).fill(text) });
        samples.show({ run: {}, said: step(9, "mara"), samples: [step(0, "wxq".repeat(20))] });
        const [earlier, first] = samples.then.map(({ texts }) => texts);
        const words = samples.selects[0].selectedOptions[0].textContent + ": " + earlier.textContent;
        const isFading = () => first.classList.contains("more");
        const before = isFading();
        first.scrollTop = 1e6;
        await new Promise((scrolled) => first.addEventListener("scroll", () => setTimeout(scrolled), { once: true }));
        return [words, before, isFading()];
    """)  # fmt: skip
    assert first == "no step yet: Comes when there is another step to look back on."
    assert (rest, whole) == (True, False)


def test_a_second_reset_is_not_sent_while_the_first_is_on_its_way_but_every_step_is(modules):
    sent = modules("live/controls.js", """
        const sent = [];
        const feed = { command: async (name) => { sent.push(name); await null; } };
        const painter = { mark: () => {} };
        const controls = new m.Controls(document.createElement("div"), { feed, painter, opened: () => {} });
        await Promise.all(["reset", "reset", "step", "step", "pause", "reset"].map((name) => controls.send(name)));
        await controls.send("reset");
        controls.close();
        return sent;
    """)  # fmt: skip
    assert sent == ["reset", "step", "step", "pause", "reset"]


def test_an_address_is_written_once_it_rests_and_only_if_it_changed(modules):
    written = modules("base/address.js", """
        const written = [];
        const replace = history.replaceState;
        history.replaceState = (...how) => { written.push(how[2]); replace.apply(history, how); };
        const heard = new Set();
        const listen = (listener) => { heard.add(listener); return () => heard.delete(listener); };
        const state = { value: "", listen };
        const address = new m.Address((search) => m.withValues(search, { ours: state.value }), state);
        const rest = () => new Promise((rested) => setTimeout(rested, 350));
        const say = async (value) => { state.value = value; for (const listener of heard) listener(); await rest(); };
        replace.call(history, null, "", "/?theirs=a%20b");
        for (const value of ["", "1", "1", "2", ""]) await say(value);
        address.renew();
        address.close();
        await say("3");
        history.replaceState = replace;
        replace.call(history, null, "", "/");
        return written;
    """)  # fmt: skip
    assert written == ["/?theirs=a+b&ours=1", "/?theirs=a+b&ours=2", "/?theirs=a+b"]


def test_what_is_measured_now_and_then_has_no_gaps_in_the_strip(modules):
    nan = "NaN"
    rows = [[1, 0.5, nan], [2, 0.25, 0.2], [4, 1, nan], [6, 2, 0.4], [8, 3, nan]]
    often, seldom = modules("live/strip_cells.js", """
      const { Scale } = await import("/base/scale.js");
      const data = value.flat().map(Number);
      const pointsUntil = (step) => value.filter(([at]) => at <= step).length;
      const [columns, points] = [new Map([["a", 1], ["b", 2]]), { data, width: 3, length: value.length }];
      const { cells, wide } = m.cellsOf({ columns, points, pointsUntil }, ["a", "b"], new Scale(0, 10, 100, 200));
      const rows = [0, 1].map((row) => [...cells.slice(row * wide, (row + 1) * wide)]);
      return rows.map((row) => row.map((cell) => (isNaN(cell) ? null : cell)));
    """, rows)  # fmt: skip
    zero = modules("live/strip_cells.js", "return value.map((row) => m.isAllZero({ cells: Float32Array.from(row) }));",
                   [[nan, 0], [nan, nan], [0, 0.1]])
    assert zero == [True, False, False]
    assert [often[at] for at in (10, 15, 30, 50, 70)] == pytest.approx([0.5, 0.25, 1, 2, 3])
    assert [seldom[at] for at in (20, 21, 40, 60)] == pytest.approx([0.2, 0.4, 0.4, 0.4])
    assert [seldom[at] for at in (5, 61, 80)] == [None, None, None]  # before the first, after the newest

"""The stepper's pictures: colours, masks, frames and sizes of heatmaps, and that each operation can be drawn."""

from .conftest import SHOWN


def test_colours_are_centred_on_zero_and_probabilities_start_at_it(ready):
    got = ready("stepper/picture.js", """
        const signed = m.coloursOf([store.tensor("blocks.0.attn.scores")]);
        const shares = m.coloursOf([store.tensor("blocks.0.attn.pattern")]);
        const squares = m.coloursOf([store.tensor("v:blocks.0.attn.w_q")]);
        return { signed, shares, squares, zero: m.shareOf(0, signed), low: m.shareOf(signed.low, signed),
          none: m.shareOf(0, { low: -0, high: 0 }), half: m.shareOf(0.5, shares) };
    """)
    assert got["signed"]["low"] == -got["signed"]["high"] < 0
    assert (got["zero"], got["low"], got["none"], got["half"]) == (0.5, 0, 0.5, 0.5)
    assert got["shares"] == {"ramp": "probability", "low": 0, "high": 1}
    assert got["squares"]["low"] == 0 < got["squares"]["high"]


def test_only_what_the_mask_hides_is_hatched(modules):
    got = modules("stepper/picture.js", """
        const axes = ["query", "key"];
        const later = [-Infinity, 0, 0.3].map((value) => m.isMasked(axes, 1, 2, value));
        return [...later, m.isMasked(axes, 2, 1, 0), m.isMasked(["position", "channel"], 1, 2, 0)];
    """)
    assert got == [True, True, False, False, False]


def test_cells_are_never_a_smear_and_large_pictures_scroll(modules):
    got = modules("stepper/picture.js", """
        const slice = (shape, axes) => m.sliceOf({ shape, axes }, 0);
        const slices = [slice([7, 7], ["query", "key"]), slice([256, 64], ["hidden", "channel"]),
          slice([2048, 256], ["vocab", "channel"])];
        return slices.map((own) => m.fit(own, { width: 230, height: 112 }));
    """)
    for layout in got:
        assert min(layout["cell"].values()) >= 6
        assert layout["seen"]["width"] <= 230
        assert layout["seen"]["height"] <= 112
    assert got[0]["cell"]["width"] == got[0]["cell"]["height"]
    assert got[2]["whole"] == {"width": 256 * 6, "height": 2048 * 6}


def test_marked_cells_are_framed_by_as_few_rectangles_as_they_need(modules):
    got = modules("stepper/picture.js", """
        const slice = { rows: 4, columns: 5, offset: 20 };
        const at = (cells) => m.rectangles(new Set(cells.map(([row, column]) => 20 + 5 * row + column)), slice);
        const elsewhere = m.rectangles(new Set([3]), slice);
        return [at([[1, 0], [1, 1], [1, 2]]), at([[0, 3], [1, 3], [2, 3]]), at([[0, 0], [3, 4]]), elsewhere];
    """)
    assert got == [
        [{"row": 1, "column": 0, "rows": 1, "columns": 3}], [{"row": 0, "column": 3, "rows": 3, "columns": 1}],
        [{"row": 0, "column": 0, "rows": 1, "columns": 1}, {"row": 3, "column": 4, "rows": 1, "columns": 1}], [],
    ]  # fmt: skip


def test_every_pixel_of_a_cell_has_the_colour_of_its_number(ready, traced):
    got = ready("stepper/picture.js", SHOWN + """
        await show("blocks.0.attn.z");
        const { data } = store.tensor("blocks.0.attn.z");
        const colours = m.coloursOf([store.tensor("blocks.0.attn.z")]);
        const heatmap = parts[0].items.at(-1).heatmap;
        const { cell, gutter } = heatmap.layout;
        const ramp = theme.ramp("signed");
        return [[0, 0], [3, 2], [6, 3]].map(([row, column]) => {
          const middle = [gutter.left + (column + 0.5) * cell.width, gutter.top + (row + 0.5) * cell.height];
          const [x, y] = middle.map((at) => Math.round(at * devicePixelRatio));
          const seen = [...heatmap.context.getImageData(x, y, 1, 1).data.slice(0, 3)];
          const at = 3 * Math.round(255 * m.shareOf(data[row * 4 + column], colours));
          return [seen, [...ramp.slice(at, at + 3)]];
        });
    """)
    for seen, wanted in got:
        assert seen == wanted


def test_a_heatmap_is_walked_with_shift_and_arrows_and_asked_with_enter(ready):
    cell, name = ready("stepper/picture.js", SHOWN + """
        await show("blocks.0.norm1");
        const scroller = picture("blocks.0.norm1").querySelector(".scroller");
        scroller.focus();
        const press = (key, held = {}) => scroller.dispatchEvent(new KeyboardEvent("keydown", { key, ...held }));
        press("ArrowRight", { shiftKey: true });
        press("ArrowRight", { shiftKey: true });
        press("ArrowDown", { altKey: true });
        press("ArrowDown");
        press("Enter");
        return [state.cell, state.current.name];
    """)
    assert cell == {"tensor": "blocks.0.norm1", "index": [1, 1]}
    assert name == "blocks.0.norm1"


def test_every_operation_can_be_drawn(ready, traced):
    for variant in ("classroom", "muon", "sgd"):
        n = ready("stepper/picture.js", SHOWN + """
            let n = 0;
            for (const { name } of store.operations) { await show(name); n += Boolean(picture(name)); }
            return n;
        """, variant)
        assert n == len(traced(variant).operations)


def test_pictures_share_a_scale_where_numbers_pass_through_and_only_with_their_equals(ready):
    got = ready("stepper/arrange.js", """
        const groups = (name) => m.arrange(store, of(name)).pieces.map(({ tensor, group }) => [tensor, group ?? null]);
        return [groups("clip:blocks.0.attn.b_q"), groups("blocks.0.resid_mid"), groups("blocks.0.attn.pattern")];
    """)
    clip, added, pattern = (dict(groups) for groups in got)
    assert clip == {"grad:blocks.0.attn.b_q": "one", "grad_norm": None, "clip:blocks.0.attn.b_q": "one"}
    assert set(added.values()) == {"one"}
    assert set(pattern.values()) == {None}

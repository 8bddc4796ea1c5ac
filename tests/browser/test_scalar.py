"""The scalar tabs of the Autograd page, as a student uses them."""

import re
import urllib.parse

import pytest
from playwright.sync_api import expect

MICROGRAD = "micrograd’s README"
BAD = {
    "": "no expression yet",
    "__import__('os')": "no function __import__",
    "a.b": "A dot has no meaning",
    "10**10**10": "between −100 and 100",
    "a" * 5000: "this one has 5,000",
    "soft(a)": "no function soft",
    "1/(a - a)": "divides by zero",
    "log(0 - 2)": "log” needs a number above 0",
    "(a": "never closed",
    "<b>a</b>": "cannot be read",
    "🙂": "cannot be read",
    "שלום +": "cannot be read",
}


def opened(page, app, **asked):
    page.goto(f"{app.url}/autograd?{urllib.parse.urlencode(asked)}")
    expect(page.locator(".scalar")).to_be_visible()


def box(page, title):
    """The last number of that name in the picture."""
    return page.locator(".box", has=page.locator(f'text.title:text-is("{title}")')).last


def test_the_example_of_micrograds_readme(app, page, picture):
    opened(page, app, graph="scalar")
    page.get_by_role("button", name=MICROGRAD).click()
    expect(box(page, "g").locator(".value")).to_have_text("24.7041")
    expect(box(page, "a").locator(".grad")).to_have_text("∂ 138.8338")
    expect(box(page, "b").locator(".grad")).to_have_text("∂ 645.5773")
    expect(page.locator(".stage-panel")).to_contain_text("ways together: 138.8338, the gradient")
    picture(page)


def test_bad_expressions_get_one_sentence_each_and_the_picture_stays(app, page):
    opened(page, app, graph="scalar")
    field, trouble = page.get_by_label("expression", exact=True), page.locator(".typed .trouble-line")
    for text, words in BAD.items():
        field.fill(text)
        expect(trouble).to_contain_text(words)
        expect(page.locator(".box")).not_to_have_count(0)
        assert field.input_value() == text
    field.fill("a*b")
    expect(trouble).to_be_empty()
    expect(page.locator(".box")).to_have_count(3)


def test_a_slider_moves_every_number_without_the_server(app, page):
    opened(page, app, graph="scalar", expr="a*a", vars="a:3")
    expect(page.locator(".box.result .value")).to_have_text("9")
    page.context.set_offline(True)
    page.get_by_label("a", exact=True).fill("2.5")
    expect(page.locator(".box.result .value")).to_have_text("6.25")
    expect(page.locator(".slider .grad")).to_have_text("∂ 5")
    page.context.set_offline(False)
    page.wait_for_function("location.search.includes('vars=a%3A2.5')")


def test_keys_walk_forward_and_backward(app, page):
    opened(page, app, graph="scalar", expr="a*b + a", vars="a:2,b:3")
    expect(page.locator(".box.result .value")).to_have_text("8")
    page.keyboard.press("Home")
    expect(page.locator(".box.result .value")).to_be_empty()
    for words in ("Forward: a × b = 2 × 3 = 6", "Forward: (a × b) + a = 6 + 2 = 8", "gets 1 × 1 = 1"):
        page.keyboard.press("ArrowRight")
        expect(page.locator(".said")).to_contain_text(words)
    page.keyboard.press("ArrowRight")
    expect(box(page, "a").locator(".grad")).to_have_text("∂ 4")


def test_a_cell_of_the_running_model_opens_down_to_its_scalars(app, page, picture):
    opened(page, app, graph="window", cell="blocks.0.attn.scores,1,2,1", text="mara", depth=2, terms=3)
    expect(page.locator(".stage-panel")).to_contain_text("✓ value equal to the tensor’s")
    expect(page.locator(".stage-panel")).to_contain_text("✓ gradient equal to the tensor’s")
    counted = re.compile(r"makes [\d,]+ scalars. [\d,]+ of them stand behind this cell; \d+ are drawn")
    expect(page.locator(".counted")).to_have_text(counted)
    for node in page.locator(".box.operation, .box.leaf").all()[:6]:
        node.dispatch_event("click")
        expect(page.locator(".stage-panel .trouble-line")).to_have_count(0)
    page.locator(".box.result").dispatch_event("click")
    page.get_by_role("button", name="Open its gradient").click()
    page.wait_for_function("location.search.includes('grad%3A')")
    picture(page)


def test_a_cell_of_the_step_page_leads_down_to_its_scalars(app, page):
    page.goto(f"{app.url}/step?op=blocks.0.attn.z&cell=0,1,2")
    page.get_by_role("link", name="open it down to its scalars").click()
    expect(page.locator(".stage-panel")).to_contain_text("blocks.0.attn.z[0, 1, 2]")


def test_a_weights_gradient_is_measured_beside_autograds(app, page, picture):
    opened(page, app, graph="check", text="mara")
    expect(page.locator(".explained")).to_contain_text("Yes: at its best the measured slope agrees")
    before = page.locator(".sums tr").nth(2).inner_text()
    page.get_by_label("ε", exact=True).fill("20")
    expect(page.locator(".sums tr").nth(2)).not_to_have_text(before)
    page.get_by_label("The weight").select_option("blocks.1.mlp.w_in")
    expect(page.locator(".sums h3")).to_contain_text("blocks.1.mlp.w_in[0, 0]")
    page.get_by_role("button", name="a variable of the expression").click()
    expect(page.locator(".sums h3")).to_contain_text("w = a = 2")
    picture(page)


@pytest.mark.parametrize("graph", ["window", "check", "flow"])
def test_a_text_that_was_cut_is_told(app, page, graph):
    opened(page, app, graph=graph, text="mara" * 40)
    expect(page.locator(".counted").first).to_contain_text("did not fit")


def test_a_fresh_model_begins_with_the_runs_own_settings_or_the_links(app, page):
    shown = {"residual connections": "true", "normalisation": "layernorm", "activation": "gelu"}
    others = {"residual connections": "false", "normalisation": "rmsnorm"}
    for fresh, changed in (("", {}), ("has_residual:false,norm:rmsnorm", others)):
        opened(page, app, graph="flow", text="mara", fresh=fresh)
        for label, value in {**shown, **changed}.items():
            expect(page.get_by_label(label)).to_have_value(value)


def test_without_residuals_and_norm_the_gradient_of_a_fresh_model_vanishes(app, page, picture):
    opened(page, app, graph="flow", text="mara")
    steady = re.compile("gradients (keep about their size|grow, but|shrink, but)")
    expect(page.locator(".verdict.fresh")).to_contain_text(steady)
    page.get_by_label("residual connections").select_option("false")
    page.get_by_label("normalisation").select_option("none")
    expect(page.locator(".verdict.fresh")).to_contain_text("The gradients vanish")
    expect(page.locator(".verdict").first).to_contain_text("The run now:")
    picture(page)

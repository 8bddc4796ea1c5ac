"""The tensor graph on the Autograd page, as a student uses it."""

import re

import pytest
from playwright.sync_api import expect


@pytest.fixture(scope="module")
def run(app, chromium):
    """A run that has soon finished: everybody may look at it, and nothing trains beside the tests."""
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{app.url}/autograd?n_steps=20")
    page.wait_for_url(re.compile("run="), timeout=60_000)
    yield re.search(r"run=(\w+)", page.url)[1]
    context.close()


@pytest.fixture
def graph(app, run, visitors):
    """Open the page with these query parameters and wait for the picture."""

    def open_page(query="text=marela", **options):
        page = visitors(**{"viewport": {"width": 1280, "height": 720}, **options}).page
        page.goto(f"{app.url}/autograd?{query}&run={run}")
        expect(page.locator(".autograd .item").first).to_be_visible(timeout=60_000)
        return page

    return open_page


def item(page, key):
    return page.locator(f".autograd .item[data-key='{key}']")


def names(page):
    return page.locator(".autograd .item .name").all_text_contents()


def test_the_model_opens_part_by_part(graph, picture):
    page = graph()
    assert names(page) == ["embedding", "block 0", "block 1", "unembedding", "loss"]
    item(page, "blocks.0").locator(".body").click()
    expect(item(page, "blocks.0.attn")).to_be_visible()
    item(page, "blocks.0.attn").locator(".body").click()
    assert {"q", "k", "v", "pattern", "z", "attn_out"} <= set(names(page))
    page.wait_for_url(re.compile("open=blocks.0,blocks.0.attn"))
    page.locator(".autograd .stage").hover()
    page.mouse.wheel(0, -700)
    page.locator("[data-fold='blocks.0']").click()
    assert sorted(names(page)) == ["block 0", "block 1", "embedding", "loss", "unembedding"]
    picture(page)


def test_two_layers_of_operations_fit_the_width(graph, picture):
    """q, k, v, softmax and both residual joins of both layers are there, not cut off, and large enough to read."""
    page = graph("text=marela&open=operations")
    shown = names(page)
    assert [shown.count(name) for name in ("q", "k", "v", "pattern", "resid_mid", "resid_post")] == [2] * 6
    stage = page.locator(".autograd .stage").bounding_box()
    for box in page.locator(".autograd .item .body").all():
        at = box.bounding_box()
        assert stage["x"] <= at["x"]
        assert at["x"] + at["width"] <= stage["x"] + stage["width"]
    assert item(page, 41).locator(".body").bounding_box()["height"] >= 18
    page.locator(".autograd .stage").hover()
    page.mouse.wheel(0, 700)
    picture(page)
    page.emulate_media(color_scheme="dark")
    picture(page, "dark")


def test_a_node_tells_its_numbers_its_rule_and_the_way_to_the_step_page(graph, picture):
    page = graph("text=marela&open=operations&node=41")
    panel = page.locator(".node-panel")
    expect(panel.locator("h3").first).to_have_text("blocks.0.attn.pattern")
    expect(panel.locator(".what")).to_have_text("softmax · (1, 4, 7, 7) · SoftmaxBackward0")
    expect(panel.locator(".figure:visible")).to_have_count(2)
    expect(panel.locator("math")).to_be_visible()
    expect(panel.locator(".saved")).to_contain_text("784 bytes")
    picture(page)
    panel.get_by_role("link").click()
    expect(page.locator(".stepper .place .name")).to_have_text("grad:blocks.0.attn.pattern", timeout=60_000)


def test_backward_goes_in_the_engines_order(graph, picture):
    page = graph("text=marela&open=operations")
    page.locator(".graph-head").click(force=True)
    page.keyboard.press("Home")
    expect(page.locator(".counter")).to_have_text("0 / 159 nodes")
    assert page.locator(".wire.flows").count() == 0
    for node in ("DivBackward0", "SumBackward0", "MulBackward0", "NllLossBackward0"):
        page.keyboard.press("ArrowRight")
        expect(page.locator(".says-line")).to_contain_text(node)
        expect(page.locator(".item.lit")).to_have_count(1)
    assert page.locator(".wire.flows").count() > 0
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".says-line")).to_contain_text("MulBackward0")
    page.keyboard.press("End")
    expect(page.locator(".counter")).to_have_text("159 / 159 nodes")
    assert page.locator(".wire:not(.flows)").count() == 0


def test_search_opens_what_it_finds_and_bad_texts_leave_the_picture(graph):
    page = graph()
    page.get_by_label("Find in the graph").fill("softmax")
    expect(page.locator(".hits")).to_have_text("– of 3")
    page.keyboard.press("Enter")
    expect(page.locator(".node-panel h3").first).to_have_text("blocks.0.attn.pattern")
    page.get_by_label("Find in the graph").fill("<b>nothing")
    expect(page.locator(".hits")).to_have_text("nothing")
    before = names(page)
    for text in ("💥", "<script>alert(1)</script>", "A"):
        page.get_by_label("Your text").fill(text)
        page.get_by_label("Your text").press("Enter")
        expect(page.locator(".autograd .message.trouble")).to_be_visible()
        assert names(page) == before
    page.get_by_label("Your text").fill("anna")
    page.get_by_label("Your text").press("Enter")
    expect(page.locator(".graph-head")).to_contain_text("anna")
    expect(page.locator(".autograd .message")).to_be_hidden()
    assert names(page) == before


def test_fused_attention_other_rows_and_earlier_steps(graph, picture):
    page = graph("text=marela&open=operations&fused=beside")
    expect(page.locator(".stage")).to_have_count(2)
    expect(page.locator(".stage").nth(1).get_by_text("fused attention", exact=True)).to_have_count(2)
    picture(page)
    page.get_by_label("Which attention").select_option("step by step")
    expect(page.locator(".stage")).to_have_count(1)
    page.get_by_label("Which rows go through").select_option("next batch")
    expect(page.locator(".graph-head")).to_contain_text("a batch of 32 rows")
    page.get_by_label("At which step").select_option("step 0")
    expect(page.locator(".graph-head")).to_contain_text("step 0 ·")


def test_downloads(graph, tmp_path):
    page = graph("text=marela&open=operations")
    for kind in ("SVG", "PNG", "DOT", "GraphML"):
        page.locator(".graph-tools summary").click()
        with page.expect_download() as download:
            page.locator(".graph-tools").get_by_role("button", name=kind, exact=True).click()
        file = tmp_path / download.value.suggested_filename
        download.value.save_as(file)
        assert file.suffix == f".{kind.lower()}"
        assert file.stat().st_size > 20_000

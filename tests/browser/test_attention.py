"""The Attention page in a real browser: a head is born live, then the same run is looked at as it is stored."""

import re

import pytest
from playwright.sync_api import expect


def figure(page, title):
    return page.locator("section.figure").filter(has=page.get_by_role("heading", name=title))


def picture_of(page, title):
    """The words of a picture: what a reader hears of it."""
    return figure(page, title).get_by_role("img").first


def opened(app, page, query):
    page.goto(f"{app.url}/attention?{query}")
    expect(page.locator(".gb.attention[data-step]")).to_be_visible(timeout=60_000)
    return page


@pytest.fixture(scope="module")
def born(app, chromium):
    """A finished run of the lesson "birth of an induction head", and what its page said at the first kept step it saw
    and at the end."""
    context = chromium.new_context(viewport={"width": 1280, "height": 1400})
    page = opened(app, context.new_page(), "preset=induction&layer=1")
    expect(page.locator(".step-words")).to_have_text("300 (now)", timeout=120_000)
    lines = picture_of(page, "How each head came to its work")
    expect(lines).to_have_attribute("aria-label", re.compile(r"to 0\.\d+ at step 300"), timeout=30_000)
    said = lines.get_attribute("aria-label")
    page.wait_for_url(re.compile("run="))
    yield re.search(r"run=(\w+)", page.url)[1], said
    context.close()


@pytest.fixture
def attention(app, born, visitors):
    """Open the stored run as somebody else, with these query parameters."""

    def open_page(query="", **options):
        page = visitors(**{"viewport": {"width": 1280, "height": 1400}, **options}).page
        return opened(app, page, f"run={born[0]}&{query}")

    return open_page


def test_an_induction_head_is_born_live_and_named_on_its_own(born):
    heads = re.findall(r"(1\.\d) induction: from (0\.\d+) at step 0 to (0\.\d+) at step 300", born[1])
    assert heads, born[1]
    assert all(float(first) < 0.1 for _, first, _ in heads)
    assert all(float(last) > 0.4 for _, _, last in heads)
    assert re.search(r"0\.\d previous token", born[1])


def test_a_stored_run_shows_the_birth_in_its_lines_and_at_earlier_steps(attention, picture):
    page = attention("layer=1&pair=30,24")
    heads = picture_of(page, "All heads")
    expect(heads).to_have_attribute("aria-label", re.compile(r"1\.\d induction \(score 0\.[4-9]"))
    birth = re.compile(r"1\.\d induction: from 0\.0\d at step 0 to 0\.[4-9]\d at step 300")
    expect(picture_of(page, "How each head came to its work")).to_have_attribute("aria-label", birth, timeout=30_000)
    picture(page)
    figure(page, "All heads").get_by_label("download: All heads").click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="SVG").first.click()
    assert re.search(r"1\.\d induction.*<path", saved.value.path().read_text(), re.DOTALL)
    slider = page.get_by_role("slider", name="at step")
    slider.press("Home")
    expect(page.locator(".step-words")).to_have_text("0 of 300")
    expect(heads).to_have_attribute("aria-label", re.compile("at step 0: .*1.0 spread out"))
    page.wait_for_url(re.compile("at=0"))
    page.get_by_role("button", name="now").click()
    expect(heads).to_have_attribute("aria-label", re.compile(r"at step 300: .*1\.\d induction"))


def test_a_click_on_a_cell_shows_its_whole_chain_equal_to_the_tensor(attention):
    page = attention("layer=1")
    large = figure(page, "Head 1.0")
    expect(large).to_be_visible()
    box = large.get_by_role("img").bounding_box()
    page.mouse.click(box["x"] + 60, box["y"] + box["height"] - 30)
    chain = page.locator(".links")
    expect(chain.locator(".equal")).to_contain_text(["equal to the tensor"] * 3)
    expect(chain.locator("code").first).to_contain_text("/ √32")
    page.wait_for_url(re.compile(r"pair=3\d,\d"))
    large.get_by_role("img").press("ArrowUp")
    expect(chain.locator(".equal")).to_contain_text(["equal to the tensor"] * 3)
    page.mouse.click(box["x"] + box["width"] * 0.7, box["y"] + 60)
    expect(chain.locator("code").nth(1)).to_contain_text("which cannot see it")


def test_the_induction_heads_switched_off_undo_what_was_learned(attention):
    page = attention("layer=1")
    result = page.locator(".trial .result")
    result.scroll_into_view_if_needed()  # what is out of sight is not drawn
    expect(result).to_have_text(re.compile(r"^Loss of this text: 0\.0\S+ nats"))
    for head in ("1.0", "1.1"):
        page.get_by_role("button", name=re.compile(rf"^head {head}")).click()
    expect(result).to_have_text(re.compile(r"→ [1-9]\S* nats \(\+"))
    page.wait_for_url(re.compile("off=1.0,1.1"))
    page.get_by_role("button", name="all as they were").click()
    expect(result).to_contain_text("with all heads on")


def test_a_second_text_of_another_length_gets_one_sentence(attention):
    page = attention("layer=1&patch=1.0")
    trouble, other = page.locator(".trial .trouble-line"), page.get_by_role("textbox", name="second text")
    other.scroll_into_view_if_needed()
    expect(trouble).to_contain_text("Type a second text")
    other.fill("1 2 3 <b>")
    expect(trouble).to_contain_text("got '<b>'")
    other.fill("1 2 3")
    expect(trouble).to_contain_text("as many tokens as the first, 40")
    assert trouble.locator("b").count() == 0


def test_a_text_that_cannot_be_read_leaves_the_last_pictures(attention):
    page = attention()
    message = page.locator(".gb.attention .message")
    for text, said in [("1 2 😀", "got '😀'"), ("7", "at least two tokens"), ("<img src=x>", "got '<img', 'src=x>'")]:
        page.get_by_label("Your text").fill(text)
        expect(message).to_contain_text(said)
    assert message.locator("img").count() == 0
    expect(picture_of(page, "All heads")).to_have_attribute("aria-label", re.compile("at step 300"))
    page.get_by_label("Your text").fill("1 2 3 1 2 3")
    expect(message).to_be_hidden()


def test_a_model_without_layers_says_so(app, visitors):
    page = visitors().page
    page.goto(f"{app.url}/attention?n_layers=0&n_steps=5")
    expect(page.locator(".gb.attention .empty")).to_contain_text("no layers, so no attention", timeout=60_000)

"""The Step page in a real browser: keys, links, text fields, bad texts, a narrow window, a reader that sees nothing."""

import re

import pytest
from playwright.sync_api import expect

PATTERN = "blocks.0.attn.pattern"


@pytest.fixture(scope="module")
def run(app, chromium):
    """A run that has soon finished: everybody may look at it, and nothing trains beside the tests."""
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{app.url}/step?n_steps=20")
    page.wait_for_url(re.compile("run="), timeout=60_000)
    yield re.search(r"run=(\w+)", page.url)[1]
    context.close()


@pytest.fixture
def step(app, run, visitors):
    """Open the Step page with these query parameters and wait until a trace is shown."""

    def open_page(query="text=marela", **options):
        page = visitors(**{"viewport": {"width": 1280, "height": 720}, **options}).page
        page.goto(f"{app.url}/step?{query}" + ("" if "n_layers" in query else f"&run={run}"))
        expect(counter(page)).to_contain_text("/", timeout=60_000)
        return page

    return open_page


def counter(page):
    return page.locator(".stepper .counter")


def name(page):
    return page.locator(".stepper .place .name")


def at(page):
    """Number of the operation on the screen and its name, once what was pressed has been drawn."""
    page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    return int(counter(page).inner_text().split("/")[0]), name(page).inner_text()


def settled(page, *fragments):
    """Wait until the address holds these."""
    for fragment in fragments:
        page.wait_for_url(re.compile(re.escape(fragment)), timeout=45_000)


def test_keys_walk_without_a_click(step, picture):
    page = step()
    assert at(page) == (1, "tok_emb")
    for key, operation in [
        ("ArrowRight", "pos_emb"), ("PageDown", "embedded"), ("ArrowLeft", "pos_emb"), ("PageUp", "tok_emb"),
        ("ArrowUp", "blocks.0.resid_pre"), ("ArrowUp", "blocks.1.resid_pre"), ("ArrowDown", "blocks.0.resid_pre"),
        ("l", "token_loss"), ("b", "grad:loss"), ("f", "tok_emb"),
    ]:  # fmt: skip
        page.keyboard.press(key)
        expect(name(page)).to_have_text(operation)
    page.keyboard.press("End")
    n, last = at(page)
    assert counter(page).inner_text() == f"{n} / {n}"
    assert last.startswith("new:")
    page.keyboard.press("u")
    assert at(page)[0] < n
    page.keyboard.press("Home")
    assert at(page) == (1, "tok_emb")
    picture(page)


def test_space_plays_and_any_step_by_hand_stops(step):
    page = step()
    page.get_by_label("Operations a second").select_option("8")
    page.locator(".stepper .reading").click()
    page.keyboard.press(" ")
    expect(page.get_by_role("button", name="Play or pause")).to_contain_text("Pause")
    expect(counter(page)).to_have_text(re.compile(r"^([4-9]|\d\d+) /"))
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("button", name="Play or pause")).to_contain_text("Play")
    before = at(page)
    page.wait_for_timeout(400)
    assert at(page) == before


def test_no_key_is_taken_from_a_text_field_or_with_a_modifier(step):
    page = step()
    field = page.get_by_label("Your text")
    field.focus()
    field.press("End")
    page.keyboard.type("blu")
    page.keyboard.press("Home")
    assert field.input_value() == "marelablu"
    assert at(page)[0] == 1
    page.locator(".stepper .reading").click()
    for key in ("Control+ArrowRight", "Alt+ArrowUp", "Control+b"):
        page.keyboard.press(key)
    assert at(page)[0] == 1


def test_keys_are_listed_on_demand(step):
    page = step()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    assert at(page)[0] == 1


def test_a_link_opens_text_operation_and_voices(step):
    page = step(f"text=sofia&op={PATTERN}&view=words,code&head=2")
    assert at(page)[1] == PATTERN
    assert page.locator(".stepper .tokens-read .token").all_inner_texts() == [*"⏎sofia", "⏎"]
    expect(page.locator(".stepper .voice.words")).to_be_visible()
    expect(page.locator(".stepper .voice.formula")).to_be_hidden()
    page.keyboard.press("ArrowRight")
    settled(page, "op=blocks.0.attn.z", "text=sofia", "run=")
    address = page.url
    page.reload()
    expect(name(page)).to_have_text("blocks.0.attn.z", timeout=60_000)
    settled(page, "op=blocks.0.attn.z")
    assert page.url == address


def test_another_text_keeps_the_operation_and_its_place_in_the_link(step):
    page = step(f"op={PATTERN}")
    page.get_by_label("Your text").fill("jo")
    expect(page.locator(".stepper .tokens-read .token")).to_have_text(["⏎", "j", "o", "⏎"])
    assert at(page)[1] == PATTERN
    settled(page, "text=jo", f"op={PATTERN}")


def test_other_pages_are_reached_and_the_run_stays(step, run):
    page = step()
    page.get_by_role("link", name="Train").click()
    settled(page, f"run={run}")
    page.get_by_role("link", name="Step").click()
    expect(counter(page)).to_contain_text("/", timeout=60_000)
    settled(page, f"run={run}")
    assert page.locator(".stepper .tokens-read .token").all_inner_texts() == [*"⏎marela", "⏎"]


@pytest.mark.parametrize(("text", "said"), [
    ("Zoë", "got 'Z', 'ë'"), ("😀", "got '😀'"), ("مرحبا", "the characters the model knows"),
    ("<img src=x onerror=alert(1)>", "got"), ("a" * 2**20, "The model reads 32 tokens at once"),
])  # fmt: skip
def test_a_text_that_does_not_fit_gets_one_sentence_and_no_markup(step, text, said):
    page = step()
    page.get_by_label("Your text").fill(text)
    message = page.locator(".stepper .message")
    expect(message).to_contain_text(said, timeout=30_000)
    assert message.locator("img, b").count() == 0
    assert at(page)[0] == 1
    page.get_by_label("Your text").fill("")
    expect(message).to_be_hidden(timeout=30_000)


def test_a_click_on_the_map_or_the_line_jumps(step):
    page = step()
    page.locator(f".stepper [data-key='{PATTERN}']").click()
    assert at(page)[1] == PATTERN
    page.keyboard.press("b")
    page.locator(".stepper [data-key='blocks.1']").click()
    assert at(page)[1].startswith("grad:blocks.1.")
    box = page.locator(".stepper .track").bounding_box()
    page.mouse.click(box["x"] + box["width"] - 2, box["y"] + 10)
    n = int(counter(page).inner_text().split("/")[1])
    assert n - 5 < at(page)[0] <= n


def test_what_changed_is_said_to_who_cannot_see(step):
    page = step(f"op={PATTERN}")
    said = page.locator(".stepper > [aria-live=polite]")
    expect(said).to_have_text(re.compile(r"Operation 11 of \d+, forward, block 0: pattern, softmax over key\."))
    page.keyboard.press("ArrowRight")
    expect(said).to_contain_text("block 0: z,")
    page.locator(".stepper .made .scroller").first.focus()
    for key in ("Shift+ArrowRight", "Enter"):
        page.keyboard.press(key)
    cell = r"z, .* The cell z\[0, 0, 0\] is −?[0-9.]+: head 0, position 0 “⏎”, channel 0\."
    expect(said).to_contain_text(re.compile(cell))


@pytest.mark.parametrize("width", [768, 1280])
def test_nothing_is_wider_than_the_window(step, picture, width):
    page = step(f"op={PATTERN}", viewport={"width": width, "height": 720})
    page.wait_for_timeout(300)
    picture(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    parts = page.locator(".stepper .whole > section, .stepper .middle > section").all()
    boxes = [part.bounding_box() for part in parts]
    assert len(boxes) >= 6
    for i, one in enumerate(boxes):
        assert one["x"] + one["width"] <= width
        for other in boxes[i + 1 :]:
            across = min(one["x"] + one["width"], other["x"] + other["width"]) - max(one["x"], other["x"])
            down = min(one["y"] + one["height"], other["y"] + other["height"]) - max(one["y"], other["y"])
            assert across <= 1 or down <= 1


def test_six_layers_fit_the_height_of_a_projector(step, picture):
    page = step("n_layers=6&n_steps=1&text=marela&op=blocks.3.attn.pattern")
    picture(page)
    map_box = page.locator(".stepper .map").bounding_box()
    assert map_box["y"] + map_box["height"] <= 720
    assert at(page)[1] == "blocks.3.attn.pattern"


def test_presenting_makes_type_large(step, picture):
    small = step().locator(".stepper .voice.words")
    page = step("text=marela&present=1")
    picture(page)
    size = "(element) => parseFloat(getComputedStyle(element).fontSize)"
    assert page.locator(".stepper .voice.words").evaluate(size) >= 1.25 * small.evaluate(size)


def test_presenting_makes_pictures_large_and_a_click_still_meets_its_cell(step):
    page = step(f"text=marela&op={PATTERN}&head=1&present=1")
    picture = page.locator(".stepper .made .cells").first
    assert picture.locator("canvas").evaluate("(canvas) => canvas.width / canvas.clientWidth") > 1.3
    box = picture.locator(".scroller").bounding_box()
    page.mouse.click(box["x"] + 1.5 / 7 * box["width"], box["y"] + 5.5 / 7 * box["height"])
    settled(page, "cell=1,5,1")

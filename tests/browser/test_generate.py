"""The Generate page as a student uses it: write, move sliders, choose, branch, go back."""

import re
import time

import pytest
from playwright.sync_api import expect

from model.config import PRESETS
from model.datasets import load_dataset

KEY = "a" * 32


@pytest.fixture(scope="module")
def finished(client):
    """A function: changes of the classroom run → the id of such a run after 60 steps; nothing moves by itself."""
    made = {}

    def make(**changes):
        name = str(changes)
        if name not in made:
            config = PRESETS["classroom"].config.replace(n_steps=60, **changes)
            made[name] = client.create(config.with_vocab(load_dataset(config.data).vocab_size), KEY, start=True)
        deadline = time.monotonic() + 90
        while client.request("describe", run=made[name], key=KEY)[0]["state"] != "finished":
            assert time.monotonic() < deadline, "the run does not end"
            time.sleep(0.1)
        return made[name]

    return make


@pytest.fixture
def open_page(app, visitors, finished):
    """A function that opens the page on a finished run, and waits until the model has said what comes next."""

    def visit(query="text=mar", **changes):
        page = visitors().page
        page.goto(f"{app.url}/generate?run={finished(**changes)}&{query}")
        expect(page.locator(".model-step")).to_contain_text("model at step")
        return page

    return visit


def written(page):
    return page.locator(".generate .tape .token").all_inner_texts()


def press_next(page, n):
    """Write n tokens, each when the model has answered to the one before."""
    for _ in range(n):
        before = page.locator(".generate .tape .token").count()
        page.get_by_role("button", name="Next token").click()
        expect(page.locator(".generate .tape .token")).to_have_count(before + 1)
        expect(page.get_by_role("button", name="Next token")).to_be_enabled()


def picture_of(page, title):
    return page.get_by_label(title, exact=True).locator(".figure-box")


def words(page, title):
    """A picture's alt text."""
    return picture_of(page, title).get_attribute("aria-label")


def once_quiet(page, asked):
    """How often the model was asked, once what is asked in passing has been asked."""
    n, still = -1, 0
    while still < 3:
        still = still + 1 if len(asked) == n else 0
        n = len(asked)
        page.wait_for_timeout(500)
    return n


BARS = "What comes next? From logits to probabilities"


def slide(page, name, value):
    page.locator(".rules label", has_text=name).locator("input").fill(str(value))


def test_writing_sliders_and_undo(open_page, picture):
    page, asked = open_page(), []
    page.on("request", lambda request: request.url.endswith("next_token") and asked.append(request.url))
    assert written(page) == list("⏎mar")
    before = words(page, BARS)
    press_next(page, 3)
    n = once_quiet(page, asked)
    slide(page, "Temperature", 0)
    slide(page, "Top-k", 3)
    slide(page, "Top-p", 0.5)
    expect(picture_of(page, BARS)).to_have_attribute("aria-label", re.compile("top-k keeps 3, top-p 1 of 27"))
    page.wait_for_timeout(300)
    assert len(asked) == n, "a slider asked the model"
    picture(page)
    slide(page, "Temperature", 1)
    slide(page, "Top-k", 27)
    slide(page, "Top-p", 1)
    for _ in range(3):
        page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    assert written(page) == list("⏎mar")
    expect(picture_of(page, BARS)).to_have_attribute("aria-label", before)


def test_play_writes_what_the_same_seed_writes_in_the_worker(open_page):
    page = open_page("text=mar&temperature=0.8&draws=5")
    now = page.locator(".earlier .line:visible", has_text="(now)")
    page.locator(".earlier").scroll_into_view_if_needed()
    expect(now.locator(".written-part")).not_to_have_text("…")
    expected = now.locator(".written-part").inner_text()
    page.get_by_label("speed").select_option("10")
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    text = "".join(written(page))[4:]
    assert text[: len(expected)] == expected[: len(text)]
    assert "The text ends here" in page.locator(".tape-words").inner_text() or len(text) >= 24


def test_a_token_is_chosen_by_hand_and_a_sibling_branched_to_with_the_keyboard(open_page):
    page = open_page()
    picture_of(page, BARS).focus()
    for key in ("ArrowDown", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    expect(page.locator(".tape .token.chosen")).to_have_count(1)
    press_next(page, 1)
    tree = picture_of(page, "What else it could have written")
    expect(tree).to_have_attribute("aria-label", re.compile("token 1: “.”"))
    sibling = re.search(r"token 1: “(.)”", tree.get_attribute("aria-label"))[1]
    tree.focus()
    for key in ("ArrowLeft", "ArrowLeft", "ArrowUp", "ArrowUp", "ArrowUp", "ArrowUp", "Enter"):
        page.keyboard.press(key)
    expect(page.locator(".tape .token")).to_have_count(5)
    assert written(page) == [*"⏎mar", sibling]
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".tape .token")).to_have_count(6)


def test_past_the_context_the_window_slides_and_the_page_says_so(open_page):
    page = open_page("text=marela", block_size=8)
    expect(page.locator(".tape-words")).to_contain_text("reads all 7 tokens; its window has room for 1 more")
    press_next(page, 3)
    expect(page.locator(".tape-words")).to_contain_text("window has slid on, and the first 2 tokens no longer count")
    expect(page.locator(".tape .token.gone")).to_have_count(2)


def test_a_text_that_does_not_fit_gives_one_sentence_and_loses_nothing(open_page):
    page = open_page()
    press_next(page, 1)
    field, message = page.get_by_test_id("stTextInput").locator("input"), page.locator(".generate > .message")
    for text in ("Zoë😀", "שלום", "<b id=evil>a</b>"):
        field.fill(text)
        field.press("Enter")
        expect(message).to_contain_text("text may hold")
        page.locator(".any-text").fill(text)
        expect(page.locator(".surprise-words")).to_contain_text("text may hold")
        assert len(written(page)) == 5
    assert page.locator("#evil").count() == 0
    field.fill("a" * 40)
    field.press("Enter")
    expect(message).to_contain_text("it sees the last 32")
    assert len(written(page)) == 32
    page.locator(".any-text").fill("x" * 2**20)
    expect(page.locator(".surprise-words")).to_contain_text("Only the first 2,048 tokens are shown")


def test_a_task_is_continued_in_symbols_up_to_its_answers_length(open_page):
    page = open_page("text=a+b+c+→", dataset="copy", task_length=3, block_size=16)
    assert written(page) == ["a", "b", "c", "→"]
    page.get_by_label("speed").select_option("10")
    page.get_by_role("button", name="Play").click()
    expect(page.locator(".tape-words")).to_contain_text("An answer has at most 3 symbols")
    expect(page.locator(".tape .token")).to_have_count(7)


def test_an_earlier_step_can_be_looked_at_and_stands_in_the_address(open_page):
    page = open_page()
    page.locator(".slide.at input").fill("0")
    expect(page.locator(".model-step")).to_contain_text("model at step 0")
    page.wait_for_url(re.compile(r"[?&]at=0"))
    assert max(map(float, re.findall(r"” (0\.\d+)", words(page, BARS)))) < 0.1, "an untrained model knows nothing"
    page.reload()
    expect(page.locator(".model-step")).to_contain_text("model at step 0")


def test_while_the_run_trains_the_distribution_stays_until_it_is_refreshed(app, visitors):
    visitor = visitors()
    visitor.page.goto(f"{app.url}/generate?text=mar&n_steps=100000")
    step = visitor.page.locator(".model-step")
    expect(step).to_contain_text("the run is at step")
    before = re.search(r"model at step ([\d,]+)", step.inner_text())[1]
    visitor.page.wait_for_timeout(1000)
    assert f"model at step {before} ·" in step.inner_text()
    visitor.page.get_by_role("button", name="Refresh to now").click()
    expect(step).not_to_contain_text(f"model at step {before} ")
    visitor.page.get_by_role("button", name="Live").click()
    seen = set()
    visitor.wait(lambda: seen.add(re.search(r"model at step ([\d,]+)", step.inner_text())[1]) or len(seen) > 2)

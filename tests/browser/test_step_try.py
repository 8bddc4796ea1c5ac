"""Trying things on the Step page: the next iteration, one weight, adopting, following; and texts that make no sense."""

import re
import time

import pytest
from playwright.sync_api import expect

from model.runs.client import Client

LOSS = re.compile(r"loss of this text (\S+) → (\S+) \((\S+)\)")


@pytest.fixture
def open_step(app, visitors):
    """Open the Step page of a run of one's own with these query parameters; a trace is shown."""

    def open_page(query="", steps=60, **options):
        visitor = visitors(**options)
        visitor.page.goto(f"{app.url}/?n_steps=100000")
        visitor.wait(lambda: visitor.step >= steps)
        visitor.page.get_by_test_id("stMain").get_by_role("button", name="Pause").click()
        visitor.wait(lambda: visitor.state == "paused")
        visitor.page.goto(f"{app.url}/step?run={visitor.run}&{query}")
        expect(stepper(visitor.page)).to_have_attribute("data-step", re.compile(r"\d"), timeout=60_000)
        return visitor

    return open_page


def stepper(page):
    return page.locator(".stepper")


def button(page, name):
    return stepper(page).get_by_role("button", name=name, exact=True)


def said(page):
    """The losses before and after and their difference, once a try has come to its end."""
    line = page.locator(".trying .said")
    expect(line).to_have_text(LOSS, timeout=60_000)
    return [float(number.replace("−", "-")) for number in LOSS.fullmatch(line.inner_text()).groups()]


def shown_step(page):
    return int(stepper(page).get_attribute("data-step"))


def scores(page):
    """The loss of each token as it stands in the titles of the bars."""
    titles = page.locator(".columns .column").evaluate_all("(bars) => bars.map((bar) => bar.title)")
    return [re.search(r"(\S+) nats", title)[1] for title in titles]


def wait_for_scores(page, is_right):
    """Until the bars' losses are right: what is typed stands in its field before they are drawn."""
    deadline = time.monotonic() + 60
    while not is_right(scores(page)):
        assert time.monotonic() < deadline, scores(page)
        page.wait_for_timeout(50)


def test_the_next_iteration_lowers_the_loss_of_the_text_and_leaves_the_run_alone(app, open_step, picture):
    visitor = open_step("text=marela")
    page, step = visitor.page, shown_step(visitor.page)
    with_run = Client(app.home)
    weights = with_run.request("weights", run=visitor.run, names=["unembed"])[1]["unembed"]
    before_bars = scores(page)
    button(page, "next iteration ▸").click()
    before, after, change = said(page)
    assert after < before
    assert change == pytest.approx(after - before, abs=2e-3)
    expect(stepper(page)).to_have_attribute("data-step", str(step + 1))
    expect(page.locator(".trying .where")).to_contain_text("what-if of")
    wait_for_scores(page, lambda found: found != before_bars)
    expect(page.locator(".columns .was")).to_have_count(7)
    picture(page)
    button(page, "next iteration ▸").click()
    expect(stepper(page)).to_have_attribute("data-step", str(step + 2))
    assert said(page)[0] == pytest.approx(after, abs=1e-3)
    page.reload()
    expect(stepper(page)).to_have_attribute("data-step", str(step + 2), timeout=60_000)
    assert (with_run.request("weights", run=visitor.run, names=["unembed"])[1]["unembed"] == weights).all()
    button(page, "Back to the run").click()
    expect(stepper(page)).to_have_attribute("data-step", str(step))
    assert "whatif" not in page.url
    with_run.close()


def test_a_chosen_cell_tells_what_one_iteration_made_of_it(open_step):
    page = open_step("text=marela&op=blocks.0.attn.pattern&cell=0,3,1").page
    button(page, "next iteration ▸").click()
    said(page)
    expect(page.locator(".trying .saying .unit")).to_have_text(
        re.compile(r"pattern\[0, 3, 1\] 0\.\d+ → 0\.\d+ \([+−].*\)")
    )
    assert "pattern" in page.locator(".stepper .place .name").inner_text()


def test_one_weight_is_edited_foretold_and_taken_back(open_step, picture):
    page = open_step("text=marela&op=blocks.1.mlp.mlp_out").page
    step = shown_step(page)
    page.get_by_label("parameter").select_option("unembed")
    value = page.get_by_label("value", exact=True)
    expect(value).not_to_have_value("")
    first, at_first = value.input_value(), scores(page)
    value.fill("1.5")
    value.press("Enter")
    before, after, _ = said(page)
    assert after != before
    expect(page.locator(".weight .why")).to_have_text(re.compile("gradient .* foretold .* it really changed by"))
    wait_for_scores(page, lambda found: found != at_first)
    picture(page)
    button(page, "+ ε").click()
    expect(value).to_have_value("1.51000")
    button(page, "Undo all").click()
    expect(value).to_have_value(first)
    expect(button(page, "Undo")).to_be_disabled()
    wait_for_scores(page, lambda found: found == at_first)
    assert shown_step(page) == step


def test_a_slider_changes_loss_and_guesses_while_it_moves(open_step):
    page = open_step("text=marela").page
    page.get_by_label("parameter").select_option("norm_final.gain")
    slider = page.get_by_label("value by slider")
    expect(slider).to_be_enabled()
    slider.focus()
    for key in ["ArrowRight"] * 5 + ["End"]:
        page.keyboard.press(key)
    expect(page.locator(".weight .why")).to_have_text(re.compile(r"change \+1\.\d+ foretold"))
    before, after, _ = said(page)
    assert after != before
    expect(button(page, "Undo")).to_have_attribute("title", "1 edited")
    assert "tok_emb" in page.locator(".stepper .place .name").inner_text(), "the slider's arrows do not step"


def test_a_weight_that_is_clicked_in_the_stepper_is_the_one_to_edit(open_step):
    page = open_step("text=marela&op=blocks.0.attn.q&cell=blocks.0.attn.w_q,5,9").page
    expect(page.get_by_label("parameter")).to_have_value("blocks.0.attn.w_q")
    assert page.locator(".weight .index").evaluate_all("(fields) => fields.map((one) => one.value)") == ["5", "9"]


def test_an_adopted_fork_is_opened_and_listed(app, open_step):
    visitor = open_step("text=marela")
    page, run = visitor.page, visitor.run
    button(page, "next iteration ▸").click()
    said(page)
    page.wait_for_url(re.compile("whatif="))
    fork = re.search(r"whatif=(\w+)", page.url)[1]
    button(page, "Adopt").click()
    page.wait_for_url(re.compile(f"run={fork}"))
    assert "whatif" not in page.url
    expect(page.locator(".trying .fork")).to_be_hidden()
    page.get_by_test_id("stSidebar").get_by_role("combobox").click()
    expect(page.get_by_role("option")).to_have_count(2)
    assert run != fork


def test_following_holds_the_operation_and_the_cell(open_step, picture):
    visitor = open_step("text=marela&op=blocks.0.attn.pattern&cell=1,3,1")
    page, step = visitor.page, shown_step(visitor.page)
    page.get_by_test_id("stSidebar").get_by_role("button", name="Start").click()
    button(page, "follow").click()
    expect(stepper(page)).not_to_have_attribute("data-step", str(step), timeout=60_000)
    second = shown_step(page)
    page.wait_for_function("(step) => [...document.querySelectorAll('*')].some((one) => "
                           "one.shadowRoot?.querySelector('.stepper')?.dataset.step > step)", arg=second)  # fmt: skip
    assert "pattern" in page.locator(".stepper .place .name").inner_text()
    assert "cell=1,3,1" in page.url
    picture(page)
    button(page, "follow").click()
    expect(button(page, "follow")).to_have_attribute("aria-pressed", "false")


def test_an_unknown_fork_is_one_sentence_and_the_run_is_shown(open_step):
    page = open_step(f"text=marela&whatif={'0' * 32}").page
    expect(page.get_by_text("is not there, or not yours: this is the run itself.")).to_be_visible()
    expect(page.locator(".trying .fork")).to_be_hidden()


BAD = {
    "emoji": ("ma😀ra", "😀"),
    "right to left": ("مرحبا", "and 2 more"),
    "markup": ("<b>mara</b><script>alert(1)</script>", "and 3 more"),
    "capitals": ("Zoë", "ë"),
    "long": ("abcdefghijklmnopqrstuvwxyz" * 3, "did not fit"),
    "a megabyte": ("marela" * 170_000, "did not fit"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_text_that_cannot_be_read_is_one_sentence_and_nothing_is_lost(open_step, picture, kind):
    text, words = BAD[kind]
    page = open_step().page
    field = page.get_by_role("textbox", name="Your text")
    field.evaluate("(field) => field.focus()")
    page.evaluate("(text) => document.execCommand('insertText', false, text)", text)
    message = page.locator(".stepper .message span")
    expect(message).to_contain_text(words)
    assert len(message.inner_text()) < 300
    assert "\n" not in message.inner_text()
    assert field.input_value() == text
    assert page.locator("b, script").filter(has_text="mara").count() == 0
    picture(page)
    field.fill("mara")
    expect(message).to_be_hidden()
    expect(page.locator(".tokens-read")).to_contain_text("mara")


def test_one_character_and_an_empty_text_are_read(open_step):
    page = open_step("text=m").page
    expect(page.locator(".tokens-read .token")).to_have_count(3)
    page.get_by_role("textbox", name="Your text").fill("")
    expect(page.locator(".tokens-read .token")).not_to_have_count(3)
    button(page, "next iteration ▸").click()
    said(page)

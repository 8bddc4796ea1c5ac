"""The live picture under a student's hands: crosshair, zoom, the table, and that it stays what it is while it moves."""

import re

import pytest
from playwright.sync_api import expect


@pytest.fixture
def training(app, visitor):
    """A visitor whose own run has begun to train."""
    visitor.page.goto(app.url)
    visitor.wait(lambda: visitor.step >= 30)
    return visitor


def plot(page):
    return page.locator(".gb.train .plot").first


def readout(page):
    return page.locator(".gb.train .readout")


def test_the_arrow_keys_walk_along_the_curve(training):
    page = training.page
    plot(page).focus()
    plot(page).press("Home")
    expect(readout(page)).to_contain_text(re.compile(r"step 1\b.*train 3\.[23]"))
    plot(page).press("ArrowRight")
    plot(page).press("ArrowRight")
    expect(readout(page)).to_contain_text(re.compile(r"step 3\b"))
    plot(page).press("Escape")
    expect(readout(page)).not_to_contain_text(re.compile(r"step 3\b"))


def test_a_zoom_outlives_new_points_and_reruns_without_a_remount(training):
    page = training.page
    plot(page).evaluate("element => { element.isTheSame = true; }")
    plot(page).focus()
    plot(page).press("Home")
    plot(page).press("+")
    whole = page.get_by_role("button", name="whole run")
    expect(whole).to_be_visible()
    page.get_by_role("spinbutton", name="Learning rate, exactly", exact=True).fill("0.001")
    page.keyboard.press("Enter")
    seen = training.step
    training.wait(lambda: training.last(("event",), "event") and training.step > seen + 10)
    assert plot(page).evaluate("element => element.isTheSame")
    expect(whole).to_be_visible()
    whole.click()
    expect(whole).to_be_hidden()


def test_who_opens_a_run_that_stands_sees_its_pictures_and_so_does_who_reloads(training, visitors):
    page = training.page
    page.get_by_test_id("stMain").get_by_role("button", name="Pause").click()
    training.wait(lambda: training.state == "paused")
    training.wait(lambda: training.last(("probe",), "step") == training.step)
    other = visitors()
    other.page.goto(page.url)
    n_seen = len(training.frames)
    page.reload()
    for kind in ("probe", "samples"):
        other.wait(lambda kind=kind: any(frame["kind"] == kind for frame in other.frames))
        training.wait(lambda kind=kind: any(frame["kind"] == kind for frame in training.frames[n_seen:]))


def test_the_table_holds_every_step(training, tmp_path):
    page = training.page
    page.get_by_test_id("stMain").get_by_role("button", name="Pause").click()
    training.wait(lambda: training.state == "paused")
    with page.expect_download() as waiting:
        page.get_by_label("download: loss", exact=True).click()
        page.locator(".panel.curve").get_by_role("button", name="CSV").click()
    waiting.value.save_as(tmp_path / "run.csv")
    head, *lines = (tmp_path / "run.csv").read_text().splitlines()
    assert head.startswith("step,loss,loss_mean,val_loss")
    assert [int(line.split(",")[0]) for line in lines] == list(range(1, training.step + 1))
    assert float(lines[0].split(",")[1]) == pytest.approx(training.losses[1], rel=1e-6)


def test_space_pauses_and_starts_but_not_from_a_field(training):
    page = training.page
    page.get_by_role("heading", name="loss", exact=True).click()
    page.keyboard.press("Space")
    training.wait(lambda: training.state == "paused")
    page.get_by_role("spinbutton", name="Learning rate, exactly", exact=True).focus()
    page.keyboard.press("Space")
    page.wait_for_timeout(500)
    assert training.state == "paused"


def test_another_head_is_asked_for_and_shown(training):
    panel = training.page.locator(".panel.attention")
    panel.scroll_into_view_if_needed()
    panel.get_by_role("group", name="layer").get_by_role("button", name="1").click()
    expect(panel.locator(".tensor-name")).to_have_text("blocks.1.attn.pattern")
    expect(panel.get_by_role("img")).to_have_attribute("aria-label", re.compile("layer 1, head 0, 32 by 32"))


def test_the_picture_speaks_to_who_does_not_see_it(training):
    words = re.compile(r"After \d+ of 1,000 steps .* nats.*Arrow keys")
    expect(plot(training.page)).to_have_attribute("aria-label", words)

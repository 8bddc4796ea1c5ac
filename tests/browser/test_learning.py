"""What a student does first: open the page, watch it learn, stop it, take one step, change the learning rate."""

import pytest
from playwright.sync_api import expect


@pytest.fixture
def training(app, visitor):
    """A visitor whose own run has begun to train."""
    visitor.page.goto(app.url)
    visitor.wait(lambda: visitor.step >= 20)
    return visitor


def button(page, name):
    """A button of the live picture (the sidebar has some of the same name)."""
    return page.get_by_test_id("stMain").get_by_role("button", name=name)


def pause(visitor):
    button(visitor.page, "Pause").click()
    visitor.wait(lambda: visitor.state == "paused")


def mean(losses, first, last):
    return sum(losses[step] for step in range(first, last + 1)) / (last - first + 1)


def test_it_opens_and_learns_by_itself(app, visitor, picture):
    visitor.page.goto(app.url)
    visitor.wait(lambda: visitor.step >= 10)
    assert visitor.losses[1] == pytest.approx(3.3, abs=0.33)  # ln 27: it guesses
    visitor.wait(lambda: visitor.step >= 200)
    assert mean(visitor.losses, 180, 200) < visitor.losses[1] - 0.5
    assert sorted(visitor.losses) == list(range(1, visitor.step + 1)), "a step is missing"
    picture(visitor.page)


def test_pause_one_step_and_resume(training, picture):
    pause(training)
    before = training.step
    button(training.page, "step").first.click()
    training.wait(lambda: training.step > before)
    training.page.wait_for_timeout(500)
    assert (training.step, training.state) == (before + 1, "paused")
    picture(training.page)
    button(training.page, "Start").click()
    training.wait(lambda: training.state == "training" and training.step > before + 20)


def test_a_changed_learning_rate_is_an_event_on_the_curve(training, picture):
    number = training.page.get_by_role("spinbutton", name="Learning rate, exactly", exact=True)
    number.fill("0.0007")
    number.press("Enter")
    training.wait(lambda: training.last(("event",), "event"))
    event = training.last(("event",), "event")
    assert (event["kind"], event["changes"]) == ("set", {"learning_rate": 0.0007})
    assert event["step"] <= training.step + 1
    training.wait(lambda: training.last(("snapshot", "state"), "train")["learning_rate"] == 0.0007)
    expect(training.page.get_by_test_id("stMain").get_by_text("learning rate 0.003 → 0.0007").first).to_be_attached()
    picture(training.page)


def test_refreshing_keeps_the_run(training):
    run, step = training.run, training.step
    training.frames.clear()
    training.losses.clear()
    training.page.reload()
    training.wait(lambda: training.step > step)
    assert training.run == run
    assert f"run={run}" in training.page.url


def test_learning_rate_1e9_is_explained(training, picture):
    number = training.page.get_by_role("spinbutton", name="Learning rate, exactly", exact=True)
    number.fill("1e9")
    number.press("Enter")
    training.wait(lambda: training.state == "diverged")
    divergence = training.last(("state",), "divergence")
    assert divergence["tensor"]
    assert divergence["cures"]
    main = training.page.get_by_test_id("stMain")
    expect(main.get_by_text(divergence["tensor"]).first).to_be_visible()
    picture(training.page)
    main.get_by_role("button", name=divergence["cures"][0]["text"]).click()
    training.wait(lambda: training.state == "training" and training.step > divergence["step"])


def test_reset_starts_over_and_keeps_the_old_curve_as_a_ghost(training, picture):
    training.wait(lambda: training.step >= 60)
    pause(training)
    first = training.losses[1]
    button(training.page, "Reset").click()
    training.wait(lambda: training.step == 0)
    assert training.last(("rewind",), "ghost") is True
    button(training.page, "Start").click()
    training.wait(lambda: training.step >= 10)
    assert training.losses[1] == first, "the same seed, the same first step"
    picture(training.page)

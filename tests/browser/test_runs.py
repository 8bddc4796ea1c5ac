"""Runs outlive what happens to them: another architecture, a killed worker, a restarted server; and who may do what."""

import pytest
from playwright.sync_api import expect

from tools.app_process import AppProcess, busiest_process


@pytest.fixture
def training(app, visitor):
    visitor.page.goto(app.url)
    visitor.wait(lambda: visitor.step >= 20)
    return visitor


def test_another_architecture_is_a_new_run_and_the_old_one_stays_in_the_list(training, picture):
    page, old = training.page, training.run
    training.open_settings("Model")
    slider = page.get_by_role("slider", name="Layers")
    slider.focus()
    slider.press("ArrowLeft")
    expect(page.get_by_text("Layers 2 → 1")).to_be_visible()
    assert training.run == old, "moving a slider starts nothing"
    page.get_by_role("button", name="Start new run").click()
    training.wait(lambda: training.run != old and training.step >= 5)
    assert training.last(("snapshot",), "run")["config"]["n_layers"] == 1
    picture(page)
    training.settle()
    page.get_by_test_id("stSidebar").get_by_role("combobox").click()
    options = page.get_by_role("option")
    expect(options).to_have_count(2)
    options.nth(1).click()
    training.wait(lambda: training.run == old)
    expect(page.get_by_test_id("stMain").get_by_text("2 layers")).to_be_visible()


def test_a_killed_worker_returns_with_a_mark(fresh_app, visitor, picture):
    visitor.page.goto(fresh_app.url)
    visitor.wait(lambda: visitor.step >= 200)
    n_frames = len(visitor.frames)
    busiest_process(fresh_app.process.pid).kill()
    kinds = lambda: [frame["kind"] for frame in visitor.frames[n_frames:]]  # noqa: E731
    visitor.wait(lambda: "rewind" in kinds() and "points" in kinds()[kinds().index("rewind") :])
    visitor.wait(lambda: visitor.state == "training")
    assert any(frame["event"]["kind"] == "restart" for frame in visitor.frames if frame["kind"] == "event")
    assert sorted(visitor.losses) == list(range(1, visitor.step + 1))
    picture(visitor.page)


def test_a_run_goes_on_after_the_server_was_restarted(tmp_path, visitor):
    with AppProcess(tmp_path) as app:
        visitor.page.goto(app.url)
        visitor.wait(lambda: visitor.step >= 100)
        run, step, n_errors = visitor.run, visitor.step, len(visitor.errors)
    with AppProcess(tmp_path, app.port):
        visitor.wait(lambda: visitor.step > step + 50)
        assert visitor.run == run
        visitor.page.goto("about:blank")
    # A server that is away is worth a word in the console, Streamlit's and the browser's own; an exception is not.
    visitor.errors[n_errors:] = [error for error in visitor.errors[n_errors:] if error.startswith("uncaught")]


def test_a_second_browser_watches_and_forks_but_does_not_control(training, visitors, picture):
    other = visitors()
    other.page.goto(training.page.url)
    other.wait(lambda: other.step >= training.step)
    assert other.run == training.run
    assert other.last(("hello",), "owner") is False
    main = other.page.get_by_test_id("stMain")
    for name in ("Pause", "Reset"):
        expect(main.get_by_role("button", name=name).and_(other.page.locator(":enabled"))).to_have_count(0)
    picture(other.page)
    main.get_by_role("button", name="Fork").click()
    other.wait(lambda: other.run != training.run and other.last(("hello",), "owner") is True)
    assert training.state in ("training", "finished"), "the owner's run went on"


def test_a_run_deleted_in_another_tab_leaves_a_sentence_and_a_new_run(training, picture):
    page, old = training.page, training.run
    other = page.context.new_page()
    other.goto(page.url)
    other.get_by_test_id("stSidebar").get_by_role("button", name="more_horiz").click()
    other.get_by_role("button", name="Delete this run").click()
    main = page.get_by_test_id("stMain")
    expect(main.get_by_text("deleted")).to_be_visible()
    expect(page.get_by_role("button", name="Pause").or_(page.get_by_role("button", name="Start"))).to_have_count(0)
    picture(page)
    other.close()
    main.get_by_role("button", name="New run").click()
    training.wait(lambda: training.run != old and training.step >= 5)


def test_a_run_that_does_not_exist_gets_one_sentence_and_a_new_run(app, visitor, picture):
    visitor.page.goto(f"{app.url}/?run={'0' * 32}")
    visitor.wait(lambda: visitor.step >= 5)
    assert visitor.run != "0" * 32
    expect(visitor.page.get_by_text("A new run was started instead.")).to_be_visible()
    picture(visitor.page)


def test_the_shipped_run_is_shown_first_and_says_so(chromium, fresh_app, visitor, picture):
    page = visitor.page
    page.route_web_socket("**/live/**", lambda socket: None)  # the visitor's own run has nothing to show yet
    page.goto(fresh_app.url)
    expect(page.get_by_text("ships with").first).to_be_visible()
    picture(page)

"""A text of one's own: what is refused, and in how many words; what is accepted trains."""

import re
from contextlib import suppress

import pytest
from playwright.sync_api import expect

REFUSED = {
    "empty": (b"", "empty"),
    "binary": (bytes(range(256)) * 40, "UTF-8"),
    "large": (b"to be or not to be " * 160_000, "2 MB"),
}


@pytest.fixture
def data_tab(app, visitor):
    page = visitor.page
    page.goto(app.url)
    visitor.wait(lambda: visitor.step >= 1)
    visitor.open_settings("Data")
    own = page.get_by_role("option", name="your own text")
    for _ in range(5):  # the list closes if the page happens to be made anew
        page.get_by_role("combobox", name="Data").click()
        page.wait_for_timeout(1000)
        with suppress(AssertionError):
            expect(own).to_be_visible(timeout=5_000)
        if own.is_visible():
            own.click()
            break
    expect(page.get_by_test_id("stFileUploader")).to_be_visible()
    return visitor


def upload(page, data):
    file = {"name": "mine.txt", "mimeType": "text/plain", "buffer": data}
    page.get_by_test_id("stFileUploader").locator("input").set_input_files(file)


@pytest.mark.parametrize("kind", REFUSED)
def test_a_file_that_is_no_text_of_ours_is_refused_in_one_sentence(data_tab, picture, kind):
    data, reason = REFUSED[kind]
    run = data_tab.run
    upload(data_tab.page, data)
    alert = data_tab.page.get_by_test_id("stAlertContentError")
    expect(alert).to_have_text(re.compile(reason))
    assert len(alert.locator("p").inner_text().strip().splitlines()) == 1
    picture(data_tab.page)
    assert data_tab.run == run


def test_a_text_of_ones_own_trains(data_tab, picture):
    page = data_tab.page
    old = data_tab.run
    upload(page, "the cat sat on the mat. <b>ein Ärgernis</b>\n".encode() * 200)
    expect(page.get_by_text("characters are ready")).to_be_visible()
    page.get_by_role("button", name="Start new run").click()
    data_tab.wait(lambda: data_tab.run != old and data_tab.step >= 20)
    assert data_tab.last(("snapshot",), "run")["dataset"] == "text"
    picture(page)

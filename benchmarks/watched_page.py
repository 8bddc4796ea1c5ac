"""A Chromium in front of the app, with `watching.js` in the page: what the browser benchmarks share."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tools.chromium import NONE_FOUND, find

SCRIPT = Path(__file__).with_name("watching.js")
SIZE = {"width": 1280, "height": 1000}


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless Chromium; RuntimeError where none is installed."""
    path = find()
    if path is None:
        raise RuntimeError(NONE_FOUND)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


def fresh_page(browser: Browser) -> Page:
    """A tab of a profile of its own, nothing cached, watched from the first line on."""
    page = browser.new_context(viewport=SIZE).new_page()
    page.add_init_script(path=SCRIPT)
    return page


def seen(page: Page) -> dict[str, Any]:
    """What `watching.js` has noted so far: frames and paints."""
    return page.evaluate("window.__seen")

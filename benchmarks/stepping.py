"""How soon a key moves the Step page: from keydown to the frame that shows the next operation, in headless Chromium.

The classroom model (2 layers × 4 heads, width 64) on 32 tokens, its run paused. Keys come one at a time, through every
operation of forward, loss and backward and 60 of the update; a second walk measures again what is then warm. A key that
does nothing tells how much of it is the browser's own way from a key to the next frame.
"""

import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from benchmarks.report import median, percentile, report
from benchmarks.watched_page import chromium
from tools.app_process import AppProcess

SIZE = {"width": 1280, "height": 720}
TEXT = "abcdefghijklmnopqrstuvwxyzabcde"  # with the line end before it: 32 tokens to read
N_UPDATE, N_IDLE = 60, 60
BARS = {"key_to_paint_ms_median": "<= 16", "key_to_paint_ms_p95": "<= 33"}

# A message posted from a frame's callback arrives when that frame has been painted.
WATCH = """() => {
  window.__keys = [];
  const channel = new MessageChannel();
  let pressed = 0;
  channel.port1.onmessage = () => window.__keys.push(performance.now() - pressed);
  addEventListener("keydown", (event) => {
    pressed = event.timeStamp;
    requestAnimationFrame(() => channel.port2.postMessage(0));
  }, { capture: true });
}"""


def walk(page: Page, n: int, key: str = "ArrowRight") -> list[float]:
    """Press a key n times, each when the one before is on the screen; milliseconds from key to paint."""
    page.evaluate("window.__keys = []")
    for i in range(n):
        page.keyboard.press(key)
        page.wait_for_function("(n) => window.__keys.length > n", arg=i, polling=5)
    times: list[float] = page.evaluate("window.__keys")
    return times


def measure(page: Page, url: str) -> dict[str, Any]:
    """Open the page, pause the run, walk twice."""
    page.goto(f"{url}/step?text={TEXT}")
    page.locator(".stepper .counter").wait_for()
    page.get_by_role("button", name="Pause").first.click()
    page.wait_for_timeout(3000)
    tokens = page.locator(".stepper .tokens-read .token").count() - 1
    total = int(page.locator(".stepper .track").get_attribute("aria-valuemax") or 0)
    page.evaluate(WATCH)
    page.keyboard.press("u")
    n = int(page.locator(".stepper .track").get_attribute("aria-valuenow") or 0) - 1 + N_UPDATE
    page.wait_for_timeout(3000)  # the update's numbers are fetched
    idle = walk(page, N_IDLE, "x")
    times = {}
    for walked in ("first", "again"):
        page.keyboard.press("Home")
        page.wait_for_timeout(300)
        times[walked] = walk(page, min(n, total - 1))
    both = times["first"] + times["again"]
    return {
        "tokens": tokens, "operations": total, "keys": len(both),
        "key_to_paint_ms_median": median(both), "key_to_paint_ms_p95": percentile(both, 0.95),
        "key_to_paint_ms_worst": float(f"{max(both):.4g}"),
        "idle_key_ms_median": median(idle), "idle_key_ms_p95": percentile(idle, 0.95),
        **{f"{walked}_ms_median": median(each) for walked, each in times.items()},
    }  # fmt: skip


def main() -> None:
    """Print the figures as JSON."""
    with tempfile.TemporaryDirectory(prefix="glassbox-") as home, AppProcess(Path(home)) as app, chromium() as browser:
        page = browser.new_context(viewport=SIZE).new_page()  # type: ignore[arg-type]
        report("stepping", measure(page, app.url), BARS)


if __name__ == "__main__":
    main()

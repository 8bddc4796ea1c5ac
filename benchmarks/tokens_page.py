"""How soon a step moves the Tokens page: from the press of a button or key to the painted frame, in headless Chromium.

20,000 bytes of English prose and 500 merges, its run paused. One merge on or back by click, then by key; then jumps
on the slider. Learning itself, in the web process, is timed apart.
"""

import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page

from benchmarks.report import median, percentile, report
from benchmarks.watched_page import chromium
from model.bpe_record import learned_record
from model.texts import prose
from tools.app_process import AppProcess

SIZE = {"width": 1280, "height": 900}
N = 120
BARS = {"click_to_paint_ms_p95": "<= 50", "key_to_paint_ms_p95": "<= 50", "jump_to_paint_ms_p95": "<= 50"}

# A message posted from a frame's callback arrives when that frame has been painted.
WATCH = """() => {
  window.__times = [];
  const channel = new MessageChannel();
  let pressed = 0;
  channel.port1.onmessage = () => window.__times.push(performance.now() - pressed);
  for (const kind of ["click", "keydown", "input"]) addEventListener(kind, (event) => {
    pressed = event.timeStamp;
    requestAnimationFrame(() => channel.port2.postMessage(0));
  }, { capture: true });
}"""


def timed(page: Page, n: int) -> float:
    """Milliseconds of the n-th action, once it has been painted."""
    page.wait_for_function("(n) => window.__times.length > n", arg=n, polling=5)
    return float(page.evaluate("(n) => window.__times[n]", n))


def measure(page: Page, url: str) -> dict[str, object]:
    """Open the page, pause the run, walk by click, by key and by jumps."""
    page.goto(f"{url}/tokens?learn=prose")
    page.locator(".tokens-whole").wait_for()
    page.get_by_test_id("stSidebar").get_by_role("button", name="Pause").first.click()
    page.wait_for_timeout(3000)
    page.evaluate(WATCH)
    on, back = (page.get_by_role("button", name=name) for name in ("One merge on", "One merge back"))
    times: dict[str, list[float]] = {"click": [], "key": [], "jump": []}
    done = 0
    for i in range(N):
        (back if i % 4 < 3 else on).click()
        times["click"].append(timed(page, done))
        done += 1
    for i in range(N):
        page.keyboard.press("ArrowLeft" if i % 4 < 3 else "ArrowRight")
        times["key"].append(timed(page, done))
        done += 1
    slider = page.get_by_label("Merges made")
    for i in range(N // 2):
        slider.evaluate(
            "(e, k) => { e.value = k; e.dispatchEvent(new Event('input', { bubbles: true, composed: true })); }",
            (i * 263) % 500,
        )
        times["jump"].append(timed(page, done))
        done += 1
    return {
        f"{kind}_to_paint_ms_{name}": figure
        for kind, each in times.items()
        for name, figure in (("median", median(each)), ("p95", percentile(each, 0.95)), ("worst", max(each)))
    }


def seconds_to_learn() -> float:
    """The stepper's 500 merges of 20,000 bytes, with every pair count that it keeps."""
    text = prose(0.9)[0]
    started = time.perf_counter()
    learned_record(text)
    return time.perf_counter() - started


def main() -> None:
    """Print the figures as JSON."""
    learning = median([seconds_to_learn() for _ in range(3)])
    with tempfile.TemporaryDirectory(prefix="glassbox-") as home, AppProcess(Path(home)) as app, chromium() as browser:
        page = browser.new_context(viewport=SIZE).new_page()  # type: ignore[arg-type]
        report("tokens_page", {**measure(page, app.url), "seconds_to_learn": learning}, BARS)


if __name__ == "__main__":
    main()

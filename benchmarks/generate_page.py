"""How soon the Generate page answers: a slider moved → its bars painted, and the next token asked for → painted.

The classroom model (2 layers × 4 heads, width 64) in headless Chromium; the slider while the run stands still, the next
token also while it trains. A slider moves by one arrow key at a time.
"""

import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from benchmarks.hosted import ENDLESS, KEY
from benchmarks.report import median, percentile, report
from benchmarks.watched_page import chromium
from model.runs.client import Client
from tools.app_process import AppProcess

SIZE = {"width": 1280, "height": 1000}
N_TOKENS = 60
BARS = {
    "slider_to_paint_ms_p95": "<= 50", "token_to_paint_ms_p95": "<= 300", "token_to_paint_training_ms_p95": "<= 300",
}  # fmt: skip

# The bars' alt text is written in the frame that paints them; a message posted from there arrives after the paint.
WATCH = """() => {
  window.__times = [];
  const root = [...document.querySelectorAll("*")].map((e) => e.shadowRoot).find((s) => s?.querySelector(".generate"));
  const box = root.querySelector(".figure-box");
  const channel = new MessageChannel();
  let begun = 0;
  channel.port1.onmessage = () => { if (begun) window.__times.push(performance.now() - begun); begun = 0; };
  new MutationObserver(() => channel.port2.postMessage(0)).observe(box, { attributes: true, attributeFilter: ["aria-label"] });
  const start = (event) => { begun = event.timeStamp; };
  root.addEventListener("keydown", start, { capture: true });
}"""  # noqa: E501


def timed(page: Page, key: str, n: int) -> list[float]:
    """Press a key n times, each when the bars that it changes are painted; milliseconds from key to paint."""
    page.evaluate("window.__times = []")
    for i in range(n):
        page.keyboard.press(key)
        page.wait_for_function("(n) => window.__times.length > n", arg=i, polling=5)
        page.wait_for_timeout(30)
    times: list[float] = page.evaluate("window.__times")
    return times[:n]


def tokens(page: Page) -> list[float]:
    """Write tokens one by one: the bars stay as they are until the answer's own are painted."""
    page.get_by_role("button", name="Next token").focus()
    return timed(page, "Enter", N_TOKENS)


def measure(page: Page, url: str, client: Client) -> dict[str, Any]:
    """Open the page on a run that trains, then on the same one paused."""
    run = client.create(ENDLESS, KEY)
    page.goto(f"{url}/generate?run={run}&text=mar")
    page.locator(".model-step", has_text="model at step").wait_for()
    page.wait_for_timeout(3000)
    page.evaluate(WATCH)
    training = tokens(page)
    client.command(run, KEY, "pause")
    page.wait_for_timeout(2000)
    standing = tokens(page)
    page.locator(".rules label", has_text="Temperature").locator("input").focus()
    moves = timed(page, "ArrowRight", 18) + timed(page, "ArrowLeft", 36) + timed(page, "ArrowRight", 36)
    return {
        "slider_moves": len(moves), "tokens": len(standing),
        "slider_to_paint_ms_median": median(moves), "slider_to_paint_ms_p95": percentile(moves, 0.95),
        "token_to_paint_ms_median": median(standing), "token_to_paint_ms_p95": percentile(standing, 0.95),
        "token_to_paint_training_ms_median": median(training),
        "token_to_paint_training_ms_p95": percentile(training, 0.95),
    }  # fmt: skip


def main() -> None:
    """Print the figures as JSON."""
    with tempfile.TemporaryDirectory(prefix="glassbox-") as home, AppProcess(Path(home)) as app, chromium() as browser:
        page = browser.new_context(viewport=SIZE).new_page()  # type: ignore[arg-type]
        client = Client(Path(home))
        report("generate_page", measure(page, app.url, client), BARS)
        client.close()


if __name__ == "__main__":
    main()

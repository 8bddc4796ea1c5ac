"""How soon the Autograd page shows the model's graph, and how soon a block opens, in headless Chromium.

The classroom model (2 layers × 4 heads, width 64), its run paused. First picture: from the moment at which the page's
module asks for the graph to the frame that shows it, and for a whole page load beside it; each in a fresh tab, the
server warm but for the first. Opening: from the pointer's click to the frame that shows the block open, at every zoom.
"""

import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from benchmarks.report import median, percentile, report
from benchmarks.watched_page import chromium
from tools.app_process import AppProcess

SIZE = {"width": 1280, "height": 720}
N_VISITS, N_OPENINGS = 5, 12
BARS = {"asked_to_picture_ms_median": "<= 600", "open_block_ms_p95": "<= 100"}

# When the page first asks for the graph, and when its first item has been painted.
WATCH = """() => {
  window.__graph = {};
  const known = window.fetch;
  window.fetch = (url, ...rest) => {
    if (/[/]ask[/].*[/]autograd$/.test(String(url))) window.__graph.asked ??= performance.now();
    return known(url, ...rest);
  };
  const look = () => {
    const roots = [...document.querySelectorAll("*")].flatMap((element) => element.shadowRoot ?? []);
    const found = roots.some((root) => root.querySelector(".autograd .item"));
    if (found) window.__graph.painted = performance.now();
    else requestAnimationFrame(look);
  };
  addEventListener("DOMContentLoaded", look);
}"""

# A message posted from a frame's callback arrives when that frame has been painted.
CLICK = """async (element) => {
  const started = performance.now();
  element.dispatchEvent(new MouseEvent("click", { bubbles: true, composed: true }));
  await new Promise((painted) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = painted;
    channel.port2.postMessage(0);
  }));
  return performance.now() - started;
}"""


def visit(page: Page, url: str) -> tuple[float, float]:
    """Milliseconds from asking to the picture, and from navigation to it."""
    page.add_init_script(f"({WATCH})()")
    page.goto(url)
    page.wait_for_function("window.__graph.painted", timeout=60_000)
    seen = page.evaluate("window.__graph")
    return seen["painted"] - seen["asked"], seen["painted"]


def openings(page: Page) -> list[float]:
    """Open and close blocks and what is in them."""
    times = []
    for _ in range(N_OPENINGS):
        for box in ("blocks.0", "blocks.0.attn", "blocks.1"):
            times.append(page.locator(f".autograd .item[data-key='{box}'] .body").evaluate(CLICK))
        for box in ("blocks.1", "blocks.0"):
            page.locator(f".autograd [data-fold='{box}']").evaluate(CLICK)
    return times


def measure(app: AppProcess, browser: Any) -> dict[str, Any]:
    page = browser.new_context(viewport=SIZE).new_page()
    first = visit(page, f"{app.url}/autograd?text=marela")
    page.get_by_role("button", name="Pause").first.click()
    page.wait_for_timeout(2000)
    times = openings(page)
    visits = []
    for _ in range(N_VISITS):
        other = page.context.new_page()
        visits.append(visit(other, page.url))
        other.close()
        time.sleep(0.5)
    return {
        "asked_to_picture_ms_median": median([asked for asked, _ in visits]),
        "asked_to_picture_ms_first": round(first[0], 1),
        "navigation_to_picture_ms_median": median([whole for _, whole in visits]),
        "open_block_ms_median": median(times), "open_block_ms_p95": percentile(times, 0.95),
        "open_block_ms_worst": round(max(times), 1), "openings": len(times),
    }  # fmt: skip


def main() -> None:
    """Print the figures as JSON."""
    with tempfile.TemporaryDirectory(prefix="glassbox-") as home, AppProcess(Path(home)) as app, chromium() as browser:
        report("graph", measure(app, browser), BARS)


if __name__ == "__main__":
    main()

"""How soon a slider moves the scalar graph: from its input event to the frame that shows the new numbers, in Chromium.

micrograd's README expression (35 numbers) and the 2-2-1 MLP, each slider dragged through its range in headless
Chromium, one position at a time, while the page's own run trains. All of it happens in the browser.
"""

import tempfile
import urllib.parse
from pathlib import Path

from playwright.sync_api import Page

from benchmarks.report import median, percentile, report
from benchmarks.watched_page import chromium
from model.examples import EXAMPLES
from tools.app_process import AppProcess

SIZE = {"width": 1280, "height": 720}
N_MOVES = 60  # a slider
BARS = {"slider_to_paint_ms_p95": "<= 50"}

# A message posted from a frame's callback arrives when that frame has been painted.
DRAG = """(slider, n) => new Promise((done) => {
  const times = [];
  const channel = new MessageChannel();
  const [low, high] = [Number(slider.min), Number(slider.max)];
  const move = () => {
    const moved = performance.now();
    slider.value = low + ((high - low) * (times.length + 1)) / (n + 1);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    requestAnimationFrame(() => channel.port2.postMessage(moved));
  };
  channel.port1.onmessage = ({ data }) => {
    times.push(performance.now() - data);
    if (times.length === n) done(times);
    else setTimeout(move, 15);
  };
  move();
})"""


def drag(page: Page, url: str, name: str) -> list[float]:
    """Drag every slider of an example; milliseconds from each move to its paint."""
    text = next(example.text for example in EXAMPLES if example.name == name)
    page.goto(f"{url}/autograd?{urllib.parse.urlencode({'graph': 'scalar', 'expr': text})}")
    page.locator(".box.result .value").wait_for()
    page.wait_for_timeout(1500)
    sliders = page.locator(".slider input[type=range]")
    times: list[float] = []
    for i in range(min(4, sliders.count())):
        times += sliders.nth(i).evaluate(DRAG, N_MOVES)
    return times


def main() -> None:
    """Print the figures as JSON."""
    with tempfile.TemporaryDirectory(prefix="glassbox-") as home, AppProcess(Path(home)) as app, chromium() as browser:
        page = browser.new_context(viewport=SIZE).new_page()  # type: ignore[arg-type]
        times = {name: drag(page, app.url, name) for name in ("micrograd", "mlp")}
    both = [time for each in times.values() for time in each]
    figures: dict[str, object] = {
        "moves": len(both), "slider_to_paint_ms_median": median(both), "slider_to_paint_ms_p95": percentile(both, 0.95),
        **{f"{name}_ms_p95": percentile(each, 0.95) for name, each in times.items()},
    }  # fmt: skip
    report("scalar", figures, BARS)


if __name__ == "__main__":
    main()

"""Does the Attention page cost training, and how soon does it answer? Classroom model, one browser.

Steps a second with the page open ÷ with an empty one: windows alternate, and the pair's order too; also by the worker's
own processor time. While it is open, all heads must be seen changing at least twice a second. Then, while the run
trains: clicks on heads and moves of the slider, which ask the worker, each until the new picture is painted. Then, the
run paused: clicks on cells, whose chain the browser has.
"""

import tempfile
from itertools import product
from pathlib import Path

from playwright.sync_api import Page

from benchmarks.hosted import ENDLESS, KEY, Meter, Observer
from benchmarks.report import median, percentile, report, spread
from benchmarks.watched_page import chromium
from model.runs.client import Client
from tools.app_process import AppProcess

N_PAIRS, SECONDS, SECONDS_TO_SETTLE = 12, 5.0, 2.5
N_ASKED, N_CLICKS = 40, 60
SIZE = {"width": 1280, "height": 1400}
TEXT = "abcdefghijklmnopqrstuvwxyzabcde"  # with the line end before it: 32 tokens to read
BARS = {"ratio": ">= 0.95", "pictures_per_second": ">= 2", "cell_ms_p95": "<= 50", "asked_ms_p95": "<= 300"}

# A frame's message arrives when it is painted: the frame after the click, or the one in which an answer is drawn.
WATCH = """() => {
  window.__painted = [];
  window.__answered = [];
  window.__pictures = 0;
  const roots = [...document.querySelectorAll("*")].map((one) => one.shadowRoot).filter(Boolean);
  const view = roots.map((root) => root.querySelector(".attention")).find(Boolean);
  const noting = (list) => {
    const channel = new MessageChannel();
    const note = { since: 0, post: () => requestAnimationFrame(() => channel.port2.postMessage(0)) };
    channel.port1.onmessage = () => { if (note.since) list.push(performance.now() - note.since); note.since = 0; };
    return note;
  };
  const [clicked, asked] = [noting(window.__painted), noting(window.__answered)];
  const capture = true;
  addEventListener("click", ({ timeStamp }) => {
    clicked.since = asked.since = timeStamp;
    clicked.post();
  }, { capture });
  addEventListener("keydown", ({ timeStamp }) => { asked.since = timeStamp; }, { capture });
  new MutationObserver(() => {
    window.__pictures += 1;
    if (asked.since && (window.__wanted ?? view.dataset.head) === view.dataset.head) asked.post();
  }).observe(view, { attributeFilter: ["data-step", "data-head"] });
}"""


def opened(page: Page, url: str) -> None:
    """The page, with its first picture there and every picture noted from now on."""
    page.goto(url)
    page.locator(".gb.attention[data-step]").wait_for()
    page.evaluate(WATCH)
    page.wait_for_timeout(SECONDS_TO_SETTLE * 1000)


def heads_asked(page: Page) -> list[float]:
    """Click heads in turn: milliseconds until the newest picture of that head is painted."""
    box = page.locator("section.figure", has_text="All heads").get_by_role("img").bounding_box()
    assert box is not None
    wide, tall = (box["width"] - 29) / 4, box["height"] / 2
    places = [(layer, head) for layer, head in product((0, 1), range(4))]
    for i in range(N_ASKED // 2):
        layer, head = places[(3 * i + 1) % 8]
        page.evaluate("(wanted) => { window.__wanted = wanted; }", f"{layer}.{head}")
        page.mouse.click(box["x"] + 29 + (head + 0.5) * wide, box["y"] + (1.6 - layer) * tall)
        page.wait_for_function("(n) => window.__answered.length > n", arg=i, polling=20)
        page.wait_for_timeout(50)
    return page.evaluate("window.__answered")  # type: ignore[no-any-return]


def steps_asked(page: Page) -> list[float]:
    """Walk the slider back over the kept steps: milliseconds until the pictures of that step are painted."""
    page.evaluate("() => { window.__answered.length = 0; window.__wanted = undefined; }")
    slider = page.get_by_role("slider", name="at step")
    slider.focus()
    for i in range(N_ASKED // 2):
        page.keyboard.press("ArrowLeft")
        page.wait_for_function("(n) => window.__answered.length > n", arg=i, polling=20)
        page.wait_for_timeout(50)
    page.get_by_role("button", name="now").click()
    return page.evaluate("window.__answered")  # type: ignore[no-any-return]


def cells_clicked(page: Page) -> list[float]:
    """Click cells of the large picture: milliseconds until the frame with their chain is painted."""
    box = page.locator("section.figure", has_text="Each row adds up to 1").get_by_role("img").bounding_box()
    assert box is not None
    page.evaluate("() => { window.__painted.length = 0; }")
    for i in range(N_CLICKS):
        page.mouse.click(box["x"] + 60 + 5 * i % 90, box["y"] + 180 + 11 * i % 230)
        page.wait_for_function("(n) => window.__painted.length > n", arg=i, polling=20)
    return page.evaluate("window.__painted")  # type: ignore[no-any-return]


def main() -> None:
    """Print the figures as JSON."""
    with tempfile.TemporaryDirectory(prefix="glassbox-") as home, AppProcess(Path(home)) as app, chromium() as browser:
        client = Client(Path(home))
        run = client.create(ENDLESS, KEY)
        page = browser.new_context(viewport=SIZE).new_page()  # type: ignore[arg-type]
        address = f"{app.url}/attention?run={run}&text={TEXT}&pair=20,10"
        pictures: list[float] = []
        with Observer(client, run) as observer:
            observer.wait(lambda: observer.step >= 100, 60)
            meter = Meter(Path(home), observer)

            def speed(is_open: bool) -> tuple[float, float]:
                if not is_open:
                    page.goto("about:blank")
                    page.wait_for_timeout(SECONDS_TO_SETTLE * 1000)
                    return meter.speed(SECONDS)
                opened(page, address)
                before = page.evaluate("window.__pictures")
                found = meter.speed(SECONDS)
                pictures.append((page.evaluate("window.__pictures") - before) / SECONDS)
                return found

            pairs = []
            for pair in range(N_PAIRS):
                first = bool(pair % 2)
                speeds = {first: speed(first), (not first): speed(not first)}
                pairs.append((speeds[True], speeds[False]))
            opened(page, address)
            asked, back = heads_asked(page), steps_asked(page)
            client.command(run, KEY, "pause")
            page.wait_for_timeout(SECONDS_TO_SETTLE * 1000)
            cells = cells_clicked(page)
    ratios, by_processor = ([on[i] / off[i] for on, off in pairs] for i in (0, 1))
    figures = {
        **spread("ratio", ratios), **spread("ratio_by_processor_time", by_processor), "pairs": N_PAIRS,
        "pictures_per_second": median(pictures),
        "cell_ms_median": median(cells), "cell_ms_p95": percentile(cells, 0.95),
        "head_ms_median": median(asked), "step_ms_median": median(back),
        "asked_ms_p95": percentile([*asked, *back], 0.95), "asked": len(asked) + len(back),
    }  # fmt: skip
    report("attention_live", figures, BARS)


if __name__ == "__main__":
    main()

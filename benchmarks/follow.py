"""Does following cost training, and how soon is a trace there? Classroom model in training, one browser, Step page.

Steps a second with "follow" on ÷ off: windows alternate, and the pair's order too; the page stays open in both. The
same by the worker's own processor time, which a crowded machine disturbs less. Pairs with "follow" off in both give the
spread of A against A. Before that a text is typed and Enter pressed, again and again: from
that key to the frame that shows the tokens and the numbers of the new trace.
"""

import tempfile
from pathlib import Path

from playwright.sync_api import Page

from benchmarks.hosted import ENDLESS, KEY, Meter, Observer
from benchmarks.report import median, percentile, report, spread
from benchmarks.watched_page import chromium
from model.runs.client import Client
from tools.app_process import AppProcess

N_PAIRS, N_CONTROL_PAIRS, SECONDS = 12, 6, 5.0
SECONDS_TO_SETTLE = 1.0
N_ASKED = 20
SIZE = {"width": 1280, "height": 720}
TEXTS = ("abcdefghijklmnopqrstuvwxyzabcde", "zyxwvutsrqponmlkjihgfedcbaedcba")  # 32 tokens to read, the line end before
BARS = {"ratio": ">= 0.95", "asked_to_shown_ms_median": "<= 500"}

# The tokens change when a trace is opened, whose numbers are then here; a frame's message arrives when it is painted.
WATCH = """() => {
  window.__shown = [];
  window.__traces = 0;
  const root = [...document.querySelectorAll("*")].find((one) => one.shadowRoot?.querySelector(".stepper")).shadowRoot;
  const channel = new MessageChannel();
  let asked = 0;
  channel.port1.onmessage = () => { if (asked) window.__shown.push(performance.now() - asked); asked = 0; };
  addEventListener("keydown", (event) => { if (event.key === "Enter") asked = event.timeStamp; }, { capture: true });
  new MutationObserver(() => requestAnimationFrame(() => channel.port2.postMessage(0)))
    .observe(root.querySelector(".tokens-read"), { childList: true });
  const stepper = root.querySelector(".stepper");
  let step = stepper.dataset.step;
  new MutationObserver(() => {
    if (stepper.dataset.step !== step) window.__traces += 1;
    step = stepper.dataset.step;
  }).observe(stepper, { attributeFilter: ["data-step"] });
}"""


def follow(page: Page, is_on: bool) -> None:
    """Switch "follow" on or off, and let it take effect."""
    button = page.get_by_role("button", name="follow", exact=True)
    if (button.get_attribute("aria-pressed") == "true") != is_on:
        button.click()
    page.wait_for_timeout(SECONDS_TO_SETTLE * 1000)


def asked_to_shown(page: Page) -> list[float]:
    """Type texts in turn; milliseconds from Enter to the frame with the new trace."""
    field = page.get_by_role("textbox", name="Your text")
    for i in range(N_ASKED):
        field.evaluate("(field) => field.select()")
        page.keyboard.insert_text(TEXTS[i % 2])
        page.keyboard.press("Enter")
        page.wait_for_function("(n) => window.__shown.length > n", arg=i, polling=20)
    times: list[float] = page.evaluate("window.__shown")
    return times


def main() -> None:
    """Print the figures as JSON."""
    with tempfile.TemporaryDirectory(prefix="glassbox-") as home, AppProcess(Path(home)) as app, chromium() as browser:
        client = Client(Path(home))
        run = client.create(ENDLESS, KEY)
        page = browser.new_context(viewport=SIZE).new_page()
        with Observer(client, run) as observer:
            observer.wait(lambda: observer.step >= 100, 60)
            page.goto(f"{app.url}/step?run={run}&text={TEXTS[1]}")
            page.locator(".stepper .counter").wait_for()
            page.evaluate(WATCH)
            asked = asked_to_shown(page)
            meter, traces = Meter(Path(home), observer), []

            def speed(is_on: bool) -> tuple[float, float]:
                follow(page, is_on)
                before = page.evaluate("window.__traces")
                found = meter.speed(SECONDS)
                if is_on:
                    traces.append((page.evaluate("window.__traces") - before) / SECONDS)
                return found

            pairs = []
            for pair in range(N_PAIRS):
                first = bool(pair % 2)
                speeds = {first: speed(first), (not first): speed(not first)}
                pairs.append((speeds[True], speeds[False]))
            control = [(speed(False), speed(False)) for _ in range(N_CONTROL_PAIRS)]
    ratios, by_processor = ([on[i] / off[i] for on, off in pairs] for i in (0, 1))
    same, same_by_processor = ([one[i] / other[i] for one, other in control] for i in (0, 1))
    figures = {
        **spread("ratio", ratios), **spread("ratio_by_processor_time", by_processor), **spread("a_over_a", same),
        **spread("a_over_a_by_processor_time", same_by_processor),
        "traces_per_second": median(traces), "pairs": N_PAIRS, "asked": len(asked),
        "asked_to_shown_ms_median": median(asked), "asked_to_shown_ms_p95": percentile(asked, 0.95),
    }  # fmt: skip
    report("follow", figures, BARS)


if __name__ == "__main__":
    main()

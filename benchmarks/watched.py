"""Does looking cost training? Steps a second with one browser on the Train page ÷ with none, classroom model.

Windows with and without the browser alternate, and the pair's order too; the same by the worker's own processor time,
which a crowded machine disturbs less. Pairs without any browser give the spread of A against A. How often the picture
changes is counted just before each watched window; inside it only how many frames with new points are painted, because
the counting costs more than the page.
"""

import tempfile
from pathlib import Path

from benchmarks.hosted import ENDLESS, KEY, Meter, Observer
from benchmarks.report import median, report, spread
from benchmarks.watched_page import chromium, fresh_page, seen
from model.runs.client import Client
from tools.app_process import AppProcess

N_PAIRS, N_CONTROL_PAIRS, SECONDS = 12, 6, 5.0
SECONDS_TO_SETTLE = 2.0
BARS = {"ratio": ">= 0.97", "pictures_per_second": ">= 5", "paints_per_second": ">= 5"}


def main() -> None:
    """Print the figures as JSON."""
    pictures, paints, pairs = [], [], []
    with tempfile.TemporaryDirectory(prefix="glassbox-") as home, AppProcess(Path(home)) as app, chromium() as browser:
        client = Client(Path(home))
        run = client.create(ENDLESS, KEY)
        page = fresh_page(browser)
        with Observer(client, run) as observer:
            observer.wait(lambda: observer.step >= 100, 60)
            meter = Meter(Path(home), observer)

            def speed(is_watched: bool) -> tuple[float, float]:
                if not is_watched:
                    page.goto("about:blank")
                    page.wait_for_timeout(SECONDS_TO_SETTLE * 1000)
                    return meter.speed(SECONDS)
                page.goto(f"{app.url}/?run={run}")
                page.wait_for_function("window.__seen.paints.length > 5", timeout=30_000)
                pictures.append(page.evaluate("(seconds) => window.__countPictures(seconds)", SECONDS_TO_SETTLE))
                before = len(seen(page)["paints"])
                found = meter.speed(SECONDS)
                paints.append((len(seen(page)["paints"]) - before) / SECONDS)
                return found

            for pair in range(N_PAIRS):
                first = bool(pair % 2)
                speeds = {first: speed(first), (not first): speed(not first)}
                pairs.append((speeds[True], speeds[False]))
            control = [(speed(False), speed(False)) for _ in range(N_CONTROL_PAIRS)]
    ratios, by_processor = ([watched[i] / alone[i] for watched, alone in pairs] for i in (0, 1))
    same, same_by_processor = ([one[i] / other[i] for one, other in control] for i in (0, 1))
    figures = {
        **spread("ratio", ratios), **spread("ratio_by_processor_time", by_processor), **spread("a_over_a", same),
        **spread("a_over_a_by_processor_time", same_by_processor),
        "pictures_per_second": median(pictures), "paints_per_second": median(paints), "pairs": N_PAIRS,
    }  # fmt: skip
    report("watched", figures, BARS)


if __name__ == "__main__":
    main()

"""Does looking cost training? Steps a second with one browser on the Train page ÷ with none, classroom model.

Windows with and without the browser alternate, and the pair's order too. The same pairs without any browser give the
spread of A against A. While it is watched, the picture must be seen changing at least five times a second.
"""

import tempfile
from pathlib import Path

from benchmarks.hosted import ENDLESS, KEY, Observer
from benchmarks.report import median, percentile, report
from benchmarks.watched_page import chromium, fresh_page, seen
from model.runs.client import Client
from tools.app_process import AppProcess

N_PAIRS, N_CONTROL_PAIRS, SECONDS = 12, 6, 5.0
SECONDS_TO_SETTLE = 2.0


def main() -> None:
    pictures, ratios, control = [], [], []
    with tempfile.TemporaryDirectory(prefix="glassbox-") as home, AppProcess(Path(home)) as app, chromium() as browser:
        client = Client(Path(home))
        run = client.create(ENDLESS, KEY)
        page = fresh_page(browser)
        with Observer(client, run) as observer:
            observer.wait(lambda: observer.step >= 100, 60)

            def watched() -> float:
                page.goto(f"{app.url}/?run={run}")
                page.wait_for_function("window.__seen.paints.length > 5", timeout=30_000)
                page.evaluate("window.__countPictures()")
                page.wait_for_timeout(SECONDS_TO_SETTLE * 1000)
                before = seen(page)["pictures"]
                speed = observer.steps_per_second(SECONDS)
                pictures.append((seen(page)["pictures"] - before) / SECONDS)
                page.goto("about:blank")
                return speed

            def unwatched() -> float:
                page.wait_for_timeout(SECONDS_TO_SETTLE * 1000)
                return observer.steps_per_second(SECONDS)

            for pair in range(N_PAIRS):
                first, second = (watched, unwatched) if pair % 2 else (unwatched, watched)
                speeds = {first: first(), second: second()}
                ratios.append(speeds[watched] / speeds[unwatched])
            control = [unwatched() / unwatched() for _ in range(N_CONTROL_PAIRS)]
    figures = {
        "ratio": median(ratios), "ratio_p10": percentile(ratios, 0.1), "ratio_p90": percentile(ratios, 0.9),
        "a_over_a": median(control), "a_over_a_lowest": min(control), "a_over_a_highest": max(control),
        "pictures_per_second": median(pictures), "pairs": N_PAIRS,
    }
    report("watched", figures, {"ratio": ">= 0.97", "pictures_per_second": ">= 5"})


if __name__ == "__main__":
    main()

"""What a first visitor waits for: navigation → the shipped curve is painted, and run started → its first live point.

The server is healthy and has been visited by nobody; the browser's profile is fresh. The shipped curve counts when a
line of at least 100 points has been painted; the run has started when its folder was made, and its first live point
counts when the Train page shows the visitor's own run with a point in it.
"""

import tempfile
import time
from pathlib import Path

from benchmarks.report import median, report
from benchmarks.watched_page import chromium, fresh_page, seen
from tools.app_process import AppProcess

N_VISITS = 5
FIRST_LIVE = "window.__seen?.firstLive"


def main() -> None:
    curves, points = [], []
    with chromium() as browser:
        for _ in range(N_VISITS):
            with tempfile.TemporaryDirectory(prefix="glassbox-") as home, AppProcess(Path(home)) as app:
                page = fresh_page(browser)
                start = time.time()
                page.goto(app.url, wait_until="commit")
                page.wait_for_function("window.__seen?.firstCurve", timeout=60_000)
                page.wait_for_function(FIRST_LIVE, timeout=60_000)
                noted = seen(page)
                curves.append(noted["firstCurve"] / 1000 - start)
                created = next(frame["created"] for frame in noted["frames"] if frame["kind"] == "snapshot")
                points.append(noted["firstLive"] / 1000 - created)
                page.context.close()
    figures = {
        "navigation_to_shipped_curve_seconds": median(curves), "slowest_curve_seconds": max(curves),
        "run_started_to_first_live_point_seconds": median(points), "slowest_point_seconds": max(points),
        "visits": N_VISITS,
    }
    bars = {"navigation_to_shipped_curve_seconds": "<= 3", "run_started_to_first_live_point_seconds": "<= 2"}
    report("first_paint", figures, bars)


if __name__ == "__main__":
    main()

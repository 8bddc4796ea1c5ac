"""How old a point is when it can be seen: from the worker's clock at publishing to the browser's after painting.

Both clocks are the same machine's; a draw counts as painted in the first task after the frame it was made in.
"""

import tempfile
from pathlib import Path

from benchmarks.hosted import ENDLESS, KEY
from benchmarks.report import median, percentile, report
from benchmarks.watched_page import chromium, fresh_page, seen
from model.runs.client import Client
from tools.app_process import AppProcess

SECONDS, SECONDS_TO_SETTLE = 20.0, 4.0


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="glassbox-") as home, AppProcess(Path(home)) as app, chromium() as browser:
        client = Client(Path(home))
        run = client.create(ENDLESS, KEY)
        page = fresh_page(browser)
        page.goto(f"{app.url}/?run={run}")
        page.wait_for_function("window.__seen.paints.length > 5", timeout=60_000)
        page.wait_for_timeout(SECONDS_TO_SETTLE * 1000)
        n_before = len(seen(page)["paints"])
        page.wait_for_timeout(SECONDS * 1000)
        paints = [paint for paint in seen(page)["paints"][n_before:] if paint["kind"] == "points"]
    painted = [paint["painted"] - 1000 * paint["published"] for paint in paints]
    arrived = [paint["arrived"] - 1000 * paint["published"] for paint in paints]
    figures = {
        "published_to_painted_p50_ms": median(painted), "published_to_painted_p95_ms": percentile(painted, 0.95),
        "published_to_arrived_p50_ms": median(arrived), "published_to_arrived_p95_ms": percentile(arrived, 0.95),
        "points_frames_per_second": len(paints) / SECONDS,
    }
    report("latency", figures, {"published_to_painted_p95_ms": "<= 60"})


if __name__ == "__main__":
    main()

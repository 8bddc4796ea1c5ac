"""What a picture of vectors costs: one aligned frame of a table of 65 × 64 by PCA and t-SNE, on one thread, and how
soon a click or the film's slider moves the Embeddings page, in headless Chromium.

The table is seeded noise with the falling spectrum that learned embeddings have; frames follow each other as training
moves them. The page shows the classroom model, its run paused; a click picks the nearest token, a key moves the film.
"""

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))  # before numpy

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Page

from benchmarks.report import median, percentile, report
from benchmarks.watched_page import chromium
from model.projection import neighbour_frame, pca_frame
from tools.app_process import AppProcess

N_PCA, N_TSNE, N_CLICKS = 200, 12, 60
BARS = {
    "pca_ms_p95": "<= 20", "tsne_first_ms_p95": "<= 1000", "tsne_next_ms_p95": "<= 1000",
    "click_to_paint_ms_p95": "<= 50", "slider_to_paint_ms_p95": "<= 50",
}  # fmt: skip

# A message posted from a frame's callback arrives when that frame has been painted.
WATCH = """() => {
  window.__painted = [];
  const channel = new MessageChannel();
  let pressed = 0;
  channel.port1.onmessage = () => window.__painted.push(performance.now() - pressed);
  for (const kind of ["click", "keydown"]) addEventListener(kind, (event) => {
    pressed = event.timeStamp;
    requestAnimationFrame(() => channel.port2.postMessage(0));
  }, { capture: true });
}"""


def tables(n: int) -> list[np.ndarray]:
    """One table drifting."""
    rng = np.random.default_rng(0)
    falling = 0.93 ** np.arange(64)
    first, drift = (rng.normal(size=(65, 64)) * falling for _ in range(2))
    return [(first + 0.01 * i * drift).astype(np.float32) for i in range(n)]


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Milliseconds, and what came of it."""
    start = time.perf_counter()
    result = work()
    return 1000 * (time.perf_counter() - start), result


def frames() -> dict[str, float]:
    """What frames cost without a browser."""
    made, previous = [], None
    for table in tables(N_PCA):
        took, frame = timed(lambda table=table, previous=previous: pca_frame(table, (0, 1, 2), previous))
        previous = frame.coordinates
        made.append(took)
    neighbour_frame("tsne", tables(1)[0], 2, 15, seed=0)  # imports scikit-learn
    first = [timed(lambda table=table: neighbour_frame("tsne", table, 2, 15, seed=0)) for table in tables(N_TSNE)]
    place, later = first[0][1].coordinates, []
    for table in tables(N_TSNE):
        took, frame = timed(lambda table=table, place=place: neighbour_frame("tsne", table, 2, 15, 0, place))
        place = frame.coordinates
        later.append(took)
    return {
        "pca_ms_median": median(made), "pca_ms_p95": percentile(made, 0.95),
        "tsne_first_ms_p95": percentile([took for took, _ in first], 0.95), "tsne_next_ms_p95": percentile(later, 0.95),
    }  # fmt: skip


def painted(page: Page, act: Callable[[], None]) -> list[float]:
    """Milliseconds from each of N_CLICKS actions to the frame that shows what it did."""
    page.evaluate("window.__painted = []")
    for i in range(N_CLICKS):
        act()
        page.wait_for_function("(n) => window.__painted.length > n", arg=i, polling=5)
    times: list[float] = page.evaluate("window.__painted")
    return times


def clicks(page: Page, url: str) -> dict[str, float]:
    """What the page takes to answer."""
    page.goto(f"{url}/embeddings")
    page.locator('.vectors[data-ready="1"]').wait_for()
    page.wait_for_function("() => document.querySelector('.stSidebar') !== null")
    page.wait_for_timeout(6000)  # some steps are kept by now
    page.get_by_role("button", name="Pause").first.click()
    page.wait_for_timeout(2000)
    page.evaluate(WATCH)
    nearest = page.get_by_role("region", name="Nearest to").get_by_role("img")
    clicked = painted(page, lambda: nearest.click(position={"x": 100, "y": 36}))
    slider = page.get_by_role("slider", name="step")
    slider.press("Home")
    page.wait_for_timeout(2000)  # the film is here
    keys = iter(["ArrowRight", "ArrowLeft"] * N_CLICKS)
    moved = painted(page, lambda: slider.press(next(keys)))
    return {
        "click_to_paint_ms_median": median(clicked), "click_to_paint_ms_p95": percentile(clicked, 0.95),
        "slider_to_paint_ms_median": median(moved), "slider_to_paint_ms_p95": percentile(moved, 0.95),
    }  # fmt: skip


def main() -> None:
    """Print the figures as JSON."""
    made = frames()
    with tempfile.TemporaryDirectory(prefix="glassbox-") as home, AppProcess(Path(home)) as app, chromium() as browser:
        page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
        report("projection", {**made, **clicks(page, app.url)}, BARS)


if __name__ == "__main__":
    main()

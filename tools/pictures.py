"""Take the pictures of the docs anew: `python -m tools.pictures [names]` puts screenshots into docs/images/.

They are of the real app, its classroom model after 600 steps of first names. Each is an address of a page, and what is
clicked there before it is taken.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tools.app_process import ROOT, AppProcess
from tools.chromium import NONE_FOUND, find

IMAGES = ROOT / "docs" / "images"
N_STEPS, SECONDS = 600, 120
SIZE = {"width": 1280, "height": 800}
QUIET = 2500  # milliseconds until nothing moves any more


class Picture(NamedTuple):
    """One screenshot: the page's path below the app, its query beside the run, and what is done before it is taken."""

    path: str
    query: dict[str, str]
    is_dark: bool = False
    act: Callable[[Page], object] = lambda page: None


def step(op: str, cell: str = "", *, is_dark: bool = False, act: Callable[[Page], object] | None = None,
         **query: str) -> Picture:  # fmt: skip
    """The Step page at one operation and cell of the iteration on “marela”."""
    asked = {"text": "marela", "op": op, **({"cell": cell} if cell else {}), **query}
    return Picture("step", asked, is_dark, act or (lambda page: None))


def learn_once(page: Page) -> None:
    """Train one iteration on the text that is shown, on a what-if fork."""
    page.get_by_role("button", name="Next iteration").first.click()
    page.wait_for_timeout(4000)


PICTURES = {
    "train": Picture("", {}),
    "step-1-embedding": step("tok_emb", "3,5"),
    "step-2-scores": step("blocks.0.attn.scores", "1,4,2"),
    "step-3-pattern": step("blocks.1.attn.pattern", "2,5,3"),
    "step-4-loss": step("token_loss", "3"),
    "step-5-softmax-backward": step("grad:blocks.1.attn.masked_scores", "0,4,2"),
    "step-6-branches-add-up": step("grad:blocks.0.resid_mid", "2,7", is_dark=True),
    "step-7-weight-gradient": step("grad:blocks.0.mlp.w_in", "3,4"),
    "step-8-update": step("new:blocks.0.attn.w_q", "1,2"),
    "step-9-next-iteration": step("logits", "2,5", act=learn_once),
    "attention": Picture("attention", {"text": "marela", "layer": "0", "head": "2", "pair": "6,4"}, is_dark=True),
    "embeddings": Picture("embeddings", {"text": "marela"}),
    "generate": Picture("generate", {"text": "mar"}),
    "autograd": Picture("autograd", {"text": "marela", "open": "blocks.0,blocks.0.attn"}),
}


def run_to_its_end(app: AppProcess, browser: Browser, names: list[str]) -> None:
    """Train the run, then take its pictures."""
    contexts = {dark: browser.new_context(viewport=SIZE, color_scheme="dark" if dark else "light") for dark in (0, 1)}
    page = contexts[False].new_page()
    page.goto(f"{app.url}/?n_steps={N_STEPS}")
    expect(page.get_by_text("finished").first).to_be_visible(timeout=SECONDS * 1000)
    run = page.evaluate("new URLSearchParams(location.search).get('run')")
    for name in names:
        taken = PICTURES[name]
        page = contexts[taken.is_dark].new_page()
        query = "&".join(f"{key}={quote(value, safe=',:')}" for key, value in {"run": run, **taken.query}.items())
        page.goto(f"{app.url}/{taken.path}?{query}")
        page.wait_for_timeout(2 * QUIET)
        taken.act(page)
        page.wait_for_timeout(QUIET)
        page.screenshot(path=IMAGES / f"{name}.png")
        page.close()


def main() -> None:
    """Take the named pictures, or all of them."""
    names = sys.argv[1:] or list(PICTURES)
    if unknown := [name for name in names if name not in PICTURES]:
        sys.exit(f"There is no picture {unknown[0]!r}; there are {', '.join(PICTURES)}.")
    path = find() or sys.exit(NONE_FOUND)
    IMAGES.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="glassbox-") as home,
        AppProcess(Path(home)) as app,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"])
        run_to_its_end(app, browser, names)
        browser.close()


if __name__ == "__main__":
    main()

"""Every page, opened by its own address on a server that nobody has visited."""

import sys
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tools.app_process import ROOT

# How far what stands on the page is moved up or down while it comes, as browsers measure it (Layout Instability API).
NOTE_MOVES = """
  globalThis.moved = 0;
  new PerformanceObserver((list) => {
    for (const { value, sources } of list.getEntries()) {
      if (sources.some(({ previousRect, currentRect }) => previousRect.y !== currentRect.y)) globalThis.moved += value;
    }
  }).observe({ type: "layout-shift", buffered: true });
"""
PAGES = ["", *(path.stem for path in sorted((ROOT / "pages").glob("[!_]*.py")) if path.stem != "train")]


@pytest.mark.parametrize("address", PAGES)
def test_a_deep_link_opens_the_page_on_a_fresh_server(fresh_app, page, picture, address):
    page.goto(f"{fresh_app.url}/{address}")
    opened(page)
    expect(page.get_by_test_id("stException")).to_have_count(0)
    picture(page, address or "train")


@pytest.mark.parametrize("address", ["", "step"])
def test_nothing_moves_while_a_page_comes(app, page, address):
    page.add_init_script(NOTE_MOVES)
    page.goto(f"{app.url}/{address}?n_steps=20")
    opened(page)
    expect(page.locator(".train .curve canvas" if not address else ".stepper .map-box").first).to_be_visible()
    page.wait_for_timeout(1500)
    assert page.evaluate("globalThis.moved") < 0.01


@pytest.mark.skipif(sys.platform != "linux", reason="reads the memory map in /proc, which only Linux has")
def test_the_web_process_never_loads_torch(fresh_app, page):
    for address in PAGES:
        page.goto(f"{fresh_app.url}/{address}")
        opened(page)
    maps = [Path(f"/proc/{pid}/maps").read_text() for pid in pids(fresh_app)]
    assert "libtorch" not in maps[0]
    assert any("libtorch" in other for other in maps[1:]), "looked for the wrong name: the workers do load it"


def opened(page):
    """Wait until the page and the sidebar that all share are there; fail if it is not the page that was asked for."""
    expect(page.get_by_test_id("stSidebar").get_by_role("button", name="New run")).to_be_visible()
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
    expect(page.get_by_text("Page not found")).to_have_count(0)


def pids(app):
    return [app.process.pid, *(process.pid for process in app.processes())]

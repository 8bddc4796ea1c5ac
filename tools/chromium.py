"""Find a Chromium for the browser tests and benchmarks, or get one.

Order: one that is installed; apt, where this is CI's root or the user agrees; Playwright's own.
`python tools/chromium.py` makes sure that there is one; `find()` only looks.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
MACOS = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
]
NONE_FOUND = (
    "the browser tests need Chromium and none could be installed; install chromium or Google Chrome and try again"
)


def runs(path: str) -> bool:
    """Whether the program at `path` answers: some systems put a stub under the name that only points at a shop."""
    try:
        answer = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return answer.returncode == 0 and "Chrom" in answer.stdout


def playwright_path() -> str | None:
    """Playwright's own Chromium, where it has been downloaded."""
    from playwright.sync_api import sync_playwright  # here: the set-up may ask before it is installed

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def find() -> str | None:
    """Path of a Chromium that runs, or None."""
    installed = [path for path in [*map(shutil.which, NAMES), *MACOS] if path]
    return next((path for path in installed if runs(path)), None) or playwright_path()


def may_use_apt() -> bool:
    """Whether apt may install it: by itself only as root in CI, else only after a yes at the terminal."""
    if not shutil.which("apt-get"):
        return False
    if os.geteuid() == 0 and os.environ.get("CI"):
        return True
    if not (sys.stdin.isatty() and (os.geteuid() == 0 or shutil.which("sudo"))):
        return False
    return input("The browser tests need Chromium. Install it with apt? [y/N] ").strip().lower() in ("y", "yes")


def install() -> None:
    """Install by apt where allowed; where that did not help, Playwright's download."""
    if may_use_apt():
        as_root = [] if os.geteuid() == 0 else ["sudo"]
        print("Installing chromium with apt …", flush=True)
        subprocess.run([*as_root, "apt-get", "update", "-qq"])
        subprocess.run([*as_root, "apt-get", "install", "-y", "-qq", "chromium"], stdout=subprocess.DEVNULL)
    if find() is None:
        print("Downloading Playwright's Chromium …", flush=True)
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"])


if __name__ == "__main__":
    if find() is None:
        install()
    if (path := find()) is None:
        sys.exit(NONE_FOUND)
    print(f"Chromium: {path}")

"""A real Chromium in front of the real app. Every test also checks what no page may do.

No console error but Streamlit's own two 404s on deep links; no request to another machine.
"""

import re
import time
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from model.runs import wire
from model.runs.client import Client, Refused
from tools.app_process import ROOT, AppProcess
from tools.chromium import NONE_FOUND, find
from viz.routes.assets import MEDIA_TYPES, bundle
from viz.routes.browser_key import COOKIE

PICTURES = ROOT / "test-results"
BYTES = "const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer;"
STREAMLIT_OWN_404 = re.compile(r"/.+/_stcore/(health|host-config)$")

expect.set_options(timeout=45_000)


def pytest_collection_modifyitems(items):
    """Mark the tests of this folder and put them last: Playwright leaves the main thread's event loop running."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
    items.sort(key=lambda item: here in item.path.parents)


@pytest.fixture(scope="session")
def app(tmp_path_factory):
    """The app that most tests share: each visitor is a browser of its own, with runs of its own."""
    with AppProcess(tmp_path_factory.mktemp("app")) as process:
        yield process


@pytest.fixture(scope="session")
def client(app):
    client = Client(app.home)
    yield client
    client.close()


@pytest.fixture
def fresh_app(tmp_path):
    """An app that nobody has visited, for tests that stop it or count what it holds."""
    with AppProcess(tmp_path / "fresh") as process:
        yield process


@pytest.fixture(scope="session")
def chromium():
    path = find()
    assert path, NONE_FOUND
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def modules(chromium):
    """A page on which `call(module, code, value)` runs code with that module's exports as `m`; no server is needed."""
    page = chromium.new_page()

    def serve(route):
        name = route.request.url.removeprefix("http://modules.test/")
        if name not in bundle().assets:
            return route.fulfill(status=200, content_type="text/html", body="<!doctype html><body>")
        return route.fulfill(body=bundle().assets[name].plain, content_type=MEDIA_TYPES[re.search(r"\.\w+$", name)[0]])

    page.route("**/*", serve)
    page.goto("http://modules.test/")

    def call(module, code, value=None):
        return page.evaluate(
            f"async (value) => {{ const m = await import('/{module}'); {BYTES} {code} }}", value
        )

    yield call
    page.close()


class Visitor:
    """One browser profile with one tab: the run that it shows, frame by frame as it came, and what went wrong."""

    def __init__(self, context):
        self.context = context
        self.page: Page = context.new_page()
        self.errors: list[str] = []
        self.addresses: set[str] = set()
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.errors.append(f"uncaught: {error}"))
        self.page.on("request", lambda request: self.addresses.add(request.url))
        self.page.on("websocket", self._websocket)
        self.seen: dict[str, tuple[list[dict], dict[int, float]]] = {}

    def _websocket(self, socket):
        self.addresses.add(socket.url)
        if found := re.search(r"/live/(\w+)", socket.url):
            socket.on("framereceived", lambda message: self._frame(found[1], message))

    def _frame(self, run, message):
        frames, losses = self.seen.setdefault(run, ([], {}))
        header, arrays = wire.decode(message)
        frames.append(header)
        kept = {"rewind": header.get("step"), "snapshot": 0}.get(header["kind"])
        if kept is not None:
            for step in [step for step in losses if step > kept]:
                del losses[step]
        if "losses" in arrays:
            losses.update(enumerate(arrays["losses"].tolist(), header.get("first_step", 1)))

    @property
    def run(self):
        """The run in the address."""
        found = re.search(r"[?&]run=(\w+)", self.page.url)
        return found[1] if found else ""

    @property
    def frames(self):
        """What came about that run, from whichever socket."""
        return self.seen.setdefault(self.run, ([], {}))[0]

    @property
    def losses(self):
        """The loss of each of its steps, by step."""
        return self.seen.setdefault(self.run, ([], {}))[1]

    def last(self, kind, field):
        """A field of the newest frame of a kind that has it (None: there was none)."""
        return next((frame[field] for frame in reversed(self.frames) if frame["kind"] in kind and field in frame), None)

    @property
    def state(self):
        return self.last(("snapshot", "state"), "state")

    @property
    def step(self):
        return max(self.losses, default=0)

    def wait(self, condition, seconds=90):
        """Let the page go on until `condition()` holds; fails with what the run was doing."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"{self.state} at step {self.step}: {self.frames[-1:]}"
            self.page.wait_for_timeout(20)

    def settle(self):
        """Wait until no script runs: an open list closes when its page is made anew."""
        self.page.wait_for_timeout(300)
        expect(self.page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")

    def open_settings(self, tab):
        """Open the settings of the next run at one of their tabs."""
        self.page.get_by_test_id("stExpander").filter(has_text="Settings for a new run").locator("summary").click()
        self.page.get_by_role("tab", name=tab).click()
        self.settle()

    def _console(self, message):
        if message.type == "error":
            address = message.location.get("url", "")
            self.errors.append(f"{message.text} ({address})")

    def leave(self, client):
        """Close the browser; what it left training stands still, so that the next test has the machine."""
        key = next((cookie["value"] for cookie in self.context.cookies() if cookie["name"] == COOKIE), "")
        self.context.close()
        for run in client.runs(key) if client and key else ():
            with suppress(Refused):
                client.command(run.id, key, "pause")

    def check(self):
        """Raise unless the console is clean and nothing was asked of another machine."""
        own = [error for error in self.errors if not STREAMLIT_OWN_404.search(error.rstrip(")").split("(")[-1])]
        assert not own, own
        elsewhere = [
            address for address in self.addresses
            if not re.match(r"(https?|wss?)://127\.0\.0\.1:|blob:|data:|about:|chrome-error:", address)
        ]
        assert not elsewhere, elsewhere


@pytest.fixture
def visitors(chromium, request):
    """Make visitors with `visitors(**context options)`; each is checked at the end, and pictured if the test failed."""
    made = []
    shared = request.getfixturevalue("client") if "app" in request.fixturenames else None
    failed_before = request.session.testsfailed

    def make(**options):
        options.setdefault("viewport", {"width": 1280, "height": 1000})
        visitor = Visitor(chromium.new_context(**options))
        made.append(visitor)
        return visitor

    yield make
    if request.session.testsfailed > failed_before:
        PICTURES.mkdir(exist_ok=True)
        for number, visitor in enumerate(made):
            visitor.page.screenshot(path=PICTURES / f"failed-{request.node.name}-{number}.png")
    for visitor in made:
        visitor.leave(shared)
    for visitor in made:
        visitor.check()


@pytest.fixture
def visitor(visitors):
    return visitors()


@pytest.fixture
def page(visitor):
    return visitor.page


@pytest.fixture
def picture(request):
    """`picture(page)` keeps a screenshot under test-results/, named after the test."""

    def take(page, name=""):
        PICTURES.mkdir(exist_ok=True)
        page.screenshot(path=PICTURES / f"{request.node.name}{'-' + name if name else ''}.png")

    return take


import gzip
import re

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from viz.routes.assets import COMPONENTS, asset_routes, asset_url, bundle


@pytest.fixture
def browser():
    with TestClient(Starlette(routes=asset_routes())) as browser:
        yield browser


def test_a_module_is_served_whole_and_for_good(browser):
    answer = browser.get(asset_url("live/feed.js"))
    assert answer.content == (COMPONENTS / "live/feed.js").read_bytes()
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-encoding"] == "gzip"


def test_it_is_served_plain_to_who_cannot_unpack(browser):
    answer = browser.get(asset_url("theme.css"), headers={"accept-encoding": "identity"})
    assert "content-encoding" not in answer.headers
    assert "--gb-query" in answer.text
    assert answer.content == gzip.decompress(bundle().assets["theme.css"].compressed)


@pytest.mark.parametrize("name", ["live/__init__.py", "live/none.js", "../theme.py", "%2e%2e/theme.py", "live"])
def test_nothing_else_is_served(browser, name):
    assert browser.get(f"/assets/{bundle().digest}/{name}").status_code == 404


def test_another_version_is_not_served_under_this_address(browser):
    assert browser.get("/assets/0000000000000000/live/feed.js").status_code == 404


def test_an_unknown_name_has_no_address():
    with pytest.raises(KeyError):
        asset_url("live/none.js")


def test_every_import_and_style_of_a_module_is_in_the_bundle():
    names = set(bundle().assets)
    for path in COMPONENTS.rglob("*.js"):
        for target in re.findall(r'from "(\.{1,2}/[^"]+)"', path.read_text()):
            found = (path.parent / target).resolve().relative_to(COMPONENTS).as_posix()
            assert found in names, f"{path.name} imports {target}"


def test_no_module_speaks_to_another_machine():
    # Names of namespaces are written like addresses, and never asked.
    namespaces = rb"http://(www.w3.org/(2000/svg|1998/Math/MathML)|graphml.graphdrawing.org/xmlns)\""
    for name, asset in bundle().assets.items():
        assert not re.search(rb"(https?|wss?)://[a-z]", re.sub(namespaces, b"", asset.plain)), name


def test_modules_stay_small():
    for path in COMPONENTS.rglob("*.js"):
        assert len(path.read_text().splitlines()) <= 300, path

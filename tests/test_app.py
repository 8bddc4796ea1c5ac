"""The app as a whole: pages without an exception, and nothing left behind."""

import urllib.request

import pytest
import streamlit as st

from tools.app_process import ROOT, AppProcess

PAGES = sorted(path.stem for path in (ROOT / "pages").glob("[!_]*.py"))


@pytest.fixture
def at(opened):
    return opened()


def change(at):
    """Change the first control of the page: a slider to its end, else a list to its last entry, else a text."""
    lists = [*at.slider, *at.select_slider, *at.selectbox]
    if not lists:
        return at.text_input[0].set_value("anna")
    return lists[0].set_value(lists[0].options[-1] if getattr(lists[0], "options", ()) else lists[0].max)


@pytest.mark.parametrize("page", PAGES)
def test_page_runs_and_takes_a_changed_control(at, page):
    at.switch_page(f"{page}.py").run()
    assert not at.exception
    change(at).run()
    assert not at.exception


@pytest.mark.parametrize("page", PAGES)
def test_a_page_says_in_a_sentence_that_the_data_of_the_run_are_gone(at, page, monkeypatch):
    def gone(*_, **__):
        raise ValueError("the file must be there; got no file")

    monkeypatch.setattr("pages._session.load_dataset", gone)
    st.cache_resource.clear()
    at.switch_page(f"{page}.py").run()
    assert not at.exception
    said = [each.value for each in at.warning]
    sentence = "The data of this run are not here: the file must be there; got no file."
    assert said == ([] if page in ("train", "tokens", "glossary") else [sentence])


def test_every_page_is_in_the_navigation():
    listed = (ROOT / "pages" / "_navigation.py").read_text()
    assert [page for page in PAGES if f'"{page}.py"' not in listed] == []


def test_the_server_takes_its_processes_along(tmp_path):
    with AppProcess(tmp_path) as app:
        urllib.request.urlopen(app.url).close()
        assert app.processes()
        assert app.stop() == []

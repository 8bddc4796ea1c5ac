"""What pages share: this browser's key, the run it looks at, the link that says so, and the next run's draft.

Every session_state key and query parameter is named here; no page touches them by string.
"""

import secrets
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from model.config import PRESETS, DataConfig, RunConfig
from model.datasets import Dataset, load_dataset
from model.fields import Setting
from model.runs.client import Client, Refused, RunSummary, Unreachable, connect
from pages._view_parameters import OF_VIEWS
from viz.routes.browser_key import COOKIE, checked_key

RUN = "run"                  # query parameter, and in session_state across pages: the run this tab looks at
TEXT = "text"                # query parameter, and in session_state across pages: the text that the pages look at
EXPRESSION = "expr"          # query parameter, and in session_state across pages: the expression of the scalar graph
WHAT_IF = "whatif"           # query parameter: the fork of the run that things are tried on
GRAPH = "graph"              # query parameter and session_state: what the Autograd page shows
LEARN = "learn"              # query parameter, and in session_state across pages: what the Tokens page learns from
TERM = "term"                # query parameter and session_state: what the Glossary page looks for
PRESENT = "present"          # query parameter: "1" for large type and no sidebar
_OF_VIEW = {RUN, TEXT, WHAT_IF, PRESENT, EXPRESSION, GRAPH, LEARN, TERM, *OF_VIEWS}  # no run's settings
_KEY = "browser_key"         # session_state: stands in for the cookie where a browser refuses cookies
_NOTE = "note"               # session_state: one sentence to say once, after a rerun
_DRAFT = "draft"             # session_state: (run, settings of the next run that differ from this one's)
CHOSEN = "chosen_run"        # session_state: the sidebar's list of runs
UPLOAD, PASTED = "uploaded_text", "pasted_text"  # session_state: the two ways to bring a text
FETCH, FILE = "fetch", "file"  # session_state: the two ways to get TinyShakespeare
SETTINGS_OPEN, SETTINGS_TAB = "settings_open", "settings_tab"  # session_state: what of the next run's settings is open
_TEXT = "own_text"           # session_state: the text that this visitor pasted or uploaded
TYPED = "typed_text"         # session_state: the pages' text field
LEARNED_FROM, LEARNED_TEXT = "learned_from", "learned_text"  # session_state: the Tokens page's choice, and own text
STARTED = "started"          # session_state: a run was started on another page: the Train page comes next
MAX_LINK_TEXT = 300          # characters: more than the longest context, and addresses have limits
DEFAULT = PRESETS["classroom"].config
_FROM_DATA = ("vocab_size", "text_sha256")  # follow from the data, never drafted


class Gone(Exception):  # noqa: N818  (like a refusal, it is an answer)
    """The run that this tab looked at is no longer there; the message is one sentence."""


class NoData(Exception):  # noqa: N818
    """The data of the run on screen are not here; the message is one sentence."""


@dataclass(frozen=True)
class View:
    """What this tab looks at: the run and whether this browser may control it."""

    run: str
    is_owner: bool
    config: RunConfig
    state: str
    name: str


def client() -> Client:
    """The one connection of this web process to the supervisor."""
    return connect()


def browser_key() -> str:
    """Who this browser is, by its cookie; without cookies, for as long as this tab's session lives."""
    return checked_key(st.context.cookies.get(COOKIE)) or st.session_state.setdefault(_KEY, secrets.token_hex(16))


def is_presented() -> bool:
    """Whether the page is shown to a class: large type, and room for it."""
    return st.query_params.get(PRESENT) == "1"


def say_once(sentence: str) -> None:
    """Show a sentence at the top of the page in the next script run."""
    st.session_state[_NOTE] = sentence


def current() -> View:
    """The run this tab looks at: the one in the link, else this browser's unfinished latest, else a new one.

    Raises Gone when it was there before, Unreachable or Refused in a sentence.
    """
    run = st.query_params.get(RUN, "") or st.session_state.get(RUN, "")  # another page's link has no run in it
    try:
        return _look(run or _latest_unfinished() or _first_run())
    except Unreachable:  # the run may be there all the same: nothing is started in its place
        raise
    except Refused as refusal:
        if run and run == st.session_state.get(RUN):
            raise Gone(str(refusal)) from refusal
        say_once(f"{refusal} A new run was started instead.")
        return _look(_first_run())


def _look(run: str) -> View:
    header, _ = client().request("describe", run=run, key=browser_key())
    if st.query_params.get(RUN) != run:
        st.query_params[RUN] = run
    st.session_state[RUN] = run
    return View(run, header["owner"], RunConfig.from_dict(header["config"]), header["state"], header["name"])


def _latest_unfinished() -> str:
    if _settings_in_link():  # a link with settings asks for a run of its own
        return ""
    return next((run.id for run in runs() if run.state not in ("finished", "diverged", "failed")), "")


def _settings_in_link() -> dict[str, str]:
    return {name: text for name, text in st.query_params.items() if name not in _OF_VIEW}


def _first_run() -> str:
    try:
        config = RunConfig.from_query(_settings_in_link())
    except ValueError as refusal:
        say_once(f"This link's settings do not work: {refusal}. The classroom run was started instead.")
        for name in _settings_in_link():  # left in the link they would be refused again
            del st.query_params[name]
        return start_run(DEFAULT)
    try:
        return start_run(config)
    except ValueError as refusal:  # its data are not here yet; the link keeps its settings for the next run
        say_once(f"This link's run cannot start yet: {refusal}. The classroom run was started instead.")
        return start_run(DEFAULT)


def runs() -> list[RunSummary]:
    """This browser's runs, newest first."""
    return client().runs(browser_key())


def start_run(config: RunConfig, text: str | None = None) -> str:
    """Start a run of this browser and look at it; returns its id. ValueError or Refused say in a sentence why not."""
    dataset = dataset_of(config, text)
    run = client().create(config.with_vocab(dataset.vocab_size), browser_key(), text=text)
    st.query_params[RUN] = run
    return run


def dataset_of(config: RunConfig, text: str | None = None) -> Dataset:
    """The data of a configuration, loaded once per web process and setting. ValueError: one sentence."""
    return _dataset(config.data, text, client().home)


def dataset_of_run(view: View) -> Dataset:
    """The data of the run on screen. Raises NoData in a sentence: they may have gone since the run began."""
    try:
        return dataset_of(view.config, text_of(view))
    except ValueError as refusal:
        raise NoData(f"The data of this run are not here: {refusal}.") from refusal


@st.cache_resource(max_entries=16, show_spinner=False)
def _dataset(data: DataConfig, text: str | None, home: Path) -> Dataset:
    return load_dataset(data, text=text, home=home)


def own_text() -> str | None:
    """The text this visitor brought, if any."""
    return st.session_state.get(_TEXT)


def text_at_hand(view: View) -> str | None:
    """The text that a next run would learn: what this visitor brought, else the one of the run on screen."""
    return own_text() or text_of(view)


def keep_own_text(text: str) -> None:
    """Keep a checked text for the next run on it."""
    st.session_state[_TEXT] = text


def typed_text() -> str:
    """The text in the link, or the one this visitor had before."""
    if TEXT in st.query_params:
        st.session_state[TEXT] = st.query_params[TEXT]
    return st.session_state.get(TEXT, "")


def keep_typed_text() -> None:
    """The visitor's text changed: it goes into the link, as far as a link is long, and stays across pages."""
    text = st.session_state[TYPED] or ""
    st.session_state[TEXT] = text
    if text:
        st.query_params[TEXT] = text[:MAX_LINK_TEXT]
    else:
        st.query_params.pop(TEXT, None)


def keep_term() -> None:
    """Another term is looked for: it goes into the link."""
    if term := st.session_state[TERM]:
        st.query_params[TERM] = term[:MAX_LINK_TEXT]
    else:
        st.query_params.pop(TERM, None)


def draft(view: View) -> dict[str, Setting]:
    """The settings of the next run that differ from the run on screen; at first those in the link."""
    run, settings = st.session_state.get(_DRAFT, ("", {}))
    if run != view.run:
        settings = _draft_in_link(view)
        st.session_state[_DRAFT] = (view.run, settings)
    return dict(settings)


def _draft_in_link(view: View) -> dict[str, Setting]:
    asked = _settings_in_link()
    if not asked:
        return {}
    try:
        wanted = RunConfig.from_query(asked).with_vocab(view.config.model.vocab_size).to_dict()
    except ValueError as refusal:
        say_once(f"The settings in this link do not work: {refusal}")
        return {}
    return _differing(view, wanted)


def _differing(view: View, values: dict[str, Setting]) -> dict[str, Setting]:
    own = view.config.to_dict()
    return {name: value for name, value in values.items() if value != own[name] and name not in _FROM_DATA}


def change_draft(view: View, changes: dict[str, Setting]) -> None:
    """Note settings for the next run; the link carries them."""
    settings = _differing(view, draft(view) | changes)
    st.session_state[_DRAFT] = (view.run, settings)
    st.query_params.from_dict({RUN: view.run} | {name: str(value) for name, value in settings.items()})


def clear_draft() -> None:
    """Forget the settings noted for the next run."""
    st.session_state.pop(_DRAFT, None)
    st.query_params.from_dict({RUN: st.query_params[RUN]})


def name_key(view: View) -> str:
    """The session_state key of the text field that renames this run: another run's has another."""
    return f"name:{view.run}"


def setting_key(name: str) -> str:
    """The session_state key of a setting's widget."""
    return f"setting:{name}"


def look_at(run: str) -> None:
    """Turn this tab to another run; drafted settings stay with the old one."""
    clear_draft()
    st.query_params.from_dict({RUN: run})


def forget_run() -> None:
    """Turn this tab away from a run that is gone: the next script run finds or starts another."""
    for key in (_DRAFT, RUN):
        st.session_state.pop(key, None)
    st.query_params.clear()


def start_afresh() -> None:
    """Turn this tab away from a run that is gone, to a new classroom run."""
    forget_run()
    try:
        start_run(DEFAULT)
    except Refused as refusal:
        say_once(str(refusal))


def text_of(view: View) -> str | None:
    """The run's own text, when it trains on one."""
    if view.config.data.dataset != "text":
        return None
    _, arrays = client().request("text", run=view.run)
    return arrays["text"].tobytes().decode()


def attempt(view: View, command: str, **arguments: object) -> None:
    """Send a command to the run on screen; a refusal is said once, in its own sentence."""
    try:
        client().command(view.run, browser_key(), command, **arguments)
    except Refused as refusal:
        say_once(str(refusal))


def said() -> str | None:
    """The sentence to say in this script run, if any; it is said only once."""
    return st.session_state.pop(_NOTE, None)

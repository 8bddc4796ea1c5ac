"""The sidebar of every page: the run on screen with its state, this browser's other runs, and "new run"."""

import streamlit as st

from model.runs.client import Refused, RunSummary
from pages import _session
from pages._session import View
from viz.components.live import sidebar_view


def sidebar() -> None:
    """The run on screen with its state, this browser's other runs, and "new run": the same on every page."""
    view = _session.current()
    _session.draft(view)  # reads the settings in the link: what is wrong with them is said below
    with st.sidebar:
        sidebar_view(key="sidebar", run=view.run)
        _run_chooser(view)
        with st.container(horizontal=True):
            st.button("New run", icon=":material/add:", on_click=_again, args=(view,),
                      help="New weights from another seed, with the settings of this run.")  # fmt: skip
            if view.is_owner:
                _rename_and_delete(view)
    if sentence := _session.said():
        st.toast(sentence, icon=":material/info:", duration="infinite")  # seen wherever the page is scrolled to


def _run_chooser(view: View) -> None:
    own = {run.id: _named(run, is_shown=run.id == view.run) for run in _session.runs()}
    choices = own if view.run in own else {view.run: "the run of this link", **own}
    if len(choices) > 1:
        st.session_state[_session.CHOSEN] = view.run
        st.selectbox("Your runs", list(choices), format_func=lambda run: choices[run], key=_session.CHOSEN,
                     on_change=_choose)  # fmt: skip


def _named(run: RunSummary, is_shown: bool) -> str:
    """A run in the list. The step of the one on screen moves on and stands above the list."""
    return " · ".join(filter(None, (run.name, "" if is_shown else f"step {run.step:,}", run.title)))


def _choose() -> None:
    _session.look_at(st.session_state[_session.CHOSEN])


def _again(view: View) -> None:
    try:
        _session.start_run(view.config.replace(seed=view.config.train.seed + 1), _session.text_of(view))
    except (ValueError, Refused) as refusal:
        _session.say_once(str(refusal))


def _rename_and_delete(view: View) -> None:
    with st.popover("", icon=":material/more_horiz:", help="Rename or delete this run."):
        st.text_input("Name", view.name, max_chars=40, key=_session.name_key(view), on_change=_rename, args=(view,),
                      placeholder="a name for this run",
                      help="A run that you name is kept; others go when unopened for 7 days.")  # fmt: skip
        st.button("Delete this run", icon=":material/delete:", on_click=_delete, args=(view,),
                  help="Its weights and history go for good.")  # fmt: skip


def _rename(view: View) -> None:
    _session.attempt(view, "rename", name=st.session_state[_session.name_key(view)])


def _delete(view: View) -> None:
    _session.attempt(view, "delete")
    _session.forget_run()

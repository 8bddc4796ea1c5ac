"""The what-if fork of the Step page: the copy of the run that this tab tries things on, kept in the link."""

import streamlit as st

from model.runs.client import Refused, Unreachable
from pages import _session


def what_if() -> str:
    """The fork that this tab tries things on, "" for none: it may have gone, as nobody had looked at it for a while."""
    fork = st.query_params.get(_session.WHAT_IF, "")
    if not fork:
        return ""
    try:
        header, _ = _session.client().request("describe", run=fork, key=_session.browser_key())
    except Unreachable:
        raise
    except Refused:
        header = {}
    if not (header.get("what_if") and header.get("owner")):
        keep_what_if("")
        _session.say_once("The what-if fork of this link is not there, or not yours: this is the run itself.")
        st.rerun()
    return fork


def keep_what_if(fork: str) -> None:
    """Try things on this fork from now on, or on none (""); the link says so."""
    if fork:
        st.query_params[_session.WHAT_IF] = fork
    else:
        st.query_params.pop(_session.WHAT_IF, None)

"""What the Autograd page remembers of its tabs: which one is open, and the expression that was typed."""

from collections.abc import Container

import streamlit as st

from model.expressions import MAX_LENGTH
from pages import _session


def graph(known: Container[str]) -> str:
    """Which tab of the Autograd page the link asks for. (A bound control would write its label there, not its name.)"""
    asked = st.query_params.get(_session.GRAPH, "tensor")
    return asked if asked in known else "tensor"


def keep_graph() -> None:
    """Another tab of the Autograd page was chosen: the link says so."""
    st.query_params[_session.GRAPH] = st.session_state[_session.GRAPH]


def expression(default: str) -> str:
    """The expression in the link, or the one this visitor had before."""
    if _session.EXPRESSION in st.query_params:
        st.session_state[_session.EXPRESSION] = st.query_params[_session.EXPRESSION]
    return st.session_state.get(_session.EXPRESSION, default)


def keep_expression(text: str) -> None:
    """Another expression was typed: it goes into the link, as far as a link is long, and stays across pages."""
    st.session_state[_session.EXPRESSION] = text
    if len(text) <= MAX_LENGTH:
        st.query_params[_session.EXPRESSION] = text
    else:
        st.query_params.pop(_session.EXPRESSION, None)

"""Tokens: a text as characters, bytes and byte-pair tokens, and how byte-pair encoding learns them, merge by merge."""

import streamlit as st

from model.bpe_record import MOST_SHOWN, shown_record
from model.runs.client import Refused
from pages import _learned, _session
from viz.components.tokens import tokens_view

if st.session_state.pop(_session.STARTED, False):
    st.switch_page("train.py")
view = _session.current()
words, field = st.columns([6, 4], vertical_alignment="center", gap="small")
with words, st.container(horizontal=True, vertical_alignment="center"):
    st.subheader("Tokens", anchor=False, width="content")
    st.caption("How a text becomes numbers, and how a tokenizer learns its tokens.", width="stretch")
learned = _learned.learned(view)
with field:
    text = st.text_input("Your text", key=_session.TYPED, value=_session.typed_text(), live=True,
                         placeholder=f"your text, as “{learned.example[:60]}”", label_visibility="collapsed",
                         on_change=_session.keep_typed_text) or learned.example  # fmt: skip
remarks = [learned.remark] if learned.remark else []
if len(text) > MOST_SHOWN:
    remarks.append(f"The rows show the first {MOST_SHOWN} characters of your text; it has {len(text):,}.")


def start(n_merges: int) -> None:
    """Start a run whose tokenizer is learned on the chosen text, and look at it."""
    try:
        _session.start_run(*_learned.config_on(view, learned, n_merges))
    except (ValueError, Refused) as refusal:
        _session.say_once(str(refusal))
    else:
        st.session_state[_session.STARTED] = True


if tokens_view(key="tokens", run=view.run, record=learned.digest, shown=shown_record(text, learned.record["pairs"]),
               remarks=remarks, on_start=start):  # fmt: skip
    st.rerun()

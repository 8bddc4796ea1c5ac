"""Step: one training iteration of the run, operation by operation, on a text of one's own."""

import streamlit as st

from pages import _session, _trace, _what_if
from pages._text import text_field
from viz.components.stepper import stepper_view

view = _session.current()
title, words, field = st.columns([1, 6, 3], vertical_alignment="center", gap="small")
title.subheader("Step", anchor=False)
words.caption("One training iteration: walk with → and ←, click a number to see where it comes from.")
dataset = _session.dataset_of_run(view)
with field:
    asked = text_field(view, dataset)
look = _trace.look(view, asked, _what_if.what_if())
if stepper_view(key="stepper", run=view.run, look=look, on_tried=_what_if.keep_what_if, on_opened=_session.look_at):
    st.rerun()

"""Step: one training iteration of the run, operation by operation, on a text of one's own."""

import streamlit as st

from model.typed import example
from pages import _session, _trace
from viz.components.stepper import stepper_view

view = _session.current()
dataset = _session.dataset_of(view.config, _session.text_of(view))
title, words, field = st.columns([1, 6, 3], vertical_alignment="center", gap="small")
title.subheader("Step", anchor=False)
words.caption("One training iteration: walk with → and ←, click a number to see where it comes from.")
text = field.text_input("Your text", key=_session.TYPED, value=_session.typed_text(), live=True,
                        placeholder=f"your text, as “{example(dataset)}”" if example(dataset) else "an exercise",
                        label_visibility="collapsed", on_change=_session.keep_typed_text)  # fmt: skip
what_if = _session.what_if()
look = _trace.look(view, text or "", what_if)
if stepper_view(key="stepper", run=view.run, manifest=look.manifest, problem=look.problem, remark=look.remark,
                what_if=what_if, on_tried=_session.keep_what_if, on_opened=_session.look_at):  # fmt: skip
    st.rerun()

"""Attention: what every head of the run looks at, live, on a text of one's own; what it does; what it is good for."""

import streamlit as st

from pages import _session
from pages._text import text_field
from viz.components.attention import attention_view

view = _session.current()
title, words, field = st.columns([2, 5, 3], vertical_alignment="center", gap="small")
title.subheader("Attention", anchor=False)
words.caption("Where each token looks, head by head, while the model learns.")
dataset = _session.dataset_of_run(view)
with field:
    asked = text_field(view, dataset)
model = view.config.model
attention_view(key="attention", run=view.run, asked=asked, n_layers=model.n_layers, n_heads=model.n_heads)

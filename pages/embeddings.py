"""Embeddings: the model's vectors as points, how they formed, and what lies near what."""

import streamlit as st

from model.token_colours import colourings
from pages import _moments, _session
from pages._text import text_field
from viz.components.embeddings import embeddings_view

view = _session.current()
title, words, field = st.columns([3, 5, 4], vertical_alignment="center", gap="small")
title.subheader("Embeddings", anchor=False)
words.caption("Every token is a list of numbers. Training moves them: what is used alike comes to lie together.")
dataset = _session.dataset_of_run(view)
with field:
    asked = text_field(view, dataset)
embeddings_view(key="embeddings", run=view.run, asked=asked, colourings=colourings(dataset),
                moments=[_moments.the_circle()])  # fmt: skip

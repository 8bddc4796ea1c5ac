"""Generate: a prompt, and what the model writes after it, token by token."""

import streamlit as st

from model.typed import read_prompt
from pages import _session
from pages._text import text_field
from viz.components.generate import generate_view

view = _session.current()
title, words, field = st.columns([2, 5, 3], vertical_alignment="center", gap="small")
title.subheader("Generate", anchor=False)
words.caption("The model writes token by token: scores, probabilities, a draw. Move a slider and see what changes.")
dataset = _session.dataset_of_run(view)
with field:
    asked = text_field(view, dataset, read_prompt)
generate_view(key="generate", run=view.run, asked=asked, dataset=dataset, block_size=view.config.model.block_size)

"""Autograd: the graph that gradients flow back through, from the whole model down to single numbers."""

import streamlit as st

from pages import _autograd_state, _session
from pages._autograd_scalar import expression_tab
from pages._autograd_tensor import tensor_tab

view = _session.current()
title, tabs, corner = st.columns([2, 6, 3], vertical_alignment="center", gap="small")

# By what the link says: how the tab is called, and what shows it.
TABS = {
    "tensor": ("The model's graph", lambda: tensor_tab(view, corner)),
    "scalar": ("An expression", lambda: expression_tab(view)),
}

title.subheader("Autograd", anchor=False)
chosen = tabs.segmented_control("What to look at", TABS, default=_autograd_state.graph(TABS), required=True,
                                key=_session.GRAPH, format_func=lambda name: TABS[name][0],
                                on_change=_autograd_state.keep_graph, label_visibility="collapsed")  # fmt: skip
_, show = TABS[chosen or next(iter(TABS))]
show()

"""Autograd: the graph that gradients flow back through, from the whole model down to single numbers."""

import streamlit as st

from pages import _autograd_state, _session
from pages._autograd_scalar import check_tab, expression_tab, flow_tab, window_tab
from pages._autograd_tensor import tensor_tab

view = _session.current()
head = st.container(horizontal=True, vertical_alignment="center", gap="small")
title, tabs, corner = head.container(width="content"), head.container(width="content"), head.container(width=236)

# By what the link says: how the tab is called, and what shows it.
TABS = {
    "tensor": ("The model's graph", lambda: tensor_tab(view, corner)),
    "scalar": ("Expression", lambda: expression_tab(view)),
    "window": ("Scalars", lambda: window_tab(view, corner)),
    "check": ("Is it right?", lambda: check_tab(view, corner)),
    "flow": ("Gradient flow", lambda: flow_tab(view, corner)),
}

title.subheader("Autograd", anchor=False)
chosen = tabs.segmented_control("What to look at", TABS, default=_autograd_state.graph(TABS), required=True,
                                key=_session.GRAPH, format_func=lambda name: TABS[name][0],
                                on_change=_autograd_state.keep_graph, label_visibility="collapsed")  # fmt: skip
_, show = TABS[chosen or next(iter(TABS))]
show()

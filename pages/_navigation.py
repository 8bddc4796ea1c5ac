"""The script that st.App runs: page settings, the list of pages that exist, the sidebar they share."""

import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
if str(PROJECT) not in sys.path:
    sys.path.insert(0, str(PROJECT))

import streamlit as st

from model.runs.client import Refused
from pages import _data, _session, _sidebar

st.set_page_config(page_title="Glassbox", page_icon=str(PROJECT / "assets" / "icon.png"), layout="wide",
                   initial_sidebar_state="collapsed" if _session.is_presented() else "auto")  # fmt: skip
st.logo(str(PROJECT / "assets" / "logo.svg"), size="large")
page = st.navigation({
    "The run": [
        st.Page("train.py", title="Train", icon=":material/show_chart:", default=True),
        st.Page("step.py", title="Step", icon=":material/steps:"),
        st.Page("attention.py", title="Attention", icon=":material/grid_on:"),
        st.Page("embeddings.py", title="Embeddings", icon=":material/scatter_plot:"),
        st.Page("autograd.py", title="Autograd graph", icon=":material/account_tree:"),
        st.Page("generate.py", title="Generate", icon=":material/edit_note:"),
        st.Page("tokens.py", title="Tokens", icon=":material/content_cut:"),
    ],
    "Words": [st.Page("glossary.py", title="Glossary", icon=":material/menu_book:")],
})  # fmt: skip
try:
    _sidebar.sidebar()
    page.run()
except _session.Gone as gone:
    st.warning(str(gone), icon=":material/delete:")
    st.button("New run", icon=":material/add:", on_click=_session.start_afresh)
except _session.NoData as missing:
    st.warning(str(missing), icon=":material/folder_off:")
    _data.shakespeare_panel()
except Refused as refusal:  # the runs' host does not answer, or has no place for a first run: the link stays as it is
    st.error(str(refusal), icon=":material/cloud_off:")
    st.button("Try again", icon=":material/refresh:")

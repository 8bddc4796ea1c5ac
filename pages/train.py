"""Train: a transformer learns in front of you. One live picture, the settings that act at once, and the next run."""

import streamlit as st

from pages import _session, _settings
from pages._colours import colourings_of
from viz.components.live import train_view
from viz.routes.shipped import shipped_url

view = _session.current()
colouring = next(iter(colourings_of(view)), None)
opened = train_view(key="train", run=view.run, shipped_url=shipped_url(), colouring=colouring)
if opened:
    _session.look_at(opened)
    st.rerun()
_settings.live_settings(view)
_settings.next_run(view)

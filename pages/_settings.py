"""The settings: what may change while the run trains, and the draft of the next run with one button that starts it.

Live settings act at once. All others collect in a draft, kept in the link, until the button is pressed. What a setting
is called, allows and explains stands in model.fields; nothing is repeated here.
"""

from collections.abc import Mapping
from urllib.parse import urlencode

import streamlit as st

from model.config import FIELDS, PRESETS, Preset, RunConfig
from model.fields import Setting
from model.runs.client import Refused
from pages import _data, _session
from pages._session import View
from pages._widgets import show_settings

LIVE = ("learning_rate", "optimizer", "schedule", "weight_decay", "grad_clip", "batch_size")  # the row under the curves
SECTIONS = {
    "Model": [f for f in FIELDS.values() if f.owner == "model" and f.shown],
    "Training": [f for f in FIELDS.values() if f.owner == "train" and f.name not in LIVE],
    "Data": [f for f in FIELDS.values() if f.owner == "data" and f.shown],
}


def live_settings(view: View) -> None:
    """The six settings a teacher moves while the class watches the curve; a watcher's go into a run of their own."""
    values = view.config.to_dict() | ({} if view.is_owner else _session.draft(view))
    st.markdown("**While it trains**" if view.is_owner else "**For a run of your own** (this one belongs to another)")
    show_settings(view, [FIELDS[name] for name in LIVE], values)


def next_run(view: View) -> None:
    """Presets, every other setting in three tabs, and the bar that starts a new run."""
    draft = _session.draft(view)
    values = view.config.to_dict() | draft | {"text_sha256": ""}  # that of the text which is then at hand
    title = "Settings for a new run: presets, model, training, data"
    panel = st.expander(title, icon=":material/tune:", key=_session.SETTINGS_OPEN, on_change="rerun")
    if not panel.open:
        return  # some forty widgets: made only for who wants them, or the first picture waits for them
    with panel:
        _new_run_bar(view, values, draft)
        tabs = st.tabs(["Presets", *SECTIONS], key=_session.SETTINGS_TAB, on_change="rerun")
        if tabs[0].open:
            with tabs[0]:
                _presets(view)
        for tab, (title, fields) in zip(tabs[1:], SECTIONS.items(), strict=True):
            if tab.open:
                with tab:
                    show_settings(view, fields, values)
                    if title == "Data":
                        _data.data_panel(view, values)


def _presets(view: View) -> None:
    _data.shakespeare_panel()
    presets = list(PRESETS.values())
    for start in range(0, len(presets), 2):
        for column, preset in zip(st.columns(2, gap="small"), presets[start : start + 2], strict=False):
            with column, st.container(border=True, height="stretch", gap="xsmall"):
                _preset(view, preset)


def _preset(view: View, preset: Preset) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"**{preset.title}**", width="content")
        st.button("Start", key=f"preset:{preset.key}", on_click=_start, args=(view, preset.config.to_dict()),
                  help=f"Start a new run with the preset {preset.title}.")  # fmt: skip
    st.write(preset.special)
    st.caption(f"{preset.expects}  \n*{preset.source}*")


def _start(view: View, values: Mapping[str, Setting]) -> None:
    # Read when pressed: the text may have come in below the button in the very script run that drew it.
    try:
        text = _session.text_at_hand(view) if values["dataset"] == "text" else None
        _session.start_run(RunConfig.from_dict(values), text)
    except (ValueError, Refused) as refusal:
        _session.say_once(str(refusal))
    else:
        _session.clear_draft()


def _new_run_bar(view: View, values: Mapping[str, Setting], draft: Mapping[str, Setting]) -> None:
    """What a new run would change, the button that starts it, the link that does the same elsewhere."""
    with st.container(horizontal=True, vertical_alignment="center", wrap=True):
        st.button("Start new run", type="primary", icon=":material/play_arrow:", on_click=_start, args=(view, values),
                  help="Starts from new weights with the settings below; this run stays in your list.")  # fmt: skip
        if draft:
            st.button("Discard changes", icon=":material/undo:", on_click=_session.clear_draft)
        st.caption(_difference(view, draft))
    try:
        config = RunConfig.from_dict(values)
    except ValueError as refusal:
        st.error(str(refusal), icon=":material/error:")
        return
    st.caption(f"{config.model.n_parameters:,} parameters · link to these settings:")
    st.code(f"{st.context.url}?{urlencode(config.to_query())}", language=None)


def _difference(view: View, draft: Mapping[str, Setting]) -> str:
    if not draft:
        return "A new run would have this run's settings."
    before = view.config.to_dict()
    return "New run: " + " · ".join(FIELDS[name].change(before[name], value) for name, value in draft.items())

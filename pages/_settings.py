"""The settings: what may change while the run trains, and the draft of the next run with one button that starts it.

Live settings act at once. All others collect in a draft, kept in the link, until the button is pressed. What a setting
is called, allows and explains stands in model.fields; nothing is repeated here.
"""

import math
from collections.abc import Mapping
from urllib.parse import urlencode

import streamlit as st

from model.config import FIELDS, PRESETS, Field, Preset, RunConfig
from model.descriptions import ABOUT
from model.fields import Setting
from model.runs.client import Refused
from pages import _data, _session
from pages._session import View

LIVE = ("learning_rate", "optimizer", "schedule", "weight_decay", "grad_clip", "batch_size")  # the row under the curves
SECTIONS = {
    "Model": [f for f in FIELDS.values() if f.owner == "model" and f.shown],
    "Training": [f for f in FIELDS.values() if f.owner == "train" and f.name not in LIVE],
    "Data": [f for f in FIELDS.values() if f.owner == "data" and f.shown],
}
TEXTS = ("names", "prose", "shakespeare", "text")
MATTERS_WITH: dict[str, tuple[str, tuple[Setting, ...]]] = {  # a setting → the other one, and its values that use it
    "tokenizer": ("dataset", TEXTS),
    "n_merges": ("tokenizer", ("bpe",)),
    "layout": ("dataset", TEXTS),
    "language": ("dataset", ("names",)),
    "task_length": ("dataset", ("copy", "reverse", "sort", "add", "brackets")),
    "modulus": ("dataset", ("modular",)),
    "learning_rate_rest": ("optimizer", ("muon",)),
    "beta1": ("optimizer", ("adam", "adamw", "muon")),
    "beta2": ("optimizer", ("rmsprop", "adam", "adamw", "muon")),
    "momentum": ("optimizer", ("momentum", "muon")),
    "d_mlp": ("has_mlp", (True,)),
    "activation": ("has_mlp", (True,)),
    "norm_gain": ("norm", ("layernorm", "rmsnorm", "batchnorm")),
    "norm_placement": ("norm", ("layernorm", "rmsnorm", "batchnorm")),
    "norm_embedding": ("norm", ("layernorm", "rmsnorm", "batchnorm")),
    "norm_final": ("norm", ("layernorm", "rmsnorm", "batchnorm")),
}
COLUMNS = 3
BATCH_SIZES = [1, 8, 32, 64, 128, 256]  # the ways back from the whole table
WIDE = 1000.0  # a range wider than this is offered in steps of 1, 2, 5, 10 …


def live_settings(view: View) -> None:
    """The six settings a teacher moves while the class watches the curve; a watcher's go into a run of their own."""
    values = view.config.to_dict() | ({} if view.is_owner else _session.draft(view))
    st.markdown("**While it trains**" if view.is_owner else "**For a run of your own** (this one belongs to another)")
    _widgets(view, [FIELDS[name] for name in LIVE], values)


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
                    _widgets(view, fields, values)
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


def _widgets(view: View, fields: list[Field], values: Mapping[str, Setting]) -> None:
    shown = [field for field in fields if _matters(field.name, values)]
    for start in range(0, len(shown), COLUMNS):
        for column, field in zip(st.columns(COLUMNS, gap="medium"), shown[start : start + COLUMNS], strict=False):
            with column, st.container(gap="xxsmall"):
                _widget(view, field, values[field.name])


def _matters(name: str, values: Mapping[str, Setting]) -> bool:
    """Whether a setting has any effect together with the others, which must have an effect themselves."""
    if name not in MATTERS_WITH:
        return True
    other, choices = MATTERS_WITH[name]
    return values[other] in choices and _matters(other, values)


def _widget(view: View, field: Field, value: Setting) -> None:
    """One setting with its line of help. The widget shows `value`, what run or draft say, whatever it showed before."""
    key = _session.setting_key(field.name)
    label = f"{field.label} ({field.unit})" if field.unit else field.label
    wiring = {"key": key, "on_change": _changed, "args": (view, field, key)}
    st.session_state[key] = value
    if field.kind == "bool":
        st.toggle(label, **wiring)
    elif field.kind == "choice" or value in field.choices:
        numbers = BATCH_SIZES if field.kind == "int" else []
        st.selectbox(label, [*field.choices, *numbers], format_func=field.words, **wiring)
    elif field.slider is None or not field.slider[0] <= value <= field.slider[1]:
        _number(field, label, wiring)
    elif field.slider[0] > 0 and field.slider[1] / field.slider[0] > WIDE:
        _wide(view, field, value, label, wiring)
    else:
        low, high = (type(value)(end) for end in field.slider)
        st.slider(label, low, high, step=1 if field.kind == "int" else 0.01, **wiring)
    st.caption(field.help)


def _number(field: Field, label: str, wiring: Mapping[str, object], **look: object) -> None:
    # value=None: without it an emptied field stands for the lowest value.
    if field.kind == "int":
        st.number_input(label, int(field.low), int(field.high), value=None, step=1, **wiring, **look)
    else:
        st.number_input(label, field.low, field.high, value=None, format="%g", **wiring, **look)


def _wide(view: View, field: Field, value: float, label: str, wiring: Mapping[str, object]) -> None:
    """A slider in steps of 1, 2, 5, 10 …, and beside it the number itself, to type any other."""
    slider, number = st.columns([2, 1], vertical_alignment="bottom")
    key = f"{wiring['key']}:slider"
    st.session_state[key] = value
    with slider:
        st.select_slider(label, _stops(field, value), format_func="{:g}".format, key=key, on_change=_changed,
                         args=(view, field, key))  # fmt: skip
    with number:
        _number(field, f"{label}, exactly", wiring, label_visibility="collapsed")


def _stops(field: Field, value: float) -> list[float]:
    low, high = field.slider or (field.low, field.high)
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    stops = {round(digit * 10.0**decade, 12) for decade in decades for digit in (1, 2, 3, 5)}
    return sorted({stop for stop in stops if low <= stop <= high} | {value})


def _changed(view: View, field: Field, key: str) -> None:
    """A widget was moved: act on the run at once where that can be, else note it for the next run."""
    value = st.session_state[key]
    if value is None:  # an emptied field: it shows its old value again
        return
    if field.live and view.is_owner:
        _session.attempt(view, "set", changes={field.name: value})
        return
    suggested = _suggested(view, value) if field.name == "dataset" else {}
    _session.change_draft(view, {**suggested, field.name: value})


def _suggested(view: View, dataset: str) -> dict[str, Setting]:
    """What shows a data set well; what the one chosen before had suggested goes back to what it was."""
    values = view.config.to_dict() | _session.draft(view)
    old = values["dataset"]
    before = (_session.DEFAULT if view.config.data.dataset == old else view.config).to_dict()
    left = {name: before[name] for name, value in ABOUT[old].suggests.items() if values[name] == value}
    return {**left, **ABOUT[dataset].suggests}


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

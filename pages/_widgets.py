"""The widget of each setting: what kind it is of, when it is shown, and what happens when it is moved.

What a setting is called, allows and explains stands in model.fields; nothing is repeated here.
"""

import math
from collections.abc import Mapping

import streamlit as st

from model.config import Field
from model.descriptions import ABOUT
from model.fields import Setting
from pages import _session
from pages._session import View

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


def show_settings(view: View, fields: list[Field], values: Mapping[str, Setting]) -> None:
    """The widgets of those settings that have an effect together with the others."""
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
    elif field.slider is None:
        _number(field, label, wiring)
    elif _is_wide(field) or not field.slider[0] <= value <= field.slider[1]:
        _slider_and_number(view, field, value, label, wiring)
    else:
        _slider(field, value, label, wiring)
    st.caption(field.help)


def _number(field: Field, label: str, wiring: Mapping[str, object], **look: object) -> None:
    # value=None: without it an emptied field stands for the lowest value.
    if field.kind == "int":
        st.number_input(label, int(field.low), int(field.high), value=None, step=1, **wiring, **look)
    else:
        st.number_input(label, float(field.low), float(field.high), value=None, format="%g", **wiring, **look)


def _slider(field: Field, value: float, label: str, wiring: Mapping[str, object]) -> None:
    """A slider, in steps of 1, 2, 5, 10 … where its range is wide."""
    if _is_wide(field):
        st.select_slider(label, _stops(field, value), format_func="{:g}".format, **wiring)
        return
    low, high = (type(value)(end) for end in field.slider or ())
    st.slider(label, low, high, step=1 if field.kind == "int" else 0.01, **wiring)


def _slider_and_number(view: View, field: Field, value: float, label: str, wiring: Mapping[str, object]) -> None:
    """A slider, and beside it the number itself. For a number out of its range the slider stands at its end."""
    low, high = field.slider or (field.low, field.high)
    within = type(value)(min(max(value, low), high))
    slider, number = st.columns([4, 3], gap="xsmall", vertical_alignment="bottom")
    key = f"{wiring['key']}:slider"
    st.session_state[key] = within
    with slider:
        _slider(field, within, label, {"key": key, "on_change": _changed, "args": (view, field, key)})
    with number:
        _number(field, f"{label}, exactly", wiring, label_visibility="collapsed")


def _is_wide(field: Field) -> bool:
    low, high = field.slider or (0, 0)
    return low > 0 and high / low > WIDE


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

"""The text that a page looks at: one field, the same text on every page, read as the run's model reads it."""

from collections.abc import Callable

import streamlit as st

from model.datasets import Dataset
from model.typed import Typed, example, read_typed
from pages import _session
from pages._session import View
from viz.components.asked import Asked

Reader = Callable[[str, Dataset, int], Typed]


def text_field(view: View, dataset: Dataset, read: Reader = read_typed) -> Asked:
    """Show the text field and read what stands in it."""
    text = st.text_input("Your text", key=_session.TYPED, value=_session.typed_text(), live=True,
                         placeholder=f"your text, as “{example(dataset)}”" if example(dataset) else "an exercise",
                         label_visibility="collapsed", on_change=_session.keep_typed_text)  # fmt: skip
    try:
        typed = read(text or "", dataset, view.config.model.block_size)
    except ValueError as refusal:
        return Asked(None, problem=str(refusal))
    return Asked(None if typed.tokens is None else list(typed.tokens), typed.remark)

"""The stepper: one training iteration, operation by operation. All stepping happens in the browser.

The wrapper hands over the address of the trace's manifest; the numbers follow by content hash (`viz/routes/traces.py`).
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass

import streamlit as st

from viz.components.mounting import addresses, component, rerun_only


@dataclass(frozen=True)
class Look:
    """What there is to show: `manifest`, the content hash under which a trace's manifest was kept ("" for none),
    `problem`, one sentence on why there is none, `remark`, one on what the trace leaves out, and `what_if`, the id of
    the fork that the trace was taken of ("" for the run itself)."""

    manifest: str = ""
    problem: str = ""
    remark: str = ""
    what_if: str = ""


def stepper_view(
    key: str, run: str, look: Look, on_tried: Callable[[str], None], on_opened: Callable[[str], None]
) -> bool:
    """The whole stepper.

    `on_tried` is told the id of the fork that something was tried on, or "" when the visitor goes back to the run;
    `on_opened` the id of a run to open. Both are told before the script runs again. Returns whether the browser asks
    for the trace again, because the server has forgotten its numbers.
    """
    data = {**addresses("stepper/stepper.js", run), **asdict(look)}
    asked = component("stepper")(
        key=key, data=data, on_missing_change=rerun_only,
        on_tried_change=lambda: on_tried(st.session_state[key].tried["what_if"]),
        on_opened_change=lambda: on_opened(st.session_state[key].opened),
    )  # fmt: skip
    return bool(asked.missing)

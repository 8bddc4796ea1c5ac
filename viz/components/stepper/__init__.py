"""The stepper: one training iteration, operation by operation. All stepping happens in the browser.

The wrapper hands over the address of the trace's manifest; the numbers follow by content hash (`viz/routes/traces.py`).
"""

from collections.abc import Callable

import streamlit as st

from viz.components.mounting import addresses, component, rerun_only


def stepper_view(
    key: str,
    run: str,
    manifest: str,
    problem: str = "",
    remark: str = "",
    what_if: str = "",
    on_tried: Callable[[str], None] = lambda what_if: None,
    on_opened: Callable[[str], None] = lambda run: None,
) -> bool:
    """The whole stepper. `manifest` is the content hash under which the manifest was kept ("" while there is none),
    `problem` one sentence on why there is none, `remark` one on what the trace leaves out, `what_if` the id of the fork
    that the trace was taken of ("" for the run itself).

    `on_tried` is told the id of the fork that something was tried on, or "" when the visitor goes back to the run;
    `on_opened` the id of a run to open. Both are told before the script runs again. Returns whether the browser asks
    for the trace again, because the server has forgotten its numbers.
    """
    data = {**addresses("stepper/stepper.js", run), "manifest": manifest, "problem": problem, "remark": remark,
            "what_if": what_if}  # fmt: skip
    asked = component("stepper")(
        key=key, data=data, on_missing_change=rerun_only,
        on_tried_change=lambda: on_tried(st.session_state[key].tried["what_if"]),
        on_opened_change=lambda: on_opened(st.session_state[key].opened),
    )  # fmt: skip
    return bool(asked.missing)

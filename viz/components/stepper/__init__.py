"""The stepper: one training iteration, operation by operation. All stepping happens in the browser.

The wrapper hands over the address of the trace's manifest; the numbers follow by content hash (`viz/routes/traces.py`).
"""

from viz.components.mounting import addresses, component, rerun_only


def stepper_view(key: str, run: str, manifest: str, problem: str = "", remark: str = "") -> bool:
    """The whole stepper. `manifest` is the content hash under which the manifest was kept ("" while there is none),
    `problem` one sentence on why there is none, `remark` one on what the trace leaves out.

    Returns whether the browser asks for the trace again, because the server has forgotten its numbers.
    """
    data = {**addresses("stepper/stepper.js", run), "manifest": manifest, "problem": problem, "remark": remark}
    return bool(component("stepper")(key=key, data=data, on_missing_change=rerun_only).missing)

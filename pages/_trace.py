"""Gets the trace that the Step page shows: asks the run for it, and keeps its numbers where the browser finds them."""

from model.runs.client import Refused
from pages import _session
from pages._session import View
from viz.components.asked import Asked
from viz.components.stepper import Look
from viz.routes.traces import keep_trace

SECONDS = 30.0                   # a run that waits for its place answers later


def look(view: View, asked: Asked, what_if: str = "") -> Look:
    """Take the next iteration on this text apart, of the run at its present step, or of its what-if fork."""
    if asked.problem:
        return Look(problem=asked.problem, what_if=what_if)
    tokens = {} if asked.tokens is None else {"tokens": asked.tokens}
    try:
        header, blobs = _session.client().request("trace", run=what_if or view.run, timeout=SECONDS, **tokens)
    except Refused as refusal:
        return Look(problem=str(refusal), what_if=what_if)
    digest = keep_trace(view.run, header["manifest"], blobs)
    return Look(digest, remark=asked.remark, what_if=what_if)

"""What views may ask of a run without changing it, at its present step or at an earlier one that its gallery keeps.

A look is a function of the job and the order's header that returns the answer's header and arrays, or raises ValueError
with one sentence. Every page's look is one entry of LOOKS.
"""

from collections.abc import Callable
from typing import Any

from model.fields import shown
from model.probing import look_closely
from model.runs.allowance import Allowance
from model.runs.job import Job
from model.runs.look_attention import ATTENTION
from model.runs.look_autograd import autograd
from model.runs.look_generate import continuation, next_token, surprise
from model.runs.look_scalar import gradient_check, gradient_flow, window
from model.runs.look_table import table, table_film
from model.runs.looked_at import Answer, described, model_of, row_of
from model.runs.wire import Header

SHARE_OF_LOOKS, SECONDS_BETWEEN_LOOKS = 0.02, 0.2  # for views that go on asking while the run trains
Look = Callable[[Job, Header], Answer]


def taps(job: Job, order: Header) -> Answer:
    """The values that `taps` names, of one row, with `token_loss` and `token_probability` of its targets."""
    model, at = model_of(job, order)
    row, names = row_of(job, order), order.get("taps", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError("taps must be a list of names")
    return {"at": at, **described(job, row)}, look_closely(model, row.tokens[0], row.targets[0], names)


LOOKS: dict[str, Look] = {
    "taps": taps, "table": table, "table_film": table_film, "autograd": autograd,
    "next_token": next_token, "surprise": surprise, "continuation": continuation,
    **ATTENTION,
    "window": window, "gradient_check": gradient_check, "gradient_flow": gradient_flow,
}  # fmt: skip


class Looks:
    """Answers whoever looks at one run; those who go on asking (`live`) get no more than their share of its time."""

    def __init__(self) -> None:
        self._due = Allowance(SHARE_OF_LOOKS, SECONDS_BETWEEN_LOOKS)

    def answer(self, job: Job, order: Header) -> Answer:
        """What the look called `what` gives, with `step` and the kept `steps`; or `wait`, the seconds until a live one
        can be had: it is not due, or the run still stands at the step `since`."""
        what: Any = order.get("what")
        if not isinstance(what, str) or what not in LOOKS:
            raise ValueError(f"what must be one of {', '.join(LOOKS)}; got {shown(what)}")
        steps = {"step": job.step, "steps": job.gallery.steps}
        if not order.get("live"):
            header, arrays = LOOKS[what](job, order)
            return {**steps, **header}, arrays
        if order.get("since") == job.step:
            return {**steps, "wait": SECONDS_BETWEEN_LOOKS}, {}
        if job.mode == "training" and not self._due.is_due:
            return {**steps, "wait": self._due.seconds_left}, {}
        with self._due.spend():
            header, arrays = LOOKS[what](job, order)
        return {**steps, **header}, arrays

"""What can be tried on a what-if fork: learn one text, change single weights, take that back. And how a text is read.

Each is a function of the job and the order's header, as those in orders.py. A row comes as `tokens`, or with `targets`
and `weights`, and is the fixed probe text when nothing comes. What was tried stands in the run's event log, and nowhere
else: which changes of weights can be taken back is read from it.
"""

from typing import Any

from model.divergence import Diverged
from model.measure import mean_loss
from model.records import Batch, finite
from model.runs.job import Job
from model.runs.looked_at import Answer, row_of
from model.runs.wire import Header
from model.trying import Reading, read, set_weight, slope, weight


def score(job: Job, order: Header) -> Answer:
    """Read a text: the loss of each token, the likeliest tokens at each position, and how many edits stand. On any run;
    changes nothing."""
    row = row_of(job, order)
    reading = read(job.trainer.model, row)
    return {"step": job.step, "loss": _loss(reading, row), "n_edits": len(_edits(job))}, dict(reading)


def learn(job: Job, order: Header) -> Answer:
    """Train one step on exactly this text. Answers how it was read before and after."""
    _refuse_unless_what_if(job)
    row = row_of(job, order)
    before = read(job.trainer.model, row)
    try:
        loss = job.trainer.learn(row)
    except Diverged as diverged:
        raise ValueError(diverged.divergence.sentence) from diverged
    job.past.add(loss, None)
    job.log("learn", f"learned one text: {''.join(job.dataset.tokenizer.labels(row.tokens[0].tolist()))}")
    job.show_status()  # past the last step there is one more
    return _tried(job, row, before)


def edit(job: Job, order: Header) -> Answer:
    """Give the weight `name`[`index`] the value `value`, or add `by` to it.

    With `go_on` an edit of the same weight just before is the same edit, going on: a slider that is dragged. Answers
    how the text was read before and after, and what the gradient foretold: `slope` times the change.
    """
    _refuse_unless_what_if(job)
    model, row = job.trainer.model, row_of(job, order)
    name, index = order.get("name", ""), order.get("index", [])
    now, goes_on = weight(model, name, index), order.get("go_on") is True and _is_last(job, name, index)
    target, was = _target(order, now), job.past.events[-1]["changes"]["before"] if goes_on else now
    set_weight(model, name, index, was)
    try:
        before, foretold = read(model, row), slope(model, row, name, index)
        after = set_weight(model, name, index, target)
    except ValueError:
        set_weight(model, name, index, now)
        raise
    changes = {"name": name, "index": list(index), "before": was, "after": after}
    text = f"{name}{list(index) if index else ''} {was:.3g} → {after:.3g}"
    if goes_on:
        job.past.events[-1] |= {"text": text, "changes": changes}
    else:
        job.log("edit", text, changes)
    header, arrays = _tried(job, row, before)
    return {**header, **changes, "slope": finite(foretold)}, arrays


def unedit(job: Job, order: Header) -> Answer:
    """Take back the last edit that stands, or with `all` every one. Answers how the text was read before and after."""
    _refuse_unless_what_if(job)
    row, standing = row_of(job, order), _edits(job)
    if not standing:
        raise ValueError("There is no edit to take back.")
    before = read(job.trainer.model, row)
    undone = standing if order.get("all") else standing[-1:]
    for one in reversed(undone):
        set_weight(job.trainer.model, one["name"], one["index"], one["before"])
    text = "one edit taken back" if len(undone) == 1 else f"{len(undone)} edits taken back"
    job.log("unedit", text, {"n": len(undone)})
    header, arrays = _tried(job, row, before)
    return {**header, "name": undone[0]["name"], "index": undone[0]["index"], "after": undone[0]["before"]}, arrays


def _tried(job: Job, row: Batch, before: Reading) -> Answer:
    """Save what was tried; answer how the text is read now, beside how it was."""
    job.save()
    after = read(job.trainer.model, row)
    header = {
        "step": job.step, "loss_before": _loss(before, row), "loss_after": _loss(after, row),
        "n_edits": len(_edits(job)),
    }  # fmt: skip
    both = {"before": before, "after": after}
    return header, {f"{when}/{name}": value for when, reading in both.items() for name, value in reading.items()}


def _loss(reading: Reading, row: Batch) -> float | None:
    return finite(float(mean_loss(reading["token_loss"], row)))


def _is_last(job: Job, name: str, index: list[int]) -> bool:
    """Whether the newest thing tried is an edit of this weight."""
    last = job.past.events[-1] if job.past.events else {}
    if last.get("kind") != "edit" or last["step"] != job.step:
        return False
    return bool((last["changes"]["name"], last["changes"]["index"]) == (name, index))


def _edits(job: Job) -> list[dict[str, Any]]:
    """The edits that stand, oldest first: those since the last training step that were not taken back."""
    standing: list[dict[str, Any]] = []
    for event in job.past.events:
        if event["kind"] == "edit" and event["step"] == job.step:
            standing.append(event["changes"])
        elif event["kind"] == "unedit" and event["step"] == job.step:
            del standing[-event["changes"]["n"] :]
    return standing


def _target(order: Header, now: float) -> float:
    """Which value is asked for."""
    by = order.get("by", 0.0)
    value: Any = order.get("value", now + by if type(by) in (int, float) else by)
    return value  # type: ignore[no-any-return]


def _refuse_unless_what_if(job: Job) -> None:
    if not job.folder.card().what_if:
        raise ValueError("This is tried on a what-if fork of a run, never on the run itself.")


TRIES = {"score": score, "learn": learn, "edit": edit, "unedit": unedit}

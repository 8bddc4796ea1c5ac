"""The autograd graph: one picture with three zooms. Opening, stepping and searching happen in the browser."""

from viz.components.mounting import addresses, component


def graph_view(key: str, run: str, tokens: list[int] | None, remark: str = "", problem: str = "") -> None:
    """The graph of an iteration on `tokens` (None: the run's own example). `remark` is one sentence on what was cut
    from the text, `problem` one on why it cannot be read."""
    data = {**addresses("graph/graph.js", run), "tokens": tokens, "remark": remark, "problem": problem}
    component("graph")(key=key, data=data)

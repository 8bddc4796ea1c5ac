"""The autograd graph: one picture with three zooms. Opening, stepping and searching happen in the browser."""

from dataclasses import asdict

from viz.components.asked import Asked
from viz.components.mounting import addresses, component


def graph_view(key: str, run: str, asked: Asked) -> None:
    """The graph of an iteration on a text."""
    component("graph")(key=key, data={**addresses("graph/graph.js", run), **asdict(asked)})

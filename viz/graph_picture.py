"""Joins to the autograd graph, as a run's worker describes it, all that a browser needs to draw it: labels and layout.

A graph's layout depends on the model alone, so it is computed once for each.
"""

import json
from functools import lru_cache
from typing import Any

from model.derivatives import mathml_of, rule_of
from viz.graph_labels import labels, straight_values
from viz.graph_layout import sheets, to_json


def with_picture(header: dict[str, Any]) -> dict[str, Any]:
    """A look's header; where it brings a graph, with `labels`, `sheets` and the `rules` of its kinds of nodes."""
    if "graph" not in header:
        return header
    nodes = header["graph"]["nodes"]
    shown = [{name: node[name] for name in ("kind", "path", "taps", "parameter")} for node in nodes]
    picture = _picture(json.dumps([shown, [edge[:2] for edge in header["graph"]["edges"]]]))
    return {**header, "graph": {**header["graph"], **picture}}


@lru_cache(maxsize=32)
def _picture(graph: str) -> dict[str, Any]:
    nodes, edges = json.loads(graph)
    named = labels(nodes, edges)
    widths = {item: label["width"] for item, label in named.items()}
    found = sheets([node["path"] for node in nodes], [tuple(edge) for edge in edges], widths,
                   straight_values(nodes, edges))  # fmt: skip
    kinds = sorted({node["kind"] for node in nodes})
    rules = {kind: {"sign": rule_of(kind).sign, "words": rule_of(kind).words, "formula": mathml_of(kind)}
             for kind in kinds}  # fmt: skip
    return {"labels": named, "sheets": to_json(found), "rules": rules}

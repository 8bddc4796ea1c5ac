"""What stands on the boxes and nodes of the autograd graph: names, signs, colours, parameters, and how wide that is.

Reads the graph as the look `autograd` describes it; knows neither where things stand nor what the numbers are.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from model.derivatives import rule_of
from model.trace_names import last

Label = dict[str, Any]

NAME, SAYS, BADGE = 7.9, 6.3, 6.2  # pixels a character
MARGIN, APART, NARROWEST = 22.0, 8.0, 64.0
_ROLES = {
    "q": "query", "q_norm": "query", "q_rot": "query", "k": "key", "k_norm": "key", "k_rot": "key", "v": "value",
    "embedded": "residual", "resid_pre": "residual", "resid_mid": "residual", "resid_post": "residual",
    "loss": "train", "token_loss": "train",
}  # fmt: skip
_PARTS = {"attn": "attention", "mlp": "MLP"}


def labels(nodes: Sequence[Mapping[str, Any]], edges: Sequence[Sequence[Any]]) -> dict[str, Label]:
    """For every item, "17" or a box's name: `name`, `says` (what is done there), `role` (a colour of the theme, or ""),
    `parameters` [name, node] folded into it, `width` in pixels when it is closed."""
    sources: dict[int, list[int]] = defaultdict(list)
    for source, reader, *_ in edges:
        sources[reader].append(source)
    inside: dict[str, list[int]] = defaultdict(list)
    for i, node in enumerate(nodes):
        for box in node["path"]:
            inside[box].append(i)
    found = {str(i): _of_node(node) for i, node in enumerate(nodes)}
    for box, members in inside.items():
        found[box] = _of_box(box, members, nodes, sources)
    return {item: {**label, "width": _width(label)} for item, label in found.items()}


def _of_node(node: Mapping[str, Any]) -> Label:
    sign = rule_of(node["kind"]).sign
    name = node["parameter"] or (node["taps"][0] if node["taps"] else "")
    role = "parameter" if node["parameter"] else _ROLES.get(last(name), "")
    return {"name": last(name) or sign, "says": sign if name else "", "role": role, "parameters": []}


def _of_box(
    box: str, members: Sequence[int], nodes: Sequence[Mapping[str, Any]], sources: Mapping[int, list[int]]
) -> Label:
    kind, _, name = box.partition(" ")
    if kind == "op":
        return _of_operation(int(name), members, nodes, sources)
    if kind == "step":
        says = "turn by position" if name.endswith("_rot") else "normalise"
        return {"name": last(name), "says": says, "role": _ROLES.get(last(name), ""),
                "parameters": _parameters(members, nodes)}  # fmt: skip
    title = f"block {last(box)}" if last(box).isdigit() else _PARTS.get(last(box), box)
    n = sum(bool(nodes[i]["parameter"]) for i in members)
    return {"name": title, "says": f"{len(members)} nodes" + (f", {n} parameters" if n else ""), "role": "part",
            "parameters": []}  # fmt: skip


def _of_operation(
    main: int, members: Sequence[int], nodes: Sequence[Mapping[str, Any]], sources: Mapping[int, list[int]]
) -> Label:
    """An operation has the name of its output, if that is tapped, else of what it multiplies."""
    taps = next((nodes[i]["taps"] for i in reversed(members) if nodes[i]["taps"]), ())
    sign = rule_of(nodes[main]["kind"]).sign
    factors = [_maker(each, sources, nodes) for each in sources[main]] if nodes[main]["kind"] == "Bmm" else []
    if factors and all(factors):
        sign = " · ".join(last(each) for each in factors)
    elif any("scores" in tap for tap in taps) and nodes[main]["kind"] == "Div":
        sign = "÷ √d_head"
    name = last(taps[0]) if taps else sign
    said = sign if taps else rule_of(nodes[main]["kind"]).sign
    return {"name": name, "says": "" if said == name else said, "role": _ROLES.get(name, ""),
            "parameters": _parameters(members, nodes)}  # fmt: skip


def _maker(node: int, sources: Mapping[int, list[int]], nodes: Sequence[Mapping[str, Any]]) -> str:
    """The tapped value whose numbers a chain of views hands on, "" where there is none."""
    while not nodes[node]["taps"]:
        if len(sources[node]) != 1:
            return ""
        (node,) = sources[node]
    return str(nodes[node]["taps"][0])


def _parameters(members: Sequence[int], nodes: Sequence[Mapping[str, Any]]) -> list[tuple[str, int]]:
    return [(last(nodes[i]["parameter"]), i) for i in members if nodes[i]["parameter"]]


def _width(label: Label) -> float:
    says = APART + SAYS * len(label["says"]) if label["says"] else 0.0
    badges = sum(BADGE * len(name) + APART + 4 for name, _ in label["parameters"])
    return round(max(NARROWEST, NAME * len(label["name"]) + says + badges + MARGIN), 1)


def straight_values(nodes: Sequence[Mapping[str, Any]], edges: Sequence[Sequence[Any]]) -> set[int]:
    """The values of the residual stream: what its joins make, and what they add to."""
    joins = {i for i, node in enumerate(nodes) if any(_ROLES.get(last(tap)) == "residual" for tap in node["taps"])}
    added_to = {source for source, reader, *_ in edges if reader in joins and nodes[source]["taps"]
                and not last(nodes[source]["taps"][0]).endswith(("_out", "_emb"))}  # fmt: skip
    return joins | added_to

"""Scalar graphs: a typed expression, a window into the running model, and whether gradients are right."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import streamlit as st

from model.examples import EXAMPLES
from model.expressions import MAX_LENGTH
from viz.components.mounting import addresses, component


def expression_view(
    key: str,
    run: str,
    text: str,
    nodes: Sequence[Sequence[Any]],
    on_typed: Callable[[str], None],
    problem: str = "",
    at: int = 0,
) -> None:
    """The graph of an expression: `nodes` as `Expression.to_json` gives them, or [] where the text cannot be read, with
    one sentence on the `problem` and the character it is `at`. `on_typed` is told of another text first."""
    data = {**addresses("scalar/expression.js", run), "text": text, "nodes": list(nodes), "problem": problem, "at": at,
            "longest": MAX_LENGTH, "examples": [asdict(example) for example in EXAMPLES]}  # fmt: skip
    component("scalar_expression")(key=key, data=data, on_typed_change=lambda: on_typed(st.session_state[key].typed))

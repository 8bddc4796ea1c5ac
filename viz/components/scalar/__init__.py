"""Scalar graphs: a typed expression, a window into the running model, and whether gradients are right."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import streamlit as st

from model.config import FIELDS
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


def window_view(key: str, run: str, tokens: Sequence[int] | None, remark: str = "", problem: str = "") -> None:
    """Any cell of the running model, opened down to its scalars. `tokens`, `remark` and `problem`: the visitor's text,
    as `pages._text` reads it."""
    data = {**addresses("scalar/window.js", run), "tokens": tokens, "remark": remark, "problem": problem}
    component("scalar_window")(key=key, data=data)


def check_view(
    key: str, run: str, tokens: Sequence[int] | None, text: str, nodes: Sequence[Sequence[Any]], problem: str = ""
) -> None:
    """Finite differences beside autograd: of a weight, or of a variable of the expression `text` with its `nodes`."""
    data = {**addresses("scalar/check.js", run), "tokens": tokens, "problem": problem, "text": text,
            "nodes": list(nodes)}  # fmt: skip
    component("gradient_check")(key=key, data=data)


def flow_view(key: str, run: str, tokens: Sequence[int] | None, problem: str = "") -> None:
    """How large values and gradients are along the layers, now and in a fresh model with other settings."""
    choices = {name: list(FIELDS[name].choices) for name in ("norm", "activation")}
    data = {**addresses("scalar/flow.js", run), "tokens": tokens, "problem": problem, "choices": choices}
    component("gradient_flow")(key=key, data=data)

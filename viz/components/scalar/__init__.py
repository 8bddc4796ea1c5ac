"""Scalar graphs: a typed expression, a window into the running model, and whether gradients are right."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import streamlit as st

from model.config import FIELDS
from model.examples import EXAMPLES
from model.expressions import MAX_LENGTH
from viz.components.asked import Asked
from viz.components.mounting import addresses, component


@dataclass(frozen=True)
class Typed:
    """An expression as it was typed: its `nodes` as `Expression.to_json` gives them, or [] where it cannot be read,
    with one sentence on the `problem` and the character it is `at`."""

    text: str
    nodes: list[list[Any]]
    problem: str = ""
    at: int = 0


def expression_view(key: str, run: str, typed: Typed, on_typed: Callable[[str], None]) -> None:
    """The graph of an expression. `on_typed` is told of another text before the script runs again."""
    data = {**addresses("scalar/expression.js", run), **asdict(typed), "longest": MAX_LENGTH,
            "examples": [asdict(example) for example in EXAMPLES]}  # fmt: skip
    component("scalar_expression")(key=key, data=data, on_typed_change=lambda: on_typed(st.session_state[key].typed))


def window_view(key: str, run: str, asked: Asked) -> None:
    """Any cell of the running model, opened down to its scalars."""
    component("scalar_window")(key=key, data={**addresses("scalar/window.js", run), **asdict(asked)})


def check_view(key: str, run: str, asked: Asked, typed: Typed) -> None:
    """Finite differences beside autograd: of a weight, or of a variable of an expression that can be read."""
    data = {**addresses("scalar/check.js", run), **asdict(asked), "text": typed.text, "nodes": typed.nodes}
    component("gradient_check")(key=key, data=data)


def flow_view(key: str, run: str, asked: Asked) -> None:
    """How large values and gradients are along the layers, now and in a fresh model with other settings."""
    choices = {name: list(FIELDS[name].choices) for name in ("norm", "activation")}
    component("gradient_flow")(key=key, data={**addresses("scalar/flow.js", run), **asdict(asked), "choices": choices})

"""The scalar tabs of the Autograd page, each a function of the run on screen."""

from typing import Any

from streamlit.delta_generator import DeltaGenerator

from model.examples import EXAMPLES
from model.expressions import ExpressionError, read
from pages import _autograd_state, _session
from pages._session import View
from pages._text import Asked, text_field
from viz.components.scalar import check_view, expression_view, flow_view, window_view


def expression_tab(view: View) -> None:
    """Type an expression, move its variables, walk through its graph."""
    text = _autograd_state.expression(EXAMPLES[0].text)
    try:
        nodes, problem, at = read(text).to_json(), "", 0
    except ExpressionError as refusal:
        nodes, problem, at = [], str(refusal), refusal.at
    expression_view(key="expression", run=view.run, text=text, nodes=nodes, problem=problem, at=at,
                    on_typed=_autograd_state.keep_expression)  # fmt: skip


def window_tab(view: View, corner: DeltaGenerator) -> None:
    """Open any cell of the running model down to its scalars, on a text of one's own."""
    asked = _asked(view, corner)
    window_view(key="window", run=view.run, tokens=asked.tokens, remark=asked.remark, problem=asked.problem)


def check_tab(view: View, corner: DeltaGenerator) -> None:
    """Nudge a weight, or a variable of the expression, and measure the slope."""
    asked = _asked(view, corner)
    text, nodes = _readable_expression()
    check_view(key="check", run=view.run, tokens=asked.tokens, problem=asked.problem, text=text, nodes=nodes)


def flow_tab(view: View, corner: DeltaGenerator) -> None:
    """Sizes of values and gradients along the layers."""
    asked = _asked(view, corner)
    flow_view(key="flow", run=view.run, tokens=asked.tokens, problem=asked.problem)


def _asked(view: View, corner: DeltaGenerator) -> Asked:
    with corner:
        return text_field(view, _session.dataset_of_run(view))


def _readable_expression() -> tuple[str, list[list[Any]]]:
    """The expression of the other tab; the first example where what was typed cannot be read."""
    text = _autograd_state.expression(EXAMPLES[0].text)
    try:
        return text, read(text).to_json()
    except ExpressionError:
        return EXAMPLES[0].text, read(EXAMPLES[0].text).to_json()

"""The scalar tabs of the Autograd page, each a function of the run on screen."""

from model.examples import EXAMPLES
from model.expressions import ExpressionError, read
from pages import _autograd_state
from pages._session import View
from viz.components.scalar import expression_view


def expression_tab(view: View) -> None:
    """Type an expression, move its variables, walk through its graph."""
    text = _autograd_state.expression(EXAMPLES[0].text)
    try:
        nodes, problem, at = read(text).to_json(), "", 0
    except ExpressionError as refusal:
        nodes, problem, at = [], str(refusal), refusal.at
    expression_view(key="expression", run=view.run, text=text, nodes=nodes, problem=problem, at=at,
                    on_typed=_autograd_state.keep_expression)  # fmt: skip

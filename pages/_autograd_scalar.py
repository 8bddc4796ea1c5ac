"""The scalar tabs of the Autograd page, each a function of the run on screen."""

from streamlit.delta_generator import DeltaGenerator

from model.examples import EXAMPLES
from model.expressions import ExpressionError, read
from pages import _autograd_state, _session
from pages._session import View
from pages._text import text_field
from viz.components.asked import Asked
from viz.components.scalar import Typed, check_view, expression_view, flow_view, window_view


def expression_tab(view: View) -> None:
    """Type an expression, move its variables, walk through its graph."""
    text = _autograd_state.expression(EXAMPLES[0].text)
    expression_view(key="expression", run=view.run, typed=_typed(text), on_typed=_autograd_state.keep_expression)


def window_tab(view: View, corner: DeltaGenerator) -> None:
    """Open any cell of the running model down to its scalars, on a text of one's own."""
    window_view(key="window", run=view.run, asked=_asked(view, corner))


def check_tab(view: View, corner: DeltaGenerator) -> None:
    """Nudge a weight, or a variable of the expression, and measure the slope."""
    typed = _typed(_autograd_state.expression(EXAMPLES[0].text))
    readable = _typed(EXAMPLES[0].text) if typed.problem else typed
    check_view(key="check", run=view.run, asked=_asked(view, corner), typed=readable)


def flow_tab(view: View, corner: DeltaGenerator) -> None:
    """Sizes of values and gradients along the layers."""
    flow_view(key="flow", run=view.run, asked=_asked(view, corner))


def _typed(text: str) -> Typed:
    try:
        return Typed(text, read(text).to_json())
    except ExpressionError as refusal:
        return Typed(text, [], str(refusal), refusal.at)


def _asked(view: View, corner: DeltaGenerator) -> Asked:
    with corner:
        return text_field(view, _session.dataset_of_run(view))

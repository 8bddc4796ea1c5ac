"""The first tab of the Autograd page: the graph behind the running model's loss."""

from streamlit.delta_generator import DeltaGenerator

from pages import _session
from pages._session import View
from pages._text import text_field
from viz.components.graph import graph_view


def tensor_tab(view: View, corner: DeltaGenerator) -> None:
    """Read a text, in a corner of the page's head, and show the graph of an iteration on it."""
    with corner:
        asked = text_field(view, _session.dataset_of_run(view))
    graph_view(key="autograd", run=view.run, asked=asked)

"""What the tokens of the run on screen can be coloured by."""

from model.token_colours import Colouring, colourings
from pages import _session
from pages._session import View


def colourings_of(view: View) -> list[Colouring]:
    """The ways to colour the tokens of a run's data; none where the data are no longer here."""
    try:
        return colourings(_session.dataset_of_run(view))
    except _session.NoData:
        return []

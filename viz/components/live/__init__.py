"""The live parts of the screen: the Train page and the run in the sidebar. Each opens the run's own WebSocket.

The wrappers hand over addresses only; all numbers come through `/live/{run}`, without a script rerun.
"""

from dataclasses import asdict

from model.token_colours import Colouring
from viz.components.mounting import addresses, component, rerun_only


def train_view(key: str, run: str, shipped_url: str = "", colouring: Colouring | None = None) -> str | None:
    """The whole Train page of a run, and before its first points the shipped run at `shipped_url` ("" for none).
    `colouring`: what the tokens in the picture of the embeddings are coloured by.

    Returns the id of a run to look at when the visitor just made one (a fork), else None.
    """
    data = {**addresses("live/train.js", run), "shipped": shipped_url,
            "colouring": colouring and asdict(colouring)}  # fmt: skip
    opened = component("train")(key=key, data=data, on_opened_change=rerun_only).opened
    return opened if isinstance(opened, str) else None


def sidebar_view(key: str, run: str) -> None:
    """The run's name, state, step, loss and a small curve, with one button that pauses or starts it.

    The script runs again when the run is deleted, in whatever tab.
    """
    component("sidebar")(key=key, data=addresses("live/sidebar.js", run), on_gone_change=rerun_only)

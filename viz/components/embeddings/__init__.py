"""The Embeddings page: tables of vectors as points, live, at earlier steps, and what lies near what.

The wrapper hands over what the browser cannot know: the text, how tokens may be coloured, links. The numbers come
through `viz/routes/project.py`, without a script rerun.
"""

from collections.abc import Sequence
from dataclasses import asdict

from model.projection import is_umap_installed
from model.token_colours import Colouring
from viz.components.asked import Asked
from viz.components.mounting import addresses, component


def embeddings_view(
    key: str, run: str, asked: Asked, colourings: Sequence[Colouring], moments: Sequence[dict[str, str]]
) -> None:
    """The whole view. `asked`: the text to follow through the blocks; `moments` are links, {"title", "words", "href"}.
    """
    data = {**addresses("embeddings/embeddings.js", run), **asdict(asked), "moments": list(moments),
            "colourings": [asdict(way) for way in colourings], "has_umap": is_umap_installed()}  # fmt: skip
    component("embeddings")(key=key, data=data)

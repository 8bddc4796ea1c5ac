"""The Embeddings page: tables of vectors as points, live, at earlier steps, and what lies near what.

The wrapper hands over what the browser cannot know: the text, how tokens may be coloured, links. The numbers come
through `viz/routes/project.py`, without a script rerun.
"""

from collections.abc import Sequence
from dataclasses import asdict

from model.projection import is_umap_installed
from model.token_colours import Colouring
from viz.components.mounting import addresses, component


def embeddings_view(
    key: str,
    run: str,
    tokens: list[int] | None,
    colourings: Sequence[Colouring],
    moments: Sequence[dict[str, str]],
    problem: str = "",
    remark: str = "",
) -> None:
    """The whole view. `tokens`: the text to follow through the blocks (None: the run's own example); `problem` is one
    sentence on why it cannot be read, `remark` one on what was cut; `moments` are links, {"title", "words", "href"}.
    """
    data = {**addresses("embeddings/embeddings.js", run), "tokens": tokens, "moments": list(moments),
            "colourings": [asdict(way) for way in colourings], "has_umap": is_umap_installed(), "problem": problem,
            "remark": remark}  # fmt: skip
    component("embeddings")(key=key, data=data)

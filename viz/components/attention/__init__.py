"""The Attention page's component: it asks the run's worker itself, live (`viz/routes/ask.py`)."""

from dataclasses import asdict

from viz.components.asked import Asked
from viz.components.mounting import addresses, base_path, component

BIRTH = "/attention?preset=induction"  # two layers of attention alone learn to copy: an induction head is born


def attention_view(key: str, run: str, asked: Asked, n_layers: int, n_heads: int) -> None:
    """All heads of the run on a text."""
    data = {**addresses("attention/attention.js", run), **asdict(asked), "n_layers": n_layers, "n_heads": n_heads,
            "birth": base_path() + BIRTH}  # fmt: skip
    component("attention")(key=key, data=data)

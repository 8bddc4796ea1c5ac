"""The Attention page's component: it asks the run's worker itself, live (`viz/routes/ask.py`)."""

from viz.components.mounting import addresses, base_path, component

BIRTH = "/attention?preset=induction"  # two layers of attention alone learn to copy: an induction head is born


def attention_view(
    key: str, run: str, tokens: list[int] | None, n_layers: int, n_heads: int, problem: str = "", remark: str = ""
) -> None:
    """All heads of the run on `tokens` (None: the run's own example). `problem` is one sentence on why a text cannot be
    read, `remark` one on what was cut."""
    data = {**addresses("attention/attention.js", run), "tokens": tokens, "n_layers": n_layers, "n_heads": n_heads,
            "problem": problem, "remark": remark, "birth": base_path() + BIRTH}  # fmt: skip
    component("attention")(key=key, data=data)

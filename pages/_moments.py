"""Links that set everything up for one thing to be seen: a run's settings, and how to look at it."""

from urllib.parse import urlencode

from model.config import PRESETS

# Modular addition in a model so narrow that it can keep two circles only: then two of them fill the first components.
_CIRCLE = {"dataset": "modular", "modulus": 31, "train_share": 0.5, "batch_size": "all", "n_layers": 1, "n_heads": 2,
           "d_model": 16, "d_mlp": 128, "norm": "none", "init_scale": 0.125, "weight_decay": 1.0,
           "schedule": "constant", "n_steps": 4000}  # fmt: skip


def the_circle() -> dict[str, str]:
    """Grokking: the numbers of a clock arrange themselves in a circle when the model understands addition."""
    query = PRESETS["classroom"].config.replace(**_CIRCLE).to_query()
    return {
        "title": "Start a run: grokking, the circle",
        "words": "Clock arithmetic, a + b modulo 31. The run learns its exercises by heart at once; much later it "
        "understands them, and the numbers lie in a circle. Watch it live, then play how it formed with the axes held.",
        "href": f"?{urlencode({**query, 'held': 1})}",
    }

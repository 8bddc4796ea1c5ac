"""Links that set everything up for one thing to be seen: a run's settings, and how to look at it."""

from urllib.parse import urlencode

from model.config import PRESETS

# Modular addition in a narrow model that has to forget fast: it keeps one or two circles only, and soon. Which ones
# depends on the seed; with this one the first two components are a circle (three other seeds: PC 1 × 3, or 2 × 3).
_CIRCLE = {"dataset": "modular", "modulus": 31, "train_share": 0.7, "batch_size": "all", "n_layers": 1, "n_heads": 4,
           "d_model": 32, "d_mlp": 128, "norm": "none", "init_scale": 0.125, "weight_decay": 2.0, "seed": 2,
           "schedule": "constant", "n_steps": 1500}  # fmt: skip


def the_circle() -> dict[str, str]:
    """Grokking: the numbers of a clock arrange themselves in a circle when the model understands addition."""
    query = PRESETS["classroom"].config.replace(**_CIRCLE).to_query()
    return {
        "title": "Start a run: grokking, the circle",
        "words": "Clock arithmetic, a + b modulo 31. The run learns its exercises by heart first; some hundred steps "
        "later it understands them, and the numbers lie in a circle. Watch it live, then play how it formed.",
        "href": f"?{urlencode(query)}",
    }

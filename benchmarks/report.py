"""How every benchmark prints: one JSON object with its figures, their bars, and the machine they were taken on."""

import json
import os
import platform
import statistics
from collections.abc import Sequence


def median(values: Sequence[float]) -> float:
    """Median, to four significant digits."""
    return float(f"{statistics.median(values):.4g}")


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of the values do not exceed, to four significant digits."""
    ordered = sorted(values)
    return float(f"{ordered[min(len(ordered) - 1, int(share * len(ordered)))]:.4g}")


def spread(name: str, ratios: Sequence[float]) -> dict[str, float]:
    """Median, and the values that a tenth of the ratios lie below and above."""
    return {name: median(ratios), f"{name}_p10": percentile(ratios, 0.1), f"{name}_p90": percentile(ratios, 0.9)}


def machine() -> dict[str, str | int | None]:
    """What the figures were taken on."""
    return {"system": platform.system(), "processor": platform.machine(), "n_cores": os.cpu_count(),
            "python": platform.python_version()}


def report(name: str, figures: dict[str, object], bars: dict[str, str]) -> None:
    """Print the figures with the bars they are held to."""
    print(json.dumps({"benchmark": name, **figures, "bars": bars, "machine": machine()}, indent=1))

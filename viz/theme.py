"""Every colour and type choice of the screen, light and dark, in one place. Knows no figure and no page.

The CSS and JS read the colours as custom properties (`--gb-query`, …) from `css_variables()`, which the assets
route serves as `theme.css`. Hues come from the Okabe–Ito family, safe for the colour-blind; a colour never carries
a meaning alone (lines are also dashed, masks also hatched).
"""

from collections.abc import Mapping
from types import MappingProxyType

LIGHT: Mapping[str, str] = MappingProxyType({
    "query": "#0072B2", "query-text": "#0072B2",
    "key": "#E69F00", "key-text": "#8A6100",
    "value": "#009E73", "value-text": "#00735A",
    "residual": "#5B6770",
    "gradient": "#C2410C",
    "update": "#7C3AED",
    "train": "#1F2937", "train-thin": "#9AA3AF",
    "validation": "#B4237A",
    "ghost": "#B8BEC6",
    "guess": "#5B6770",
    "drawn": "#A3367B",
    "good": "#00735A", "warn": "#8A6100", "bad": "#B42318",
    "ink-dark": "#111827", "ink-light": "#FFFFFF",
    "muted": "#5A6472", "line": "#D9DDE3", "surface": "#F6F7F9", "background": "#FFFFFF", "text": "#1F2937",
    "hatch": "#C3C9D1",
    "class-1": "#0072B2", "class-2": "#D55E00", "class-3": "#00735A", "class-4": "#B4237A", "class-5": "#8A6100",
    "class-6": "#5B6770",
    "chosen": "#FBE0A6", "chosen-line": "#C76E00", "fresh": "#BFE8D6", "merged": "#DCE8F4",
})  # fmt: skip

DARK: Mapping[str, str] = MappingProxyType({
    "query": "#56B4E9", "query-text": "#56B4E9",
    "key": "#F0B94A", "key-text": "#F0B94A",
    "value": "#3CC39A", "value-text": "#3CC39A",
    "residual": "#AAB4BC",
    "gradient": "#FB923C",
    "update": "#B79CFF",
    "train": "#E5E7EB", "train-thin": "#6B7480",
    "validation": "#F472B6",
    "ghost": "#4B5563",
    "guess": "#AAB4BC",
    "drawn": "#F29AC9",
    "good": "#3CC39A", "warn": "#F0B94A", "bad": "#FF8A80",
    "ink-dark": "#111827", "ink-light": "#FFFFFF",
    "muted": "#A3ACB8", "line": "#353B45", "surface": "#1A1F28", "background": "#0E1117", "text": "#FAFAFA",
    "hatch": "#4A525E",
    "class-1": "#56B4E9", "class-2": "#FB923C", "class-3": "#3CC39A", "class-4": "#F472B6", "class-5": "#F0B94A",
    "class-6": "#AAB4BC",
    "chosen": "#5C420F", "chosen-line": "#F0B94A", "fresh": "#14523E", "merged": "#1C344D",
})  # fmt: skip

# Inks stand on a colour of a ramp, whichever theme it belongs to.
# Ramps run from low to high in equal parts. Probabilities and gradients start at the background: 0 is nothing there.
# Amounts are colours of points, so that even the lowest stands out; a cycle ends as it begins.
LIGHT_RAMPS: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "ramp-probability": ("#FFFFFF", "#C6DBEF", "#6BAED6", "#2171B5", "#08306B"),
    "ramp-surprise": ("#FFFFFF", "#F8DCE6", "#E79AB6", "#BB4474", "#5E1236"),
    "ramp-gradient": ("#FFFFFF", "#FBD5B5", "#F2995A", "#C2410C", "#6B1F06"),
    "ramp-signed": ("#08519C", "#6BAED6", "#F4F5F7", "#F0A04B", "#9A3412"),
    "ramp-amount": ("#E8A13A", "#DE6A48", "#B5367A", "#6A1B9A", "#1B0C7A"),
    "ramp-cycle": ("#C2410C", "#B08900", "#2E8B57", "#0072B2", "#7C3AED", "#C0267E", "#C2410C"),
})  # fmt: skip

DARK_RAMPS: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "ramp-probability": ("#0E1117", "#123A5E", "#1F6FB0", "#6BB5EE", "#E3F2FF"),
    "ramp-surprise": ("#0E1117", "#43162B", "#8E2F5B", "#E0709F", "#FFE3EE"),
    "ramp-gradient": ("#0E1117", "#55220A", "#A94A12", "#FB923C", "#FFE8D2"),
    "ramp-signed": ("#9CD2FF", "#2F7FC1", "#1B212B", "#C4661A", "#FFC38A"),
    "ramp-amount": ("#6A5BE8", "#3A8FD0", "#2FB5A0", "#8FD04F", "#F5E663"),
    "ramp-cycle": ("#FB923C", "#E5C84A", "#4CC38A", "#56B4E9", "#B79CFF", "#F472B6", "#FB923C"),
})  # fmt: skip

# Streamlit's own theme wins where it names a role, so that a re-themed app stays of one piece.
FROM_STREAMLIT: Mapping[str, str] = MappingProxyType({
    "background": "--st-background-color",
    "surface": "--st-secondary-background-color",
    "text": "--st-text-color",
})  # fmt: skip

FONTS: Mapping[str, str] = MappingProxyType({
    "font": 'var(--st-font, "Source Sans", sans-serif)',
    "code-font": 'var(--st-code-font, "Source Code Pro", monospace)',
})  # fmt: skip


def css_variables() -> str:
    """The CSS text of all custom properties: `.gb` carries the light ones, `.gb[data-theme=dark]` the dark ones."""
    return (
        _rule(".gb", {**LIGHT, **_joined(LIGHT_RAMPS), **FONTS})
        + _rule('.gb[data-theme="dark"]', {**DARK, **_joined(DARK_RAMPS)})
    )  # fmt: skip


def _joined(ramps: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """The stops of each ramp as one list; a stop that is the background is the page's own, whatever its theme."""
    return {name: ", ".join(map(_page_background, stops)) for name, stops in ramps.items()}


def _page_background(color: str) -> str:
    return _with_streamlit("background", color) if color in (LIGHT["background"], DARK["background"]) else color


def _rule(selector: str, values: Mapping[str, str]) -> str:
    lines = [f"  --gb-{name}: {_with_streamlit(name, value)};" for name, value in values.items()]
    return "\n".join([f"{selector} {{", *lines, "}", ""])


def _with_streamlit(name: str, value: str) -> str:
    return f"var({FROM_STREAMLIT[name]}, {value})" if name in FROM_STREAMLIT else value

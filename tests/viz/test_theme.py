import re
from itertools import product

import pytest

from viz.theme import DARK, DARK_RAMPS, FROM_STREAMLIT, LIGHT, LIGHT_RAMPS, css_variables

TEXT = ["text", "muted", "query-text", "key-text", "value-text", "train", "validation", "gradient", "update", "guess",
        "good", "warn", "bad"]  # fmt: skip


def luminance(color):
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(("theme", "role"), list(product([LIGHT, DARK], TEXT)))
def test_every_text_and_line_colour_is_readable_on_both_grounds(theme, role):
    assert contrast(theme[role], theme["background"]) >= 4.5
    assert contrast(theme[role], theme["surface"]) >= 4.5


def test_light_and_dark_name_the_same_roles():
    assert set(LIGHT) == set(DARK)
    assert set(LIGHT_RAMPS) == set(DARK_RAMPS)


@pytest.mark.parametrize(("theme", "ramps"), [(LIGHT, LIGHT_RAMPS), (DARK, DARK_RAMPS)])
def test_zero_is_the_background_and_more_is_further_from_it(theme, ramps):
    for name in ("ramp-probability", "ramp-gradient", "ramp-surprise"):
        away = [contrast(stop, theme["background"]) for stop in ramps[name]]
        assert away[0] == 1
        assert away == sorted(away)


@pytest.mark.parametrize("ramps", [LIGHT_RAMPS, DARK_RAMPS])
def test_signed_values_are_balanced_around_the_middle(ramps):
    low, less, middle, more, high = map(luminance, ramps["ramp-signed"])
    assert abs(low - high) < 0.15
    assert abs(less - more) < 0.15
    assert (middle - low) * (middle - high) > 0


def test_the_style_sheet_defines_every_role_for_both_themes():
    light, dark = css_variables().split('.gb[data-theme="dark"]')
    for name in [*LIGHT, *LIGHT_RAMPS]:
        assert re.search(rf"--gb-{name}: [^;]+;", light)
        assert re.search(rf"--gb-{name}: [^;]+;", dark)
    assert all(variable in light for variable in FROM_STREAMLIT.values())

"""Where only the answer counts: what the loss of a text is, and what the page says of the other tokens."""

import pytest

pytestmark = pytest.mark.browser


def test_the_loss_of_a_text_is_the_mean_over_what_counts(modules):
    found = modules("live/tokens.js", "return value.map((text) => m.meanLoss(text));", [
        {"losses": [1, 2, 6], "weights": [1, 1, 1]},
        {"losses": [9, None, 0.5], "weights": [0, 0, 1]},
    ])  # fmt: skip
    assert found == [3, 0.5]

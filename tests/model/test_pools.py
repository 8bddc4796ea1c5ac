import numpy as np
import pytest

from model.pools import Lines, Rows, Windows

STREAM = np.array([0, 1, 2, 1, 0, 2, 2, 0])


@pytest.mark.parametrize(
    "pool", [Windows(STREAM), Lines(STREAM, line_end=0), Rows(STREAM.reshape(2, 4), np.ones((2, 3), bool))]
)  # fmt: skip
def test_tokens_are_counted_over_all_of_a_pool(pool):
    assert pool.counts(4).tolist() == [3, 2, 3, 0]

"""The uniform random numbers of a writer of several steps."""

from __future__ import annotations

import numpy as np

from rnnlab.decoding._rows import goals


def test_goals_are_the_numbers_that_single_draws_would_take() -> None:
    ahead = goals([np.random.default_rng(row) for row in range(3)], [0, 2], 4)
    assert ahead is not None
    for place, row in enumerate((0, 2)):
        single = np.random.default_rng(row)
        assert ahead[:, place].tolist() == [single.random() for _ in range(4)]

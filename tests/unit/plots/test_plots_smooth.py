from __future__ import annotations

import math

from rnnlab.plots._smooth import smoothed
from tests.toys.numeric import assert_close


def test_a_constant_series_is_smoothed_to_itself_from_its_first_point_on() -> None:
    for weight in (0.0, 0.6, 0.99):
        # The average and its weight are sums of the same 20 terms.
        assert_close(smoothed([3.5] * 20, weight), [3.5] * 20, terms=20)


def test_smoothing_is_the_average_weighted_by_age() -> None:
    weights = [0.25 * 0.5**age for age in (2, 1, 0)]
    ys = [1.0, 5.0, 2.0]
    mean = sum(w * y for w, y in zip(weights, ys, strict=True)) / sum(weights)
    assert_close(smoothed(ys, 0.5)[-1], mean, terms=3)


def test_smoothing_ignores_values_that_are_not_finite() -> None:
    assert_close(smoothed([2.0, math.inf, 2.0], 0.9), [2.0, math.nan, 2.0], terms=2)

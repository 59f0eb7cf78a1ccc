"""Thresholds of the truncating filters, with ties and rounding.

The bars and masses are a little beside the edge: on it, the rounding of a logarithm decides.
Shapes: V tokens of the vocabulary.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.toys.filter_rows import Row, kept_tokens, load_filter, log_probs, rows_of
from tests.toys.numeric import assert_close

FOUR = np.log([0.125, 0.5, 0.25, 0.125]).tolist()


@pytest.mark.parametrize(
    ("name", "value", "num_kept"),
    [
        ("top-k", 700, 700),
        ("top-p", 0.3501, 701),
        ("typical", 0.3501, 701),
        ("epsilon", 0.01, 1),
        ("eta", 0.01, 2000),
        ("min-p", 1.0, 2000),
        ("top-n-sigma", 1.0, 2000),
    ],
)
def test_many_equal_tokens_are_decided_as_few_are(name: str, value: float, num_kept: int) -> None:
    """Beyond some size numpy sorts by other algorithms, not all of them stable."""
    assert kept_tokens(name, value, [0.0] * 2000) == list(range(num_kept))


@pytest.mark.parametrize(
    ("p", "num_kept"), [(0.4999, 1), (0.5001, 2), (0.7499, 2), (0.7501, 3), (0.0001, 1), (1.0, 4)]
)
def test_the_nucleus_ends_with_the_token_that_reaches_p(p: float, num_kept: int) -> None:
    assert kept_tokens("top-p", p, FOUR) == sorted([1, 2, 0, 3][:num_kept])


@pytest.mark.parametrize(
    ("min_p", "num_kept"), [(0.2499, 4), (0.2501, 2), (0.4999, 2), (0.5001, 1), (1.0, 1)]
)
def test_min_p_is_measured_from_the_best(min_p: float, num_kept: int) -> None:
    assert len(kept_tokens("min-p", min_p, FOUR)) == num_kept


def test_a_token_on_the_bar_is_kept() -> None:
    """The threshold is the probability of the tokens themselves, computed as the filter does it."""
    row = Row((0.0, 0.0, 0.0, 0.0))
    bar = float(np.exp(log_probs([row]))[0, 0])
    assert kept_tokens("epsilon", bar, row.logits) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("n", "kept"), [(1.2, [1]), (1.3, [1, 2]), (2.4, [1, 2]), (2.5, [1, 2, 3])]
)
def test_sigma_is_of_the_tokens_that_can_come(n: float, kept: list[int]) -> None:
    """Logits 2, 1, 0: sigma is sqrt(2/3) = 0.82, so that they lie 0, 1.22 and 2.45 below."""
    assert kept_tokens("top-n-sigma", n, (-math.inf, 2.0, 1.0, 0.0, -math.inf)) == kept


@pytest.mark.parametrize(("tau", "num_kept"), [(0.24, 1), (0.26, 2), (0.49, 2), (0.51, 3)])
def test_the_typical_set_ends_with_the_token_that_reaches_tau(tau: float, num_kept: int) -> None:
    assert kept_tokens("typical", tau, [0.0] * 4) == list(range(num_kept))


@pytest.mark.parametrize(
    ("tau", "kept"), [(0.05, [1]), (0.13, [1, 2, 3]), (0.61, [0, *range(1, 11)])]
)
def test_the_typical_set_can_do_without_the_most_probable_token(
    tau: float, kept: list[int]
) -> None:
    """Entropy 2.05 nats: 0.06 surprises by 2.81, 0.76 above it, and 0.4 by 0.92, 1.14 below it."""
    assert kept_tokens("typical", tau, np.log([0.4, *[0.06] * 10]).tolist()) == kept


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("temperature", [1e-3, 1e-30, 1e-46, 5e-324])
def test_the_coldest_temperature_leaves_the_best_tokens(temperature: float, dtype: type) -> None:
    row = Row((1.0, 3.0, 3.0, -math.inf, 2.0))
    cold_1V = load_filter("temperature")(log_probs([row], dtype), temperature, rows_of([row]))
    assert_close(np.exp(cold_1V)[0], [0.0, 0.5, 0.5, 0.0, 0.0], terms=5, dtype=dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("name", "value", "probs", "num_kept"),
    [
        ("top-p", 0.8, [0.3, 0.1, 0.1, 0.5], 2),
        ("top-p", 0.8, [0.15, 0.3, 0.3, 0.25], 3),
        ("top-p", 0.7, [0.4, 0.3, 0.2, 0.1], 2),
        ("top-p", 0.9, [0.4, 0.3, 0.2, 0.1], 3),
        ("top-p", 1e-7, [0.4, 0.3, 0.2, 0.1], 1),
        ("typical", 0.5, [0.25, 0.25, 0.25, 0.25], 2),
        ("typical", 1e-7, [0.4, 0.3, 0.2, 0.1], 1),
        ("min-p", 0.25, [0.1, 0.2, 0.3, 0.4], 4),
        ("min-p", 0.5, [0.1, 0.2, 0.3, 0.4], 3),
        ("min-p", 0.75, [0.1, 0.2, 0.3, 0.4], 2),
        ("epsilon", 0.1, [0.1, 0.2, 0.3, 0.4], 4),
        ("epsilon", 0.3, [0.1, 0.2, 0.3, 0.4], 2),
    ],
)
def test_a_threshold_is_met_up_to_rounding(
    name: str, value: float, probs: list[float], num_kept: int, dtype: type
) -> None:
    """These masses and bars are exact in decimal numbers, but not in the log-probs."""
    row = Row(tuple(map(math.log, probs)))
    filtered_1V = load_filter(name)(log_probs([row], dtype), value, rows_of([row]))
    assert int((filtered_1V > -math.inf).sum()) == num_kept

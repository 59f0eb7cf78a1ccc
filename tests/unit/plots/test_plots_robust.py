"""A divergence that lasts for many points does not flatten the rest of a loss curve."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence

import pytest

from rnnlab.plots import NamedHistory, loss
from rnnlab.plots._robust import Heights, robust_heights
from rnnlab.runs.history import History

NUM = 500


def heights(*curves: Sequence[float], num_between: int = 1, can_diverge: bool = True) -> Heights:
    """Return the heights of curves; those after the first have a point every `num_between`."""
    values = [value for curve in curves for value in curve]
    points = [
        ([float(place * (num_between if number else 1)) for place in range(len(curve))], curve)
        for number, curve in enumerate(curves)
    ]
    whole = Heights(min(values), max(values))
    return robust_heights(points, whole, is_log=False, can_diverge=can_diverge)


def good(place: int) -> float:
    """Return a falling loss with noise."""
    return 1.5 + 2 * math.exp(-place / 100) + random.Random(place).gauss(0, 0.03)


@pytest.mark.parametrize(
    ("begin", "end", "level"),
    [
        (200, 260, 1e3), (150, 450, 300.0), (300, NUM, 1e6), (60, 400, 80.0), (180, NUM, 1e3),
        (60, NUM, 1e4),
    ],
)  # fmt: skip
def test_the_heights_are_those_before_and_after_a_long_divergence(
    begin: int, end: int, level: float
) -> None:
    losses = [
        level * (1 + random.Random(i).random()) if begin <= i < end else good(i) for i in range(NUM)
    ]
    low, high = heights(losses)
    assert high < 5.0
    sound = [good(i) for i in range(NUM) if not begin <= i < end]
    assert low <= min(sound[100:] or sound)


def test_the_few_validations_of_a_run_that_diverges_do_not_flatten_its_loss() -> None:
    losses = [good(i) if i < 250 else 1800 + 40 * random.Random(i).random() for i in range(NUM)]
    validations = losses[::31]
    assert len(validations) < 20
    assert heights(losses, validations, num_between=31).high < 5.0


def test_an_explosion_leaves_the_loss_before_it_readable() -> None:
    losses = [good(i) if i < 200 else good(i) * math.exp((i - 200) / 15) for i in range(NUM)]
    assert heights(losses).high < 20.0


@pytest.mark.parametrize(
    "value",
    [
        good,
        lambda i: 1.5 + 100 * math.exp(-i / 40),
        lambda i: 3.0 if i < 300 else 0.1,
        lambda i: 0.5 + 0.4 * i / NUM,
        lambda i: math.exp(random.Random(i).gauss(0, 0.8)),
    ],
    ids=["falls", "falls far", "falls suddenly", "rises", "noise"],
)
def test_a_curve_that_does_not_diverge_keeps_its_heights(value: Callable[[int], float]) -> None:
    ys = [value(i) for i in range(NUM)]
    assert heights(ys) == heights(ys, can_diverge=False)


def test_a_figure_that_may_rise_far_is_shown_and_a_loss_is_not_such_a_figure() -> None:
    rates = [100.0 + i % 7 if i < 200 else 90_000.0 + i for i in range(NUM)]
    assert heights(rates, can_diverge=False).high >= 90_000.0
    assert loss.chart([NamedHistory("a", 0, History())]).can_diverge


def test_a_few_finite_values_among_many_infinite_ones_have_heights() -> None:
    """Such as the perplexities of a run that has overflowed; a sample of them may hold none."""
    losses = [2.0 + i / 1_000 if i % 500 == 4 else math.inf for i in range(4_000)]
    points = [(list(map(float, range(len(losses)))), losses)]
    found = robust_heights(points, Heights(2.0, 6.0), is_log=False, can_diverge=True)
    assert 2.0 <= found.low < found.high <= 6.0

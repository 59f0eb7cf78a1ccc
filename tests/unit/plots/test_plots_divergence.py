"""A divergence that lasts for many points does not flatten the rest of a loss curve."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from rnnlab.plots import Chart, Curve, loss
from rnnlab.plots._y_range import view_of

NUM = 500


def chart(ys: Sequence[float], *, can_diverge: bool = True) -> Chart:
    curve = Curve("train", tuple(map(float, range(len(ys)))), tuple(ys), 0)
    return replace(loss.chart([]), curves=(curve,), can_diverge=can_diverge)


def good(place: int) -> float:
    """Return a falling loss with noise."""
    return 1.5 + 2 * math.exp(-place / 100) + random.Random(place).gauss(0, 0.03)


@pytest.mark.parametrize(
    ("begin", "end", "level"),
    [
        (200, 260, 1e3),
        (150, 450, 300.0),
        (300, NUM, 1e6),
        (60, 400, 80.0),
        (180, NUM, 1e3),
        (60, NUM, 1e4),
    ],
)
def test_the_heights_are_those_before_and_after_a_long_divergence(
    begin: int, end: int, level: float
) -> None:
    losses = [
        level * (1 + random.Random(i).random()) if begin <= i < end else good(i) for i in range(NUM)
    ]
    y = view_of(chart(losses), 80).y
    assert y.high < 5.0
    sound = [good(i) for i in range(NUM) if not begin <= i < end]
    assert y.low <= min(sound[100:] or sound)


def test_the_few_validations_of_a_run_that_diverges_do_not_flatten_its_loss() -> None:
    losses = [good(i) if i < 250 else 1800 + 40 * random.Random(i).random() for i in range(NUM)]
    train = chart(losses).curves[0]
    val = Curve("val", train.xs[30::31], train.ys[30::31], 1)
    assert len(val.xs) < 20
    assert view_of(replace(chart([]), curves=(train, val)), 80).y.high < 5.0


def test_an_explosion_leaves_the_loss_before_it_readable() -> None:
    losses = [good(i) if i < 200 else good(i) * math.exp((i - 200) / 15) for i in range(NUM)]
    assert view_of(chart(losses), 80).y.high < 20.0


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
    y, without = (view_of(chart(ys, can_diverge=flag), 80).y for flag in (True, False))
    assert y == without


def test_a_chart_whose_values_may_rise_far_shows_them() -> None:
    rates = [100.0 + i % 7 if i < 200 else 90_000.0 + i for i in range(NUM)]
    assert view_of(chart(rates, can_diverge=False), 80).y.high >= 90_000.0

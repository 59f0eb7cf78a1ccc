from __future__ import annotations

from typing import Any

import pytest

from rnnlab.runs.records import Status
from rnnlab.runs.run_end import completed, is_at_end, suggestion, text_of

DONE = Status(state="finished", step=100, epoch=2.5, elapsed_s=120.0)


@pytest.mark.parametrize(
    ("settings", "fraction"),
    [
        ({"steps": 200}, 0.5),
        ({"minutes": 4}, 0.5),
        ({"epochs": 5.0}, 0.5),
        ({"steps": 100}, 1.0),
        ({"steps": 1000, "minutes": 2}, 1.0),
        ({"epochs": 2.51}, 1.0),  # 100.4 steps: the worker rounds
        ({"epochs": "many"}, 0.0),
        ({}, 0.0),
    ],
)
def test_the_completed_fraction_follows_the_nearest_end(
    settings: dict[str, Any], fraction: float
) -> None:
    assert completed(settings, DONE) == pytest.approx(fraction)
    assert is_at_end(settings, DONE) == (fraction == 1.0)


@pytest.mark.parametrize(
    ("settings", "changes"),
    [
        ({"steps": 100}, {"steps": 200}),
        ({"epochs": 2.5, "patience": 3}, {"epochs": 5.0}),
        ({"minutes": 2}, {"minutes": 4}),
        ({"steps": 500, "patience": 3}, {"patience": 6}),
        ({}, {"steps": 1100}),
    ],
)
def test_the_suggestion_doubles_the_end_or_the_patience(
    settings: dict[str, Any], changes: dict[str, float]
) -> None:
    assert suggestion(settings, DONE) == changes


def test_values_are_written_without_an_exponent() -> None:
    assert [text_of(value) for value in (20_000_000.0, 2.5, 7)] == ["20000000", "2.5", "7"]

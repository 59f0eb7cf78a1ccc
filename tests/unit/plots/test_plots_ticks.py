from __future__ import annotations

from math import log10

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnlab.plots._ticks import brief, linear, logarithmic, significant

ends = st.floats(-1e12, 1e12)


def labels_of(low: float, high: float, most: int, smallest: float = 0.0) -> list[str]:
    return [tick.label for tick in linear(low, high, most, smallest=smallest)]


@pytest.mark.parametrize(
    ("low", "high", "most", "expected"),
    [
        (0, 3000, 7, ["0", "500", "1000", "1500", "2000", "2500", "3000"]),
        (1.15, 4.4, 4, ["2", "3", "4"]),
        (0.42, 0.58, 4, ["0.45", "0.50", "0.55"]),
        (0, 50_000, 6, ["0", "10k", "20k", "30k", "40k", "50k"]),
        (0, 2.1e6, 5, ["0", "0.5M", "1.0M", "1.5M", "2.0M"]),
        (0, 3e-4, 4, ["0", "1e-4", "2e-4", "3e-4"]),
        (0, 1e-3, 2, ["0", "0.001"]),
        (1_000_000, 1_000_008, 5, ["1000000", "1000002", "1000004", "1000006", "1000008"]),
    ],
)
def test_ticks_are_round(low: float, high: float, most: int, expected: list[str]) -> None:
    assert labels_of(low, high, most) == expected


def test_steps_are_whole() -> None:
    assert labels_of(0, 2, 10, smallest=1.0) == ["0", "1", "2"]


@given(ends, ends, st.integers(2, 12))
def test_ticks_are_few_short_ascending_and_different(low: float, high: float, most: int) -> None:
    low, high = min(low, high), max(low, high)
    if high - low <= 1e-6 * max(abs(low), abs(high)) or high - low < 1e-290:
        return
    ticks = linear(low, high, most)
    labels = [tick.label for tick in ticks]
    assert 2 <= len(ticks) <= most
    assert len(set(labels)) == len(labels)
    assert max(map(len, labels)) <= 14
    assert [tick.position for tick in ticks] == sorted(tick.position for tick in ticks)
    assert all(low - 1e-6 * (high - low) <= t.position <= high + 1e-6 * (high - low) for t in ticks)


@given(st.floats(-290, 10), st.floats(1e-3, 290), st.integers(2, 10))
def test_logarithmic_ticks_are_labelled_with_real_values(
    low: float, span: float, most: int
) -> None:
    ticks = logarithmic(low, low + span, most)
    labels = [tick.label for tick in ticks]
    assert 2 <= len(labels) <= most
    assert len(set(labels)) == len(labels)
    for position, label in ticks:
        number = label
        for suffix, exponent in (("k", "e3"), ("M", "e6"), ("G", "e9"), ("T", "e12")):
            number = number.replace(suffix, exponent)
        # A label has few digits: it may differ from its tick by a thousandth of a decade.
        assert log10(float(number)) == pytest.approx(position, abs=1e-3)


def test_wide_logarithmic_axes_have_powers_of_ten() -> None:
    assert [tick.label for tick in logarithmic(-5.0, 1.0, 4)] == ["1e-4", "0.01", "1"]
    assert [tick.label for tick in logarithmic(0.0, 2.0, 4)] == ["1", "10", "100"]
    assert [tick.label for tick in logarithmic(0.0, 1.0, 4)] == ["1", "2", "5", "10"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.0, "0"),
        (1.3, "1.300"),
        (-1.3, "-1.300"),
        (12.3456, "12.35"),
        (1234.5, "1234"),
        (12_345.0, "12.3k"),
        (2_500_000.0, "2.50M"),
        (0.00073912, "7.39e-4"),
        (1e20, "1.00e20"),
    ],
)
def test_a_value_has_always_as_many_digits(value: float, expected: str) -> None:
    assert significant(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.0, "0"), (1.0, "1"), (0.5, "0.5"), (100.0, "100"), (10_000.0, "10k"), (1e-5, "1e-5"),
     (2.5e-7, "2.5e-7"), (1e20, "1e20"), (1e-3, "0.001")],
)  # fmt: skip
def test_a_brief_number_has_no_trailing_zeros(value: float, expected: str) -> None:
    assert brief(value) == expected


def test_numbers_of_one_axis_are_of_one_style() -> None:
    assert [tick.label for tick in logarithmic(0.0, 18.0, 4)] == ["1", "1e5", "1e10", "1e15"]
    assert [tick.label for tick in logarithmic(0.0, 12.0, 4)] == ["1", "10k", "100M", "1T"]

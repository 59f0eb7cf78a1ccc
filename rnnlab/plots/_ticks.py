"""Where an axis has its ticks and how numbers are written: few, round and no two the same."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, floor, log10
from typing import NamedTuple

_UNITS = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
_SMALLEST_PLAIN = 1e-3
"""Below it numbers are written with an exponent."""
_SMALLEST_EXPONENT = 1e15
"""From it on, too."""
_SMALLEST_UNIT = 1e4
"""From it on a number has a unit, or an exponent beside those that have one."""
_LARGEST_EXPONENT = 300
"""Of powers of ten that are numbers, and so are five times as much and as little."""


class Tick(NamedTuple):
    """A place on an axis and what stands there."""

    position: float
    """On a logarithmic axis the logarithm of what the label says."""
    label: str


def linear(low: float, high: float, most: int, *, smallest: float = 0.0) -> tuple[Tick, ...]:
    """Return at most `most` ticks at multiples of 1, 2 or 5 times a power of ten.

    There are two at least, unless their step would be below `smallest`.
    """
    chosen: tuple[int, ...] = ()
    step = 1.0
    for finer in _steps((high - low) / most):
        # The tolerance, a part of a step, keeps a tick at either end in spite of rounding.
        multiples = range(ceil(low / finer - 1e-9), floor(high / finer + 1e-9) + 1)
        if chosen and (finer < smallest or (len(chosen) > 1 and len(multiples) > most)):
            break
        chosen, step = tuple(multiples), finer
    # Two needed a step so fine that there are too many of it.
    chosen = chosen[:: max(ceil(len(chosen) / most), 1)]
    values = [multiple * step for multiple in chosen]
    return tuple(map(Tick, values, labels(values, step)))


def logarithmic(low: float, high: float, most: int) -> tuple[Tick, ...]:
    """Return ticks at round values of an axis whose ends are base-ten logarithms."""
    decades = range(max(floor(low), -_LARGEST_EXPONENT), min(ceil(high), _LARGEST_EXPONENT) + 1)
    powers = [10.0**e for e in decades if low - 1e-9 <= e <= high + 1e-9]
    scales = [[m * 10.0**e for e in decades for m in (1, 2, 5)]]
    scales += [[10.0**e for e in decades if e % every == 0] for every in range(1, len(decades))]
    scales += [powers[:: ceil(len(powers) / most)]] if powers else []
    has_units = can_have_units(high, is_log=True)
    for values in scales:
        inside = [v for v in values if low - 1e-9 <= log10(v) <= high + 1e-9]
        if 2 <= len(inside) <= most:
            return tuple(Tick(log10(v), brief(v, has_units=has_units)) for v in inside)
    # Less than a decade: the values themselves lie nearly as evenly as their logarithms.
    return tuple(Tick(log10(v), label) for v, label in linear(10**low, 10**high, most) if v > 0)


def labels(values: list[float], step: float) -> list[str]:
    """Return multiples of a step written alike: one unit, one number of decimals."""
    largest = max(map(abs, values), default=0.0)
    unit, suffix = 1.0, ""
    if largest >= _SMALLEST_EXPONENT or 0 < largest < _SMALLEST_PLAIN:
        exponent = floor(log10(largest))
        unit, suffix = 10.0**exponent, f"e{exponent}"
    elif largest >= _SMALLEST_UNIT:
        unit, suffix = next(pair for pair in _UNITS if largest >= pair[0])
        if step < unit / 1000:
            unit, suffix = 1.0, ""
    decimals = max(0, -floor(log10(step / unit) + 1e-9))
    return [f"{value / unit:.{decimals}f}{suffix}" if value else "0" for value in values]


def can_have_units(largest: float, *, is_log: bool) -> bool:
    """Return whether units serve for all values up to the largest: `7.66e17` has none.

    is_log: whether `largest` is the base-ten logarithm of that value.
    """
    return largest < (log10(_SMALLEST_EXPONENT) if is_log else _SMALLEST_EXPONENT)


def brief(value: float, *, has_units: bool = True) -> str:
    """Return a number in as few characters as tell it: 0.001, 20, 1k, 1e-5."""
    text = significant(value, 4, has_units=has_units)
    head, suffix = (text[:-1], text[-1]) if text[-1].isalpha() else (text, "")
    head, _, exponent = head.partition("e")
    head = head.rstrip("0").rstrip(".") if "." in head else head
    return head + (f"e{exponent}" if exponent else suffix)


def significant(value: float, digits: int = 4, *, has_units: bool = True) -> str:
    """Return a number with so many digits and trailing zeros, so that its width stays the same.

    has_units: whether large numbers end in k, M, G or T, and not in an exponent.
    """
    size = abs(value)
    if size == 0:
        return "0"
    if size < _SMALLEST_PLAIN or size >= (_SMALLEST_EXPONENT if has_units else _SMALLEST_UNIT):
        mantissa, _, exponent = f"{value:.{digits - 2}e}".partition("e")
        return f"{mantissa}e{int(exponent)}"
    unit, suffix = next((p for p in _UNITS if size >= max(p[0], _SMALLEST_UNIT)), (1.0, ""))
    if suffix:
        digits -= 1
    decimals = digits - 1 - floor(log10(size / unit))
    return f"{value / unit:.{min(max(decimals, 0), digits - 1)}f}{suffix}"


def unit_of(axis: str, high: float) -> tuple[float, str]:
    """Return how much one unit of a horizontal axis that ends at `high` is, and its name."""
    if axis != "time":
        return 1.0, axis
    if high <= 120:
        return 1.0, "s"
    return (60.0, "min") if high <= 7200 else (3600.0, "h")


def place(axis: str, value: float, high: float) -> str:
    """Return a place on a horizontal axis that ends at `high`: `step 1,230`, `epoch 2.35`."""
    if axis == "step":
        return f"step {value:,.0f}"
    size, unit = unit_of(axis, high)
    return f"epoch {value:.2f}" if axis == "epoch" else f"{value / size:.1f} {unit}"


def _steps(rough: float) -> Iterator[float]:
    """Yield 1, 2 and 5 times powers of ten, from well above a rough step to well below it."""
    exponent = floor(log10(rough))
    for e in range(exponent + 1, exponent - 3, -1):
        for mantissa in (5, 2, 1):
            yield mantissa * 10.0**e

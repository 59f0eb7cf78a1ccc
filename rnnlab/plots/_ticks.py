"""Ticks of an axis and formats of numbers: few, round and distinct labels."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, floor, log10
from typing import NamedTuple

_UNITS = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
_SMALLEST_PLAIN = 1e-3
"""Numbers below it have an exponent."""
_SMALLEST_EXPONENT = 1e15
"""Numbers from here on have an exponent, too."""
_SMALLEST_UNIT = 1e4
"""Numbers from here on have a unit, or an exponent if units are not permitted."""
_LARGEST_EXPONENT = 300
"""Largest exponent e for which 1, 2 and 5 times 10**e and 10**-e are normal floats."""


class Tick(NamedTuple):
    """A position on an axis and its label."""

    position: float
    """On a log scale, the logarithm of the labelled value."""
    label: str


def linear(
    low: float, high: float, most: int, *, least: int = 0, smallest: float = 0.0
) -> tuple[Tick, ...]:
    """Return at most `most` ticks at round multiples, as many as possible or at least `least`.

    Steps are 1, 2 or 5 times a power of ten; with `least`, the largest step that gives at least
    this number, 2.5 times a power of ten included. Return at least two ticks, unless their step
    would be below `smallest`.
    """
    chosen: tuple[int, ...] = ()
    step = 1.0
    for finer in _steps((high - low) / most, has_quarters=least > 0):
        # The tolerance, a fraction of a step, keeps the ticks at both ends despite rounding.
        multiples = range(ceil(low / finer - 1e-9), floor(high / finer + 1e-9) + 1)
        if chosen and (finer < smallest or (len(chosen) > 1 and len(multiples) > most)):
            break
        chosen, step = tuple(multiples), finer
        if 0 < least <= len(chosen):
            break
    # The step that gives at least two ticks may give too many: thin them out.
    chosen = chosen[:: max(ceil(len(chosen) / most), 1)]
    values = [multiple * step for multiple in chosen]
    return tuple(map(Tick, values, labels(values, step)))


def logarithmic(low: float, high: float, most: int, *, least: int = 2) -> tuple[Tick, ...]:
    """Return at most `most` ticks at round values, if possible at least `least`.

    low and high are base-ten logarithms.
    """
    decades = range(max(floor(low), -_LARGEST_EXPONENT), min(ceil(high), _LARGEST_EXPONENT) + 1)
    powers = [10.0**e for e in decades if low - 1e-9 <= e <= high + 1e-9]
    scales = [[m * 10.0**e for e in decades for m in (1, 2, 5)]]
    scales += [[10.0**e for e in decades if e % every == 0] for every in range(1, len(decades))]
    scales += [powers[:: ceil(len(powers) / most)]] if powers else []
    has_units = can_have_units(high, is_log=True)
    insides = [[v for v in values if low - 1e-9 <= log10(v) <= high + 1e-9] for values in scales]
    for fewest in (least, 2):
        for inside in insides:
            if fewest <= len(inside) <= most:
                return tuple(Tick(log10(v), brief(v, has_units=has_units)) for v in inside)
        if high - low < 1:
            break  # evenly spaced values are almost evenly spaced on this scale, too
    ticks = linear(10**low, 10**high, most, least=least)
    return tuple(Tick(log10(v), label) for v, label in ticks if v > 0)


def labels(values: list[float], step: float) -> list[str]:
    """Return labels of multiples of a step, all with the same unit and number of decimals."""
    largest = max(map(abs, values), default=0.0)
    unit, suffix = 1.0, ""
    if largest >= _SMALLEST_EXPONENT or 0 < largest < _SMALLEST_PLAIN:
        exponent = floor(log10(largest))
        unit, suffix = 10.0**exponent, f"e{exponent}"
    elif largest >= _SMALLEST_UNIT:
        unit, suffix = next(pair for pair in _UNITS if largest >= pair[0])
        if step < unit / 1000:
            unit, suffix = 1.0, ""
    digits = step / unit
    decimals = max(0, -floor(log10(digits) + 1e-9))
    if abs(digits * 10**decimals - round(digits * 10**decimals)) > 1e-6:
        decimals += 1  # a step of 0.25 or 2.5 needs one more
    return [f"{value / unit:.{decimals}f}{suffix}" if value else "0" for value in values]


def can_have_units(largest: float, *, is_log: bool) -> bool:
    """Return True if all values up to the largest fit units; `7.66e17` does not.

    is_log: whether `largest` is a base-ten logarithm.
    """
    return largest < (log10(_SMALLEST_EXPONENT) if is_log else _SMALLEST_EXPONENT)


def brief(value: float, *, has_units: bool = True) -> str:
    """Return a number without trailing zeros, with up to four digits: 0.001, 20, 1k, 1e-5."""
    text = significant(value, 4, has_units=has_units)
    head, suffix = (text[:-1], text[-1]) if text[-1].isalpha() else (text, "")
    head, _, exponent = head.partition("e")
    head = head.rstrip("0").rstrip(".") if "." in head else head
    return head + (f"e{exponent}" if exponent else suffix)


def significant(value: float, digits: int = 4, *, has_units: bool = True) -> str:
    """Return a number with `digits` digits, including trailing zeros, so that its width is stable.

    has_units: whether large numbers end in k, M, G or T instead of an exponent.
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
    """Return size and name of the unit of an x axis that ends at `high`: s, min, h, or the axis."""
    if axis != "time":
        return 1.0, axis
    if high <= 120:
        return 1.0, "s"
    return (60.0, "min") if high <= 7200 else (3600.0, "h")


def place(axis: str, label: str, value: float, high: float) -> str:
    """Return the text for a position on an x axis that ends at `high`: `step 1,230`, `2.5 min`.

    label: name of the positions if they are whole numbers, as of steps, lags or characters.
    """
    if axis == "step":
        return f"{label} {value:,.0f}"
    size, unit = unit_of(axis, high)
    return f"epoch {value:.2f}" if axis == "epoch" else f"{value / size:.1f} {unit}"


def _steps(rough: float, *, has_quarters: bool) -> Iterator[float]:
    """Yield round steps, from well above a rough one to well below it."""
    mantissas = (5.0, 2.5, 2.0, 1.0) if has_quarters else (5.0, 2.0, 1.0)
    exponent = floor(log10(rough))
    for e in range(exponent + 1, exponent - 3, -1):
        for mantissa in mantissas:
            yield mantissa * 10.0**e

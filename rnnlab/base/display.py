"""Format values and untrusted text for users, on the command line and in the app."""

from __future__ import annotations

import math
import re
import time
import unicodedata

MISSING = "–"  # noqa: RUF001
"""Shown in place of a missing value."""
_LARGE = 1e6
"""Numbers from here on are shown with an exponent: a model that diverged has long ones."""


def is_unicode(encoding: str | None) -> bool:
    """Return whether a stream with this encoding can show any character, UTF-8 or similar."""
    return (encoding or "").lower().replace("-", "").startswith("utf")


def visible(text: str, *, newline: str = "\n") -> str:
    """Return untrusted text with control characters replaced by visible symbols.

    newline: replacement of a newline; "⏎" for text on one line.
    """
    return "".join(_shown(c, newline) for c in text)


def named(token: str) -> str:
    """Return a character or word in quotes, control characters with their code points.

    A newline is `'⏎' (U+000A)`: a user can see it, and search for it.
    """
    points = [f"U+{ord(c):04X}" for c in token if not c.isprintable()]
    shown = repr(visible(token, newline="⏎"))
    return f"{shown} ({', '.join(points)})" if points else shown


def escaped(text: str) -> str:
    r"""Return a text on one line: \n for a newline, \\ for a backslash."""
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def unescaped(line: str) -> str:
    r"""Return the text of a line that a user wrote: \n is a newline, \\ a backslash."""
    return "\\".join(part.replace("\\n", "\n") for part in line.split("\\\\"))


def compact_lines(text: str) -> str:
    """Return text with ⏎ for every newline, and one line break after each series of newlines."""
    return re.sub(r"\n+", lambda ends: "⏎" * len(ends[0]) + "\n", text)


def _shown(c: str, newline: str) -> str:
    if c == "\n":
        return newline
    if c.isprintable():
        return c
    if ord(c) < 0x20:
        return chr(0x2400 + ord(c))
    if c == "\x7f":
        return "␡"
    return " " if unicodedata.category(c) == "Zs" else "�"


def figure(value: float, decimals: int) -> str:
    """Return a number with decimals; from a million on with an exponent: 2.700, 1.2e+307, inf."""
    is_short = not math.isfinite(value) or abs(value) < _LARGE
    return f"{value:.{decimals}f}" if is_short else f"{value:.1e}"


def loss(value: float | None) -> str:
    """Return a loss in nats with four decimals, a very large one with an exponent."""
    return MISSING if value is None or not math.isfinite(value) else figure(value, 4)


def nats_per(unit: str) -> str:
    """Return the unit of a mean loss, given the unit of its targets: `nats/char` for `letter`."""
    return f"nats/{'char' if unit == 'letter' else unit}"


def percent(fraction: float | None) -> str:
    """Return a fraction as a percentage with one decimal."""
    return MISSING if fraction is None or not math.isfinite(fraction) else f"{fraction:.1%}"


def count(value: float | None) -> str:
    """Return a number with about three digits: 950, 12.3k, 4.6M."""
    if value is None or not math.isfinite(value):
        return MISSING
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size * 0.9995:
            scaled = value / size
            return f"{scaled:.{0 if abs(scaled) >= 99.95 else 1}f}{unit}"
    return f"{value:.0f}"


def size(num_bytes: int) -> str:
    """Return a number of bytes with its binary unit: 950 B, 12.3 KiB, 4.6 MiB."""
    value = float(num_bytes)
    for unit in ("B", "KiB", "MiB"):
        if value < 1000:
            return f"{value:.0f} B" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} GiB"


def moment(time_s: float) -> str:
    """Return a time in seconds since 1970 as local date and time: 2026-11-30 13:45."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(time_s))


def duration(seconds: float | None) -> str:
    """Return a duration: 42s, 3m05s, 2h10m, 4d03h."""
    if seconds is None or not math.isfinite(seconds):
        return MISSING
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    if whole < 86400:
        return f"{whole // 3600}h{whole % 3600 // 60:02d}m"
    return f"{whole // 86400}d{whole % 86400 // 3600:02d}h"


def sparkline(values: list[float], width: int) -> str:
    """Return the last `width` finite values as a row of blocks, scaled to their range."""
    blocks = "▁▂▃▄▅▆▇█"
    shown = [value for value in values if math.isfinite(value)][-width:] if width > 0 else []
    if not shown:
        return ""
    low, high = min(shown), max(shown)
    scale = (len(blocks) - 1) / (high - low) if high > low else 0.0
    return "".join(blocks[round((value - low) * scale)] for value in shown)


def shortened(name: str, width: int) -> str:
    """Return a name of at most `width` characters, for an error: … replaces the middle.

    A pane needs `cells.shortened`, which measures cells of a terminal.
    """
    if len(name) <= width:
        return name
    return f"{name[: width // 2]}…{name[-(width - width // 2 - 1) :]}"

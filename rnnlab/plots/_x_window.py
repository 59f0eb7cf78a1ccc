"""The visible part of the x axis: all of it, the newest part (live), or a frozen part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

Mode = Literal["all", "live", "frozen"]

_SMALLEST = 1e-4
"""Minimum width of a window, as a fraction of the axis."""


class Extent(NamedTuple):
    """The range of an x axis."""

    low: float
    high: float

    @property
    def width(self) -> float:
        """The length of the range."""
        return self.high - self.low

    @property
    def middle(self) -> float:
        """The position in the middle of the range."""
        return (self.low + self.high) / 2


@dataclass(frozen=True)
class XWindow:
    """The visible part of the x axis; it moves with new data unless it is frozen."""

    mode: Mode = "all"
    width: float = 0.0
    """Width of the visible part if `mode` is live."""
    low: float = 0.0
    high: float = 0.0
    """`low` and `high` are the ends of the visible part if `mode` is frozen."""

    def shown(self, whole: Extent) -> Extent:
        """Return the visible part of an axis whose range is `whole`."""
        if self.mode == "live":
            return Extent(max(whole.low, whole.high - self.width), whole.high)
        if self.mode == "frozen":
            return Extent(self.low, self.high)
        return whole

    def zoomed(self, whole: Extent, factor: float, around: float | None = None) -> XWindow:
        """Return a window `factor` times as wide; the position `around` keeps its place in it.

        Without `around`, a window at the end of the data becomes live, and another keeps its
        middle. A window as wide as the axis shows all.
        """
        now = self.shown(whole)
        width = max(now.width * factor, whole.width * _SMALLEST)
        if width >= whole.width * (1 - 1e-9):
            return XWindow()
        if around is None:
            if now.high >= whole.high:
                return XWindow("live", width=width)
            around = now.middle
        fraction = (around - now.low) / now.width if now.width > 0 else 0.5
        low = around - min(max(fraction, 0.0), 1.0) * width
        return _frozen(Extent(low, low + width), whole)

    def panned(self, whole: Extent, share: float) -> XWindow:
        """Return a window moved by a fraction of its width; at the end of the data it is live."""
        if self.mode == "all":
            return self
        now = self.shown(whole)
        high = now.high + share * now.width
        if high >= whole.high:
            return XWindow("live", width=now.width)
        return _frozen(Extent(high - now.width, high), whole)

    def frozen(self, whole: Extent) -> XWindow:
        """Return a window that is frozen at the current visible part."""
        now = self.shown(whole)
        return XWindow("frozen", low=now.low, high=now.high)

    def following(self, whole: Extent) -> XWindow:
        """Return a live window of the same width; if all is shown, a fifth of the axis wide."""
        now = self.shown(whole)
        width = now.width if self.mode != "all" and now.width < whole.width else whole.width / 5
        return XWindow("live", width=width) if width > 0 else XWindow()


ALL = XWindow()
"""The window that shows the whole axis."""


def _frozen(part: Extent, whole: Extent) -> XWindow:
    """Return a frozen window of the width of `part`, moved inside the range `whole`."""
    low = max(whole.low, min(part.low, whole.high - part.width))
    return XWindow("frozen", low=low, high=low + part.width)

"""Which part of an axis is shown: all, the newest as it comes, or one that stands still."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

Mode = Literal["all", "live", "frozen"]

_SMALLEST = 1e-4
"""Least part of the axis that is shown: beyond it there is nothing to see."""


class Extent(NamedTuple):
    """From where to where an axis goes."""

    low: float
    high: float

    @property
    def width(self) -> float:
        """Its length."""
        return self.high - self.low

    @property
    def middle(self) -> float:
        """What lies half way."""
        return (self.low + self.high) / 2


@dataclass(frozen=True)
class XWindow:
    """A part of the axis, which grows with the data unless it is frozen."""

    mode: Mode = "all"
    width: float = 0.0
    """How much of the newest is shown (live)."""
    low: float = 0.0
    high: float = 0.0
    """What is shown (frozen)."""

    def shown(self, whole: Extent) -> Extent:
        """Return what is shown of an axis that has come so far."""
        if self.mode == "live":
            return Extent(max(whole.low, whole.high - self.width), whole.high)
        if self.mode == "frozen":
            return Extent(self.low, self.high)
        return whole

    def zoomed(self, whole: Extent, factor: float, around: float | None = None) -> XWindow:
        """Return a window `factor` times as wide, about a place or, without one, at the end.

        One that ends where the data end follows them; one as wide as everything shows all.
        """
        now = self.shown(whole)
        width = max(now.width * factor, whole.width * _SMALLEST)
        if width >= whole.width * (1 - 1e-9):
            return XWindow()
        if around is None:
            if now.high >= whole.high:
                return XWindow("live", width=width)
            around = now.middle
        share = (around - now.low) / now.width if now.width > 0 else 0.5
        low = around - min(max(share, 0.0), 1.0) * width
        return _frozen(Extent(low, low + width), whole)

    def panned(self, whole: Extent, share: float) -> XWindow:
        """Return the window moved by a share of its width; at the end it follows again."""
        if self.mode == "all":
            return self
        now = self.shown(whole)
        high = now.high + share * now.width
        if high >= whole.high:
            return XWindow("live", width=now.width)
        return _frozen(Extent(high - now.width, high), whole)

    def frozen(self, whole: Extent) -> XWindow:
        """Return the window standing still where it is."""
        now = self.shown(whole)
        return XWindow("frozen", low=now.low, high=now.high)

    def following(self, whole: Extent) -> XWindow:
        """Return the window following the data; one that shows all begins with the newest fifth."""
        now = self.shown(whole)
        width = now.width if self.mode != "all" and now.width < whole.width else whole.width / 5
        return XWindow("live", width=width) if width > 0 else XWindow()


ALL = XWindow()
"""Everything there is."""


def _frozen(part: Extent, whole: Extent) -> XWindow:
    """Return a window that stands still, moved inside of the whole."""
    low = max(whole.low, min(part.low, whole.high - part.width))
    return XWindow("frozen", low=low, high=low + part.width)

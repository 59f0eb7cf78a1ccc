"""Shades: the colour for a value on a scale or, without colours, the character."""

from __future__ import annotations

from rnnlab.base.palettes import Color
from rnnlab.plots._style import DrawStyle

_RAMP: tuple[Color, ...] = (
    (0, 34, 78), (62, 76, 107), (122, 121, 120), (186, 174, 107), (254, 232, 70),
)  # fmt: skip
"""Colours from dark blue through grey to yellow, with even steps of lightness: readable with any
kind of colour vision, and in print (after Nunez et al. 2018, "Optimizing colormaps with
consideration for color vision deficiency")."""
_LOW: Color = (70, 130, 220)
_HIGH: Color = (215, 120, 20)
_BLACK: Color = (0, 0, 0)
_WHITE: Color = (255, 255, 255)
_MIDDLE: Color = (24, 24, 24)
BLOCKS = " ░▒▓█"
ASCII_BLOCKS = " .:+*#@"
_BRIGHT = 140
"""Luma above which black text is more readable than white."""


def ramp(fraction: float) -> Color:
    """Return the colour for a value from 0 to 1 (a fraction of the scale)."""
    place = min(max(fraction, 0.0), 1.0) * (len(_RAMP) - 1)
    index = min(int(place), len(_RAMP) - 2)
    return _mixed(_RAMP[index], _RAMP[index + 1], place - index)


def diverging(value: float, background: Color | None) -> Color:
    """Return the colour for a value from -1 (blue) through 0 (background) to 1 (orange)."""
    end = _HIGH if value > 0 else _LOW
    return _mixed(background or _MIDDLE, end, min(abs(value), 1.0))


def block(fraction: float, style: DrawStyle) -> str:
    """Return the character for a value from 0 to 1: from blank through shaded to full."""
    blocks = ASCII_BLOCKS if style.is_ascii else BLOCKS
    return blocks[min(int(min(max(fraction, 0.0), 1.0) * len(blocks)), len(blocks) - 1)]


def on(text: str, behind: Color) -> str:
    """Return text, black or white (whichever is more readable), on a coloured background."""
    r, g, b = behind
    ink = _BLACK if 0.299 * r + 0.587 * g + 0.114 * b > _BRIGHT else _WHITE
    return f"\x1b[48;2;{r};{g};{b}m\x1b[38;2;{ink[0]};{ink[1]};{ink[2]}m{text}\x1b[0m"


def _mixed(one: Color, other: Color, share: float) -> Color:
    r, g, b = (round(a + (z - a) * share) for a, z in zip(one, other, strict=True))
    return r, g, b

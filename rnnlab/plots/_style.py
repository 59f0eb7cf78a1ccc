"""How a chart looks on the terminal at hand: colours, and which characters it may use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from rnnlab.errors import one_line

Color = tuple[int, int, int]

PALETTE: tuple[Color, ...] = (
    (177, 127, 15),
    (9, 174, 215),
    (7, 187, 123),
    (191, 174, 19),
    (27, 142, 251),
    (164, 73, 16),
    (189, 56, 144),
    (164, 164, 164),
)
"""Okabe and Ito (2008) in their order, grey for their black, its lightness moved so that each can
be read on black and on white and any two told apart in protanopia and deuteranopia."""

_MIDDLE: Color = (128, 128, 128)
_ASCII = str.maketrans({"…": "...", "·": "-", "●": "o", "─": "-", "╌": "-", "↑": "^", "↓": "v"})


class Glyphs(NamedTuple):
    """The characters a frame and a legend are made of."""

    line: str
    dots: str
    joined: str
    mark: str
    level: str
    side: str
    side_tick: str
    corner: str
    floor: str
    floor_tick: str


_UNICODE_GLYPHS = Glyphs("⠒⠒", "⠂⠂", "⠒●", "●", "╌", "│", "┤", "└", "─", "┬")
_ASCII_GLYPHS = Glyphs("**", "..", ".o", "o", "-", "|", "+", "+", "-", "+")


@dataclass(frozen=True, slots=True)
class DrawStyle:
    """What the terminal can show and the theme asks for."""

    is_ascii: bool = False
    """Whether only ASCII may be written: no braille, no lines, no accents."""
    has_color: bool = True
    """Whether escape sequences may be written at all."""
    palette: tuple[Color, ...] = PALETTE
    foreground: Color | None = None
    """Colour of words; None leaves the terminal's own."""
    background: Color | None = None
    """None leaves the terminal's own."""

    @property
    def glyphs(self) -> Glyphs:
        """The characters to draw with."""
        return _ASCII_GLYPHS if self.is_ascii else _UNICODE_GLYPHS

    @property
    def fineness(self) -> tuple[int, int]:
        """Points side by side and one above another in a character cell; braille has 2 x 4."""
        return (1, 1) if self.is_ascii else (2, 4)

    @property
    def ellipsis(self) -> str:
        """What stands for words that do not fit."""
        return "..." if self.is_ascii else "…"

    @property
    def dim(self) -> Color:
        """The colour of what only frames the picture."""
        return self._behind(self.foreground or _MIDDLE)

    def color(self, index: int, *, is_faint: bool = False) -> Color:
        """Return a colour of the palette, which starts over after its last."""
        color = self.palette[index % len(self.palette)]
        return self._behind(color) if is_faint else color

    def say(self, text: str) -> str:
        """Return text that this terminal can show: one line, no control characters."""
        text = one_line(text)
        if not self.is_ascii:
            return text
        return text.translate(_ASCII).encode("ascii", "replace").decode("ascii")

    def _behind(self, color: Color) -> Color:
        """Return the colour a step towards the background; mid-grey where that is unknown."""
        r, g, b = (
            round(0.6 * part + 0.4 * behind)
            for part, behind in zip(color, self.background or _MIDDLE, strict=True)
        )
        return r, g, b

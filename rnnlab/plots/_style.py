"""How a chart looks on the terminal at hand: colours, and which characters it may use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from rnnlab.base.errors import one_line

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

Palette = tuple[Color, ...]
PALETTES: dict[str, Palette] = {
    "colour-blind": PALETTE,
    "vivid": (
        (230, 126, 34), (52, 152, 219), (46, 204, 113), (214, 69, 130), (155, 89, 182),
        (203, 67, 53), (22, 160, 133), (149, 165, 166),
    ),
    "sixteen": (
        (255, 255, 85), (85, 255, 255), (85, 255, 85), (255, 85, 255), (85, 85, 255),
        (255, 85, 85), (170, 85, 0), (170, 170, 170),
    ),
}  # fmt: skip
"""By name; `sixteen` are colours that every terminal has, so that none is moved to another."""

Glyphs = Literal["braille", "blocks", "ascii"]
"""What pictures are drawn with: 2 x 4 points a cell, 2 x 2, or one character."""

_MIDDLE: Color = (128, 128, 128)
_ASCII = str.maketrans(
    {"…": "...", "·": "-", "●": "o", "─": "-", "╌": "-", "↑": "^", "↓": "v", "⏎": "$"}
)


def to_ascii(text: str) -> str:
    """Return text for a terminal without other characters: a line end is `$`, what is left `?`."""
    return text.translate(_ASCII).encode("ascii", "replace").decode("ascii")


class Signs(NamedTuple):
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


_SIGNS = {
    "braille": Signs("⠒⠒", "⠂⠂", "⠒●", "●", "╌", "│", "┤", "└", "─", "┬"),
    "blocks": Signs("▀▀", "▘▘", "▀●", "●", "╌", "│", "┤", "└", "─", "┬"),
    "ascii": Signs("**", "..", ".o", "o", "-", "|", "+", "+", "-", "+"),
}
_FINENESS = {"braille": (2, 4), "blocks": (2, 2), "ascii": (1, 1)}


@dataclass(frozen=True, slots=True)
class DrawStyle:
    """What the terminal can show and the theme asks for."""

    glyphs: Glyphs = "braille"
    """What may be written; ascii means no accents either."""
    has_color: bool = True
    """Whether escape sequences may be written at all."""
    palette: Palette = PALETTE
    foreground: Color | None = None
    """Colour of words; None leaves the terminal's own."""
    background: Color | None = None
    """None leaves the terminal's own."""

    @property
    def is_ascii(self) -> bool:
        """Whether only ASCII may be written."""
        return self.glyphs == "ascii"

    @property
    def signs(self) -> Signs:
        """The characters to draw with."""
        return _SIGNS[self.glyphs]

    @property
    def fineness(self) -> tuple[int, int]:
        """Points side by side and one above another in a character cell."""
        return _FINENESS[self.glyphs]

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
        return to_ascii(text)

    def _behind(self, color: Color) -> Color:
        """Return the colour a step towards the background; mid-grey where that is unknown."""
        r, g, b = (
            round(0.6 * part + 0.4 * behind)
            for part, behind in zip(color, self.background or _MIDDLE, strict=True)
        )
        return r, g, b

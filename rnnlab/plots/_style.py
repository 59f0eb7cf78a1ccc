"""The style of pictures on a terminal: their colours and characters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from rnnlab.base.display import MISSING
from rnnlab.base.errors import one_line
from rnnlab.base.palettes import PALETTE, Color, Palette

Glyphs = Literal["braille", "blocks", "ascii"]
"""Characters for pictures: per cell 2 x 4 points, 2 x 2 points, or one ASCII character."""

_MIDDLE: Color = (128, 128, 128)
_ASCII = str.maketrans(
    {"…": "...", "·": "-", "●": "o", "─": "-", "╌": "-", "↑": "^", "↓": "v", "⏎": "$"}
    | {MISSING: "-"}
)


def to_ascii(text: str) -> str:
    """Return text in ASCII: `⏎` becomes `$`, and a character without a replacement becomes `?`."""
    return text.translate(_ASCII).encode("ascii", "replace").decode("ascii")


class Signs(NamedTuple):
    """The characters for the frame and the legend of a chart."""

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
LANDMARKS = ("diverged", "spike", "rollback", "resumed", "set", "best", "checkpoint")
"""Events with a sign on the x axis; where several share a column, the first of these is shown."""
_LANDMARK_SIGNS = {
    "unicode": dict(zip(LANDMARKS, "‼!↶↻∆★◆", strict=True)),
    "ascii": dict(zip(LANDMARKS, "X!<rs*c", strict=True)),
}
_FINENESS = {"braille": (2, 4), "blocks": (2, 2), "ascii": (1, 1)}


@dataclass(frozen=True, slots=True)
class DrawStyle:
    """What the terminal can show, and the colours of the theme."""

    glyphs: Glyphs = "braille"
    """Characters for pictures; `ascii` restricts all text to ASCII."""
    has_color: bool = True
    """Whether to write escape sequences for colours."""
    palette: Palette = PALETTE
    foreground: Color | None = None
    """Colour of text; None for the terminal's default."""
    background: Color | None = None
    """Colour of the background; None for the terminal's default."""

    @property
    def is_ascii(self) -> bool:
        """Whether all text is restricted to ASCII."""
        return self.glyphs == "ascii"

    @property
    def signs(self) -> Signs:
        """The characters for the frame and the legend of a chart."""
        return _SIGNS[self.glyphs]

    @property
    def landmark_signs(self) -> dict[str, str]:
        """The sign of each event on the x axis, the most important event first."""
        return _LANDMARK_SIGNS["ascii" if self.is_ascii else "unicode"]

    @property
    def fineness(self) -> tuple[int, int]:
        """Number of points per character cell, horizontally and vertically."""
        return _FINENESS[self.glyphs]

    @property
    def ellipsis(self) -> str:
        """The sign at the place where a text is truncated."""
        return "..." if self.is_ascii else "…"

    @property
    def dim(self) -> Color:
        """The colour of frames and labels."""
        return self._behind(self.foreground or _MIDDLE)

    def color(self, index: int, *, is_faint: bool = False) -> Color:
        """Return a colour of the palette; after the last one, the colours repeat."""
        color = self.palette[index % len(self.palette)]
        return self._behind(color) if is_faint else color

    def printable(self, text: str) -> str:
        """Return text that this terminal can show: one line, no control characters."""
        text = one_line(text)
        if not self.is_ascii:
            return text
        return to_ascii(text)

    def _behind(self, color: Color) -> Color:
        """Return 60 % of the colour mixed with 40 % of the background (mid-grey if unknown)."""
        r, g, b = (
            round(0.6 * part + 0.4 * behind)
            for part, behind in zip(color, self.background or _MIDDLE, strict=True)
        )
        return r, g, b

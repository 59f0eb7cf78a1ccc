"""The appearance on this terminal: theme, colours of the runs, available characters."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment
from textual.app import App
from textual.color import Color
from textual.filter import LineFilter, Monochrome, NoColor
from textual.theme import Theme

from rnnlab.base.display import is_unicode
from rnnlab.base.palettes import PALETTES, Palette
from rnnlab.base.preferences import Preferences

if TYPE_CHECKING:
    from rnnlab.plots import Glyphs

THEMES = (
    Theme(
        "dark", primary="#5aa9e6", secondary="#8a94a6", accent="#f0b429", warning="#f0b429",
        error="#ff6b6b", success="#5ac18e", foreground="#dde3ea", background="#101418",
        surface="#171d23", panel="#1f272f", dark=True,
    ),
    Theme(
        "light", primary="#0b63b0", secondary="#5b6673", accent="#a15c00", warning="#a15c00",
        error="#b3261e", success="#1b7a43", foreground="#1b2026", background="#fbfbf9",
        surface="#f1f1ee", panel="#e4e5e1", dark=False,
        variables={"surface-lighten-1": "#d4d6d1", "surface-lighten-2": "#b9bcb6"},
    ),
    Theme(
        "high-contrast", primary="#66d9ff", secondary="#ffffff", accent="#ffff00",
        warning="#ffff00", error="#ff8080", success="#80ff80", foreground="#ffffff",
        background="#000000", surface="#000000", panel="#1a1a1a", dark=True, text_alpha=1.0,
        variables={"surface-lighten-1": "#808080", "surface-lighten-2": "#a0a0a0"},
    ),
)  # fmt: skip
"""The app's themes, registered under their names."""


@dataclass(frozen=True)
class Appearance:
    """The appearance that results from the preferences and the terminal."""

    theme: str = "dark"
    series: str = "colour-blind"
    """Name of the runs' palette."""
    glyphs: Glyphs = "braille"
    has_color: bool = True

    @property
    def palette(self) -> Palette:
        """Colours of the runs."""
        return PALETTES[self.series]


def appearance_of(preferences: Preferences) -> Appearance:
    """Return the preferred appearance; the terminal determines the values that are `auto`."""
    theme, glyphs = preferences.theme, preferences.glyphs
    if theme == "auto":
        theme = "light" if _is_light(os.environ.get("COLORFGBG", "")) else "dark"
    if glyphs == "auto":
        glyphs = "braille" if _has_braille() else "ascii"
    series = "sixteen" if preferences.colors == "16" else preferences.series
    has_color = preferences.colors != "none" and not os.environ.get("NO_COLOR")
    return Appearance(theme, series, glyphs, has_color)  # type: ignore[arg-type]


def _is_light(colors: str) -> bool:
    """Return True if the background in COLORFGBG (such as "0;15") is light."""
    background = colors.rpartition(";")[2]
    return background.isdigit() and int(background) in (7, *range(9, 16))


def _has_braille() -> bool:
    """Return True if the terminal can probably show braille; the Linux console cannot."""
    encoding = getattr(sys.__stdout__, "encoding", "")
    return is_unicode(encoding) and os.environ.get("TERM") != "linux"


_ASCII = {
    **dict.fromkeys("─━═╌╍┄┅┈┉╴╶╸╺▔‾⎺⎽", "-"), **dict.fromkeys("│┃║╎╏┆┇┊┋▏▎▍▌▐▕╵╷╹╻", "|"),
    **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╯╰╔╗╚╝╠╣╦╩╬┏┓┗┛", "+"),
    **dict(zip("▁▂▃▄▅▆▇█", "_.-=+*##", strict=True)), **dict.fromkeys("▓▀▒", "="), "░": ".",
    # Each state of a run has a sign of its own.
    "◌": ".", "◔": "o", "●": "*", "‖": ":", "✓": "+", "■": "#", "✗": "x", "◆": "@",
    "…": ".", "·": "|", "•": "*", "○": "o", "→": ">", "←": "<", "↑": "^", "↓": "v",
    "⏎": "$", "∎": "~", "ø": "m", "Σ": "S", "\u2013": "-", "\u2014": "-", "\u2019": "'", "“": '"',
    "”": '"', "▶": ">", "▼": "v", "▲": "^", "⭘": "o", "\u00d7": "x",
    "▸": ">", "␣": "_", "°": " ",
}  # fmt: skip


_JOINERS = "\u200c\u200d"
"""Zero-width characters that join or separate their neighbours, as in emoji."""


def prepare_filters(app: App[None], appearance: Appearance) -> AsciiFilter:
    """Add the filters of an appearance to a new app; return the one for ASCII, to switch it."""
    ascii_filter = AsciiFilter(enabled=appearance.glyphs == "ascii")
    app._filters += [HarmlessFilter(), ascii_filter]
    if not appearance.has_color:
        app._filters = [f for f in app._filters if not isinstance(f, Monochrome)]
        app._filters.append(NoColor())
    return ascii_filter


class HarmlessFilter(LineFilter):
    """Replaces control characters in all widgets before they reach the terminal.

    The app's own texts already pass through `display.visible`. This filter is for texts of other
    widgets, such as a line that a user has pasted into a field.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments without control characters."""
        if all(segment.text.isprintable() for segment in segments):
            return segments
        return [segment._replace(text=harmless(segment.text)) for segment in segments]


def harmless(text: str) -> str:
    """Return text of the same width, with blanks in place of control characters."""
    return "".join(c if c.isprintable() or c in _JOINERS else " " * cell_len(c) for c in text)


class AsciiFilter(LineFilter):
    """Replaces every character by a similar ASCII one, or by a question mark."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments in ASCII, of the same width."""
        return [
            segment if segment.text.isascii() else segment._replace(text=to_ascii(segment.text))
            for segment in segments
        ]


def to_ascii(text: str) -> str:
    """Return text of the same width in ASCII."""
    return "".join(c if c.isascii() else _ASCII.get(c) or "?" * cell_len(c) for c in text)

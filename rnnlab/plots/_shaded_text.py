"""A text with a shade behind every token or, without colours, with marks below the tokens."""

from __future__ import annotations

from rich.cells import cell_len

from rnnlab.base.display import visible
from rnnlab.plots._figures import ShadedText
from rnnlab.plots._shade import diverging, on
from rnnlab.plots._style import DrawStyle, to_ascii
from rnnlab.plots._text import Segment, cropped, paint

_SOME, _MUCH = 0.25, 0.65
"""Smallest magnitudes for the weak and for the strong mark."""


def draw_shaded_text(text: ShadedText, width: int, height: int, style: DrawStyle) -> list[str]:
    """Return at most `height` lines; a newline is shown as `⏎` and starts a new line."""
    lines = _heading(text, width, style)
    for row in _rows(text, width, style):
        if style.has_color:
            ground = style.background
            lines.append("".join(on(token, diverging(shade, ground)) for token, shade in row))
        else:
            marks = "".join(_mark(shade) * cell_len(token) for token, shade in row).rstrip()
            lines += ["".join(token for token, _ in row), marks]
    return lines[:height]


def _heading(text: ShadedText, width: int, style: DrawStyle) -> list[str]:
    title = Segment(style.printable(text.title), style.foreground)
    if style.has_color:
        low, high = diverging(-0.8, style.background), diverging(0.8, style.background)
        signs = ((text.low, low), (text.high, high))
        legend = " ".join(on(f" {style.printable(name)} ", color) for name, color in signs)
        room = width - len(text.low) - len(text.high) - 7
        return [paint(cropped((title,), max(room, 1), style.ellipsis), style, 0) + "  " + legend]
    legend = f"marks below: + # {style.printable(text.high)}, - = {style.printable(text.low)}"
    lines = [(title,), (Segment(legend),)]
    return [paint(cropped(line, width, style.ellipsis), style, 0) for line in lines]


def _mark(shade: float) -> str:
    if abs(shade) < _SOME:
        return " "
    weak, strong = ("+", "#") if shade > 0 else ("-", "=")
    return strong if abs(shade) >= _MUCH else weak


def _rows(text: ShadedText, width: int, style: DrawStyle) -> list[list[tuple[str, float]]]:
    """Return for every line its characters and their shades, control characters made visible.

    Lines break between tokens; a token longer than a line breaks inside.
    """
    rows: list[list[tuple[str, float]]] = [[]]
    used = 0
    for token, shade in zip(text.tokens, text.shades, strict=True):
        if cell_len(token) <= width < used + cell_len(token):
            rows.append([])
            used = 0
        for character in token:
            shown = visible(character, newline="⏎")
            if style.is_ascii:
                shown = to_ascii(shown)
            size = cell_len(shown)
            if used + size > width:
                rows.append([])
                used = 0
            rows[-1].append((shown, shade))
            used += size
            if character == "\n":
                rows.append([])
                used = 0
    return [row for row in rows if row]

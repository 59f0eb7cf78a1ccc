"""A screen as text: what is read, what stands out, where the focus is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.style import Style
from textual._context import visible_screen_stack
from textual.app import App
from textual.color import Color
from textual.geometry import Region
from textual.strip import Strip

_Rgb = tuple[int, int, int]
_FAR = 40
"""Of 255."""


def strips(app: App[Any]) -> list[Strip]:
    """Return the lines of the screen as they are painted now.

    Textual has no public name for them but an export of the whole screen as SVG.
    """
    return strips_of(app, app.screen.size.region)


def strips_of(app: App[Any], place: Region) -> list[Strip]:
    """Return a part of the screen as it is painted now; the other lines are not painted."""
    rows = range(place.y, place.bottom)
    across = Region(0, place.y, app.screen.size.width, place.height)
    visible_screen_stack.set(list(app.screen_stack[:-1]))  # they shine through a dialog
    chops = app.screen._compositor._render_chops(across, rows.__contains__)
    shown = [Strip.join(parts.values()) for parts in chops[place.y : place.bottom]]
    return [strip.crop(place.x, place.right) for strip in shown]


def lines(app: App[Any]) -> list[str]:
    """Return the text of every line of the screen."""
    return [strip.text for strip in strips(app)]


def picture(app: App[Any]) -> str:
    """Return the lines of what is shown, then the focus, then every span that stands out.

    A span stands out that is in reverse or on a ground far from the theme's; its line and column
    are said. Other colours are left aside, and the tint of a pane that has the focus: the picture
    stays the same when a shade is another one.
    """
    painted = strips(app)
    shown = [strip.text.rstrip() for strip in painted]
    standing_out = [
        f"{row:>3},{column:<3} {text.rstrip()}"
        for row, strip in enumerate(painted)
        for column, text in _standing_out(app, strip)
        if not text.isspace()
    ]
    return "\n".join([*shown, "", f"focus: {_focus(app)}", "standing out:", *standing_out, ""])


def _focus(app: App[Any]) -> str:
    focused = app.screen.focused
    if focused is None:
        return "nowhere"
    at = focused.region
    where = f"{at.width}x{at.height} at {at.y},{at.x}"
    return f"{type(focused).__name__}{'#' + focused.id if focused.id else ''} {where}"


def _standing_out(app: App[Any], strip: Strip) -> Iterator[tuple[int, str]]:
    """Give column and text of every stretch of a line that stands out."""
    grounds = _grounds(app)
    column, begun, text = 0, 0, ""
    for segment in strip:
        if _stands_out(segment.style, grounds):
            begun = begun if text else column
            text += segment.text
        elif text:
            yield begun, text
            text = ""
        column += segment.cell_length
    if text:
        yield begun, text


def _stands_out(style: Style | None, grounds: Sequence[_Rgb]) -> bool:
    if style is None or style.bgcolor is None:
        return style is not None and bool(style.reverse)
    is_far = all(distance(style.bgcolor.get_truecolor(), ground) > _FAR for ground in grounds)
    return bool(style.reverse) or is_far


def distance(one: _Rgb, other: _Rgb) -> int:
    """Return the difference in the colour that differs most."""
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


def _grounds(app: App[Any]) -> list[_Rgb]:
    """Return the grounds of the theme, on which most text stands."""
    theme = app.current_theme
    grounds = (theme.background, theme.surface, theme.panel)
    return [Color.parse(ground).rgb for ground in grounds if ground is not None]

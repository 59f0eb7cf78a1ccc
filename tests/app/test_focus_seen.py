"""Wherever the focus is, it can be seen: in every theme, and without colours in ASCII."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import pytest
from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.geometry import Region
from textual.pilot import Pilot
from textual.widget import Widget

from rnnlab.base.preferences import Preferences
from rnnlab.tui.app import LabApp
from rnnlab.tui.messages import PreferencesChanged
from rnnlab.tui.shell.screen_registry import entries
from tests.toys.app_lab import home, until
from tests.toys.fixed_lab import SCENES, OpenFixed
from tests.toys.picture import distance, strips_of

LOOKS = {
    "in every theme": [Preferences(theme=theme) for theme in ("dark", "light", "high-contrast")],
    "in ascii without colours": [Preferences(theme="dark", glyphs="ascii", colors="none")],
}
"""Looks by the lab that can have them, one after the other: colours are chosen at its start."""
_SEEN = 48
"""Difference of two shades, of 255, that nobody misses."""


@pytest.mark.timeout(400)  # a place of every kind, painted twice in every look
@pytest.mark.parametrize("looks", LOOKS.values(), ids=LOOKS)
async def test_the_focus_is_seen_wherever_it_is(
    looks: Sequence[Preferences], open_fixed: OpenFixed
) -> None:
    app = open_fixed(looks[0])
    unseen: list[str] = []
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: home(app).table.row_count)
        await pilot.press(*SCENES["lab"].keys)
        kinds: set[object] = set()
        for entry in entries():
            if app.page.entry_name != entry.name:
                await pilot.press(*entry.opening_keys)
                await until(pilot, lambda entry=entry: app.page.entry_name == entry.name)  # type: ignore[misc]
            await painted(app)
            new = one_of_each_kind(app.page.focus_chain, kinds)
            for look in looks if new else ():
                await wear(pilot, app, look)
                unseen += [
                    f"{entry.name}, {look.theme}: {widget!r}"
                    for widget in await unseen_of(app, new)
                ]
            looks = looks[::-1]  # the next screen comes in the present look
    assert not unseen


async def wear(pilot: Pilot[None], app: LabApp, look: Preferences) -> None:
    """Change the looks as the screen of settings does, but for this lab alone."""
    if app.state.preferences != look:
        app.state.prefer(look)
        app.page.post_message(PreferencesChanged())
        await until(pilot, lambda: app.theme == look.theme)
    await painted(app)


def one_of_each_kind(widgets: Iterable[Widget], kinds: set[object]) -> list[Widget]:
    """Return a widget of each kind and parent not known yet: screens share them, forms have many.

    Ids that begin alike (`field-layers`, `field-lr`) are those of rows that are made in a loop.
    """
    new: list[Widget] = []
    for widget in widgets:
        within = type(widget.parent)
        kind = within, type(widget), widget.classes, (widget.id or "").partition("-")[0]
        if kind not in kinds:
            kinds.add(kind)
            new.append(widget)
    return new


async def unseen_of(app: LabApp, widgets: Sequence[Widget]) -> list[Widget]:
    """Return the widgets whose place looks the same with the focus as without.

    Most show the focus in their first line; the others are looked at as a whole. The focus goes
    from one to the next; where that moves the one or changes the look of its place, it is taken
    away from all.
    """
    unclear: list[Widget] = []
    for widget, following in pairwise([*widgets, None]):
        assert widget is not None
        if app.screen.focused is not widget:
            await focus(app, widget)
        place = widget.region
        focused = cells(app, first_line(place))
        await focus(app, following)
        if following and (widget.region != place or place.overlaps(following.region)):
            await focus(app, None)
        if not any(map(differ, focused, cells(app, first_line(place)))):
            unclear.append(widget)
    unseen: list[Widget] = []
    for widget in unclear:
        await focus(app, widget)
        place = widget.region
        focused = cells(app, place)
        await focus(app, None)
        if not any(map(differ, focused, cells(app, place))):
            unseen.append(widget)
    return unseen


def first_line(place: Region) -> Region:
    """Return the first line of a part of the screen."""
    return place.crop_size((place.width, 1))


async def focus(app: LabApp, widget: Widget | None) -> None:
    """Give a widget the focus, or none, and wait until that is painted."""
    app.screen.set_focus(widget)
    await painted(app)


async def painted(app: App[Any]) -> None:
    """Wait until the screen has taken on its styles and was painted with them."""
    is_painted = asyncio.Event()
    app.screen.call_after_refresh(is_painted.set)
    await is_painted.wait()


def cells(app: App[Any], place: Region) -> list[Segment]:
    """Return what is shown in a part of the screen, a segment a letter."""
    return [
        Segment(letter, segment.style)
        for strip in strips_of(app, place)
        for segment in strip
        for letter in segment.text
    ]


def differ(one: Segment, other: Segment) -> bool:
    """Tell whether two letters cannot be taken for each other."""
    a, b = one.style or Style(), other.style or Style()
    if one.text != other.text or (a.reverse, a.underline) != (b.reverse, b.underline):
        return True
    shades = [(a.color, b.color), (a.bgcolor, b.bgcolor)]
    return any(
        distance(x.get_truecolor(), y.get_truecolor()) > _SEEN
        for x, y in shades
        if x is not None and y is not None
    )

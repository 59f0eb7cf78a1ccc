"""Every action of every table is done by its key, and what it is for comes of it.

`effects.py` says what: an action that has no row there fails the test.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Input, TextArea

from rnnlab.corpora import CorpusDescription
from rnnlab.runs.queue import Queue
from rnnlab.tui.app import LabApp
from rnnlab.tui.everywhere import EVERYWHERE, SCREENS
from rnnlab.tui.screens.lab import LabScreen
from rnnlab.tui.shell.actions import Action, Group
from rnnlab.tui.shell.screen import HOME
from rnnlab.tui.shell.screen_factory import make_screen
from rnnlab.tui.shell.screen_registry import entries, entry
from tests.app.effects import EFFECTS, Effect, World
from tests.toys import fixed_lab
from tests.toys.app_lab import home, until
from tests.toys.fixed_lab import CORPORA, SCENES, OpenFixed


@pytest.fixture
def world(open_fixed: OpenFixed, said: list[str]) -> World:
    """A lab that starts no process, with two runs in the queue."""

    def described(_data: object) -> list[CorpusDescription]:
        lab.num_lists += 1
        return [*CORPORA]

    def edited(_app: object, text: str) -> str:
        return f"{text}!"

    # The machine is read at every poll: the chart of its load needs two readings.
    outside = replace(
        fixed_lab.WORLD, describe_corpora=described, edit=edited, machine_every_s=-1.0
    )
    lab = World(open_fixed(outside=outside), said)
    queue = Queue(lab.app.state.store.root)
    for name in ("waiting", "running-lstm"):  # both are locked, as by workers
        queue.join(name, "cpu")
    return lab


def own_groups(name: str, world: World) -> list[Group[Any]]:
    """Return a screen's groups; those that go from everywhere are pressed at home."""
    groups = make_screen(name, world.app.state).GROUPS
    return [one for one in groups if name == HOME or one not in (SCREENS, EVERYWHERE)]


def presses(name: str, world: World) -> list[tuple[Group[Any], Action[Any]]]:
    """Return the actions to press on a screen, each with its group.

    The action of an earlier screen, with the same effect there, is the same function of the charts,
    the candidates or the chosen run of a screen. One action of each group proves that this screen
    has them and that the group's keys go to it; the rest is pressed on the earlier screen. `show`
    presses the keys that open the screens with actions of their own.
    """
    known = {
        (action.do, id(EFFECTS[earlier][action.name]))
        for earlier in itertools.takewhile(lambda one: one != name, EFFECTS)
        for group in own_groups(earlier, world)
        for action in group.actions
    }
    opened_by = {one.opening_keys for one in entries() if one.name in EFFECTS and one.name != HOME}
    chosen: list[tuple[Group[Any], Action[Any]]] = []
    for group in own_groups(name, world):
        new = [
            one
            for one in group.actions
            if (one.do, id(EFFECTS[name][one.name])) not in known and one.keys[:1] not in opened_by
        ]
        named = [one for one in group.actions if one.name in STANDS_FOR_GROUP]
        chosen += [(group, action) for action in new or named[:1] or group.actions[:1]]
    return chosen


STANDS_FOR_GROUP = ("edit", "letters", "look")
"""Actions of repeated groups that are pressed instead of the first one: they open no screen, and
the pages of the candidates need their letters."""


@pytest.mark.timeout(400)  # a few dozen keys, each of which draws a screen
@pytest.mark.parametrize("name", [one.name for one in entries()])
async def test_every_key_does_what_it_is_for(name: str, world: World) -> None:
    assert make_screen(name, world.app.state).GROUPS[-2:] == (SCREENS, EVERYWHERE)
    groups = own_groups(name, world)
    named = {action.name for group in groups for action in group.actions}
    assert named == EFFECTS.get(name, {}).keys(), "every action has a row, and every row an action"
    if not groups:
        return  # `test_screens.py` opens every screen
    async with world.app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: home(world.app).table.row_count)
        await show(pilot, world, name)
        for group, action in presses(name, world):
            await press(pilot, world, name, group, action)


async def press(
    pilot: Pilot[None], world: World, name: str, group: Group[Any], action: Action[Any]
) -> None:
    """Press an action's key with the right focus, and wait for its effect."""
    effect = EFFECTS[name][action.name]
    await begin(pilot, world, name, group, effect)
    await pilot.press(*effect.before)
    if not effect.is_ready(effect.seen(world)):  # `until` costs more than most keys
        try:
            await until(pilot, lambda: effect.is_ready(effect.seen(world)))
        except TimeoutError:
            pytest.fail(f"{action.name} of {name} is not ready: {effect.seen(world)!r}")
    was = effect.seen(world)
    if action.keys:
        await pilot.press(action.keys[0])
    else:
        world.page.action_do(action.name)  # as from the palette
    try:
        await until(pilot, lambda: effect.has_come(was, effect.seen(world)), seconds=20)
    except TimeoutError:
        pytest.fail(f"{action.name} of {name}: {was!r} has become {effect.seen(world)!r}")
    await pilot.press(*effect.after)


async def begin(
    pilot: Pilot[None], world: World, name: str, group: Group[Any], effect: Effect
) -> None:
    """Leave dialogs and other screens, choose the run, put the focus where the group's keys go."""
    app = world.app
    while app.screen is not app.page:
        await pilot.press("escape")
    if app.page.entry_name != name:
        await pilot.press(*entry(name).opening_keys)
        await until(pilot, lambda: app.page.entry_name == name)
    page = app.page
    if app.state.chosen_name != effect.run:
        app.state.chosen_name = effect.run
        if isinstance(page, LabScreen):
            page.table.expect(effect.run)
            page.table.show()
    is_resized = any(page.panes.sizes.by_class.values())
    if page.PANES and (page.panes.alone is not None or page.panes.chosen or is_resized):
        page.panes.reset()
        await pilot.pause()
    if widget_for(app, group) is None:
        await until(pilot, lambda: widget_for(app, group) is not None)
    if page.focused is not widget_for(app, group):
        page.set_focus(widget_for(app, group))
        await pilot.pause()


async def show(pilot: Pilot[None], world: World, name: str) -> None:
    """Start a screen's data."""
    await pilot.press(*entry(name).opening_keys)
    await until(pilot, lambda: world.page.entry_name == name)
    if name in SCENES:
        keys = SCENES[name].keys
        await pilot.press(*keys[0 if name == HOME else len(entry(name).opening_keys) :])


def widget_for(app: LabApp, group: Group[Any]) -> Widget | None:
    """Return a widget in which a group's keys go: in a text field letters are text."""
    if app.page.IS_FORM:
        return app.page.query("#field-cell").first(Input)
    for widget in app.page.focus_chain:
        is_in_pane = any(
            one.id == group.pane or one.has_class(group.pane) for one in widget.ancestors_with_self
        )
        if not isinstance(widget, Input | TextArea) and (is_in_pane or not group.pane):
            return widget
    return None

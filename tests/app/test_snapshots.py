"""What every screen and dialog looks like, line by line, at two sizes.

`pytest -n 0 tests/app/test_snapshots.py --snapshot-update` writes the pictures anew; the diff of
the commit shows what has changed on the screen. Runs, answers, machine and clock never differ.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from textual.geometry import Size
from textual.pilot import Pilot

from rnnlab.tui.app import LabApp
from rnnlab.tui.screens.lab import LabScreen
from rnnlab.tui.shell.screen_registry import entries
from tests.toys.app_lab import Clock, home, until
from tests.toys.fixed_lab import SCENES, Scene, settled
from tests.toys.painted_at_rest import shows

SIZES = ((80, 24), (120, 40))


DIALOGS = {
    "help": Scene(("f1",), "Keys"),
    "decoders": Scene(("f9",), "Decoders"),
    "filter": Scene(("slash",), "Filter the runs"),
    "edit": Scene(("E",), "Edit running-lstm"),
    "quit": Scene(("q",), "Leave running"),
    "add-corpus": Scene(("f11", "A"), "Add a corpus"),
}
ALL = {one.name: SCENES.get(one.name, Scene(one.opening_keys)) for one in entries()} | DIALOGS
LISTS_OF_HELP = ("new-run", "decoders")
"""Scenes in which the focused row's help is shown in full below the rows."""
_BORDERS = " │╮╯─▁▂▃▄▅▆▇█"
READERS = ("timeline", "inspect", "new-run", "system", "corpora", "settings", *DIALOGS)
"""Scenes without text input, which leave the lab unchanged: drawn in one lab."""
IN_ONE_LAB = {"readers": READERS, **{name: (name,) for name in ALL if name not in READERS}}


class TextFile(SingleFileSnapshotExtension):
    """A picture is a text file, so that a diff can be read."""

    _write_mode = WriteMode.TEXT
    file_extension = "txt"


@pytest.mark.timeout(400)  # a dozen screens and dialogs, each at two sizes
@pytest.mark.parametrize("names", IN_ONE_LAB.values(), ids=IN_ONE_LAB)
async def test_pictures(
    names: tuple[str, ...], opened: LabApp, clock: Clock, snapshot: SnapshotAssertion
) -> None:
    shown = {}
    async with opened.run_test(size=SIZES[0]) as pilot:
        await until(pilot, lambda: home(opened).table.row_count)
        await settled(pilot, opened, clock)
        sizes = SIZES
        for name in names:
            await bring(pilot, opened, clock, ALL[name])
            for width, height in sizes:
                if (width, height) != tuple(opened.size):
                    await pilot.resize_terminal(width, height)
                    await until(pilot, has_size(opened, Size(width, height)))
                shown[f"{name}][{width}x{height}"] = await settled(pilot, opened, clock)
            sizes = sizes[::-1]  # the next scene begins at the current size
            if name != names[-1]:
                await go_home(pilot, opened)
    for size, text in shown.items():
        lines = text.splitlines()[: 24 if "80x24" in size else 40]
        cut = [line for line in lines if line.rstrip(_BORDERS).endswith("…")]
        assert not cut or size.partition("]")[0] in LISTS_OF_HELP, f"no room in 80 columns: {cut}"
        assert text == snapshot(name=size, extension_class=TextFile)


def has_size(app: LabApp, size: Size) -> Callable[[], bool]:
    """Return a condition: the screen that is shown has been laid out at a size."""
    return lambda: app.screen.size == size


async def bring(pilot: Pilot[None], app: LabApp, clock: Clock, scene: Scene) -> None:
    """Press a scene's keys, each after the previous one has been processed."""
    *first, last = scene.keys
    for key in first:
        await pilot.press(key)
        if len(key) > 1:
            await settled(pilot, app, clock)
    await pilot.press(last)
    await until(pilot, shows(app, scene.shows))


async def go_home(pilot: Pilot[None], app: LabApp) -> None:
    """Leave dialogs and screens, until the list of runs has the focus again."""
    while app.screen is not app.page:
        await pilot.press("escape")
    await pilot.press("f2")
    await until(pilot, lambda: isinstance(app.page, LabScreen))
    home(app).set_focus(home(app).table)

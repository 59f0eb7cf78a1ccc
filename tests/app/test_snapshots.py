"""What every screen and dialog looks like, line by line, at two sizes.

`pytest -n 0 tests/app/test_snapshots.py --snapshot-update` writes the pictures anew; the diff of
the commit shows what has changed on the screen. Runs, answers, machine and clock never differ.
"""

from __future__ import annotations

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from rnnlab.tui.app import LabApp
from rnnlab.tui.shell.screen_registry import entries
from tests.toys.app_lab import Clock, home, until
from tests.toys.fixed_lab import SCENES, Scene, settled
from tests.toys.picture import picture

SIZES = ((80, 24), (120, 40))


DIALOGS = {
    "help": Scene(("f1",), "Keys"),
    "decoders": Scene(("f9",), "Decoders"),
    "filter": Scene(("slash",), "Filter the runs"),
    "delete": Scene(("delete",), "Delete it"),
    "quit": Scene(("q",), "Leave running"),
    "add-corpus": Scene(("f11", "a"), "Add a corpus"),
}
ALL = {one.name: SCENES.get(one.name, Scene((one.key,))) for one in entries()} | DIALOGS


class TextFile(SingleFileSnapshotExtension):
    """A picture is a text file, so that a diff can be read."""

    _write_mode = WriteMode.TEXT
    file_extension = "txt"


@pytest.mark.parametrize("name", ALL)
async def test_picture(
    name: str, opened: LabApp, clock: Clock, snapshot: SnapshotAssertion
) -> None:
    shown = {}
    async with opened.run_test(size=SIZES[0]) as pilot:
        await until(pilot, lambda: home(opened).table.row_count)
        await settled(pilot, opened, clock)
        for key in ALL[name].keys:
            await pilot.press(key)
            if len(key) > 1:
                await settled(pilot, opened, clock)
        await until(pilot, lambda: ALL[name].shows in picture(opened))
        for width, height in SIZES:
            await pilot.resize_terminal(width, height)
            shown[f"{width}x{height}"] = await settled(pilot, opened, clock)
    for size, text in shown.items():
        assert text == snapshot(name=size, extension_class=TextFile)

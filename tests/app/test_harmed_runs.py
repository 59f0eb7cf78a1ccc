"""The lab over run folders in which somebody has put pipes: it shows them as damaged, and quits."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from rnnlab.tui.shell.screen_registry import entry
from tests.toys.app_lab import home, until
from tests.toys.painted_at_rest import shows

if TYPE_CHECKING:
    from rnnlab.tui.app import LabApp
    from tests.toys.app_lab import Lab


async def test_pipes_in_a_run_folder_keep_no_key_waiting(lab: Lab, app: LabApp) -> None:
    lab.add("alpha")
    paths = lab.add("beta").paths
    for file in (
        paths.status, paths.journal, paths.samples, paths.log, paths.notes, paths.vocabulary,
        paths.origin, paths.workers, paths.lock, paths.pointer("last"), paths.pointer("best"),
        paths.weights(40),
    ):  # fmt: skip
        file.unlink(missing_ok=True)
        os.mkfifo(file)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: home(app).table.row_count == 2)
        home(app).table.choose("beta")
        await until(pilot, shows(app, "beta lost: its status.json is not a regular file"))
        for name in ("run", "timeline", "tokens", "lab"):
            await pilot.press(*entry(name).opening_keys)
            await until(pilot, lambda name=name: app.page.entry_name == name)  # type: ignore[misc]
        await pilot.press("q")
        await until(pilot, lambda: not app.is_running)

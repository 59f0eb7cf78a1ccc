"""Take the pictures of the README: `python docs/screenshots.py` writes `docs/*.svg`.

A real run is trained on the shipped corpus in a temporary folder, prompted while it trains, and the
app exports what it shows.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Input

from rnnlab.runs import steer
from rnnlab.runs.store import RunStore
from rnnlab.start import resolve, start_run
from rnnlab.tui.app import LabApp

_HERE = Path(__file__).resolve().parent
_SETTINGS = {
    "corpus": "stump",
    "hidden": 96,
    "batch": 32,
    "lr": 0.005,
    "log_every": 5,
    "minutes": 5,
}


async def take(folder: Path) -> None:
    """Train two runs, prompt one of them, and export the screen at three sizes."""
    os.chdir(folder)  # so that the pictures show the usual name of the folder of runs
    store = RunStore.default()
    runs = [
        start_run(resolve({**_SETTINGS, "cell": cell}), store, f"stump-{cell}")
        for cell in ("gru", "lstm")
    ]
    try:
        app = LabApp(store)
        async with app.run_test(size=(120, 40)) as pilot:
            await _until(pilot, lambda: (runs[1].status().best_step or 0) > 0, "a validation")
            await pilot.press("down") if _chosen(app) != "stump-lstm" else None
            await pilot.press("enter")
            app.screen.query_one("#decoders", Input).value = "greedy nucleus:p=0.9 beam:k=3"
            await pilot.press(*"The mayor ")
            await pilot.press("enter")
            status = app.screen.query_one("#prompt-status")
            await _until(pilot, lambda: "done" in str(status.render()), "an answer")
            for width, height in ((120, 40), (80, 24), (200, 50)):
                await pilot.resize_terminal(width, height)
                await pilot.pause(1.0)
                picture = _HERE / f"lab-{width}x{height}.svg"
                picture.write_text(app.export_screenshot(title="rnnlab"), encoding="utf-8")
    finally:
        for run in runs:
            steer.stop(run)
        while any(run.is_alive() for run in runs):
            await asyncio.sleep(0.1)


def _chosen(app: LabApp) -> str:
    chosen = app.lab.table.chosen
    return chosen.name if chosen else ""


async def _until(pilot: Pilot[None], condition: object, what: str) -> None:
    assert callable(condition)
    for _ in range(1200):
        if condition():
            return
        await pilot.pause(0.1)
    raise SystemExit(f"waited two minutes for {what}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        asyncio.run(take(Path(name)))

"""Take the pictures: `python docs/screenshots.py` writes the pictures of the documents to `docs/`.

`python docs/screenshots.py --tour FOLDER` takes every screen at 50x15, 80x24, 120x40 and 200x50 for
inspection, dark, light, without colours and in ASCII: with dialogs, a lost run, and a lab without
runs, each as SVG and as text. `--only NAME...` takes some of these pictures, `--look NAME...` some
of the looks. Two real runs are trained on the shipped corpus in a temporary folder and prompted
during training; the app exports its own screen.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from textual.pilot import Pilot
from textual.widgets import Input

from rnnlab.base.preferences import Preferences
from rnnlab.runs import control
from rnnlab.runs.run import Run
from rnnlab.runs.store import RunStore
from rnnlab.submit import checked_config, start_run
from rnnlab.tui.app import LabApp
from rnnlab.tui.inspect.views import view_names
from rnnlab.tui.shell.picture import take_picture
from rnnlab.tui.shell.screen_registry import entries

_HERE = Path(__file__).resolve().parent
_README_SIZES = ((80, 24), (120, 40), (200, 50))
_TOUR_SIZES = ((50, 15), *_README_SIZES)
_PREFERENCES = Preferences(theme="dark", glyphs="braille")
_LOOKS = {
    "dark": _PREFERENCES,
    "light": Preferences(theme="light", glyphs="braille"),
    "no-colour": Preferences(theme="dark", glyphs="braille", colors="none"),
    "ascii": Preferences(theme="dark", glyphs="ascii"),
}
_SETTINGS = {
    "corpus": "stump", "hidden": 96, "batch": 32, "lr": 0.005, "log_every": 5, "threads": 1,
}  # fmt: skip
_SLOWER = {"hidden": 24, "lr": 0.001}
"""Settings of the second run, which keep its curves apart from those of the first."""


class Scene(NamedTuple):
    """The key presses on the home screen that lead to a picture."""

    name: str
    keys: tuple[str, ...]
    wait_s: float = 2.5
    run: str = "stump-lstm"
    """The chosen run."""
    then: tuple[str, ...] = ()
    """Key presses after the wait."""
    view: str = ""
    """The view to choose on the inspect screen after the keys; empty for the current one."""


_SCREENS = tuple(Scene(entry.name, entry.opening_keys) for entry in entries())
_MORE = (
    Scene("help", ("f1",)),
    Scene("quit", ("q",)),
    Scene("filter", ("slash", *"lstm")),
    Scene("edit", ("E",)),
    Scene("decoders", ("f3", "f9")),
    Scene("tree", ("f4", "b")),
    Scene("compare-texts", ("f8", "enter"), 8.0),
    Scene("list", ("n", "enter")),
    Scene("new-run-fault", ("n", *"stump", "tab", "tab", "tab", *"lstn", "tab", *"x")),
    Scene("corpora-fetch", ("f11",), 6.0, then=("ctrl+end",)),
    Scene("corpora-add", ("f11", "A")),
    *(Scene(f"inspect-{name}", ("f7",), 8.0, view=name) for name in view_names()[1:]),
    Scene("timeline-shipped", ("f6",), run="starter"),
)
_LOST = (Scene("lost", (), run="stump-rnn"), Scene("lost-prompt", ("f3",), run="stump-rnn"))
_WITHOUT_RUNS = (
    Scene("empty", (), run=""),
    Scene("empty-prompt", ("f3",), run=""),
    Scene("empty-system", ("f10",), run=""),
)


async def take(
    folder: Path, tour: Path | None, only: Collection[str], looks: Collection[str]
) -> None:
    """Train two runs, queue a third one, and take the pictures."""
    os.chdir(folder)  # so that the pictures show the usual name of the folder of runs
    os.environ["RNNLAB_SLOTS"] = "1"
    store = RunStore.default()
    runs = [
        start_run(
            checked_config({**_SETTINGS, "cell": cell, "minutes": 60 if tour else 12, **own}),
            store,
            f"stump-{cell}",
            is_queued=cell == "rnn",
        )
        for cell, own in {"gru": _SLOWER, "lstm": {}, "rnn": {}}.items()
    ]
    try:
        for look in _LOOKS if tour else ("dark",):
            if looks and look not in looks:
                continue
            async with _lab(store, look) as (app, pilot):
                await _until(pilot, lambda: (runs[1].status().best_step or 0) > 0, "a validation")
                app.state.selected = ("stump-gru",)
                await _prompt(pilot, app)
                if tour is None:
                    await _readme(pilot, app)
                else:
                    await _tour(pilot, app, tour / look, _chosen(_SCREENS + _MORE, only))
        if tour is not None:
            _kill(runs[2])
            for look in looks or _LOOKS:
                async with _lab(store, look) as (app, pilot):
                    await _until(pilot, lambda app=app: _is_lost(app, runs[2]), "a lost run")
                    await _tour(pilot, app, tour / look, _chosen(_LOST, only))
                async with _lab(RunStore(folder / "nothing"), look) as (app, pilot):
                    await _tour(pilot, app, tour / look, _chosen(_WITHOUT_RUNS, only))
    finally:
        for run in runs:
            if run.is_alive():
                control.stop(run)
        while any(run.is_alive() for run in runs):
            await asyncio.sleep(0.1)


@asynccontextmanager
async def _lab(store: RunStore, look: str) -> AsyncIterator[tuple[LabApp, Pilot[None]]]:
    """Open a headless lab with the preferences of a look."""
    preferences = _LOOKS[look]
    if preferences.colors == "none":
        os.environ["NO_COLOR"] = "1"
    else:
        os.environ.pop("NO_COLOR", None)
    app = LabApp(store, preferences=preferences)
    async with app.run_test(size=(120, 40)) as pilot:
        yield app, pilot


async def _prompt(pilot: Pilot[None], app: LabApp) -> None:
    """Prompt a run with three decoders and wait for the answers."""
    while app.state.chosen_name != "stump-lstm":
        await pilot.press("down")
        await pilot.pause(0.3)
    await pilot.press("i")
    app.screen.query_one("#decoders", Input).value = "greedy nucleus:p=0.9 beam:k=5"
    await pilot.press(*"The mayor ")
    await pilot.press("enter")
    await _until(pilot, lambda: app.page.is_task_running, "a request")
    await _until(pilot, lambda: not app.page.is_task_running, "an answer")


async def _readme(pilot: Pilot[None], app: LabApp) -> None:
    """Take the home screen at three sizes, and the comparison."""
    for size in _README_SIZES:
        await _picture(pilot, app, size, _HERE / f"lab-{size[0]}x{size[1]}.svg")
    await pilot.press("escape", "escape", "f8")
    await pilot.pause(2.0)
    await pilot.press("enter")
    await pilot.pause(8.0)
    await _picture(pilot, app, (120, 40), _HERE / "compare-120x40.svg")


def _chosen(scenes: tuple[Scene, ...], only: Collection[str]) -> tuple[Scene, ...]:
    return tuple(scene for scene in scenes if not only or scene.name in only)


async def _tour(pilot: Pilot[None], app: LabApp, folder: Path, scenes: tuple[Scene, ...]) -> None:
    """Take scenes at every size."""
    folder.mkdir(parents=True, exist_ok=True)
    for scene in scenes:
        await pilot.resize_terminal(120, 40)
        await pilot.press("escape", "escape", "escape", "f10")
        app.state.chosen_name = scene.run or None  # opening home selects it
        await pilot.press("f2")
        await pilot.pause(0.5)
        await pilot.press(*scene.keys)
        if scene.view:
            await pilot.pause(0.5)
            app.page.action_do(f"view-{scene.view}")
        await pilot.pause(scene.wait_s)
        await pilot.press(*scene.then)
        for size in _TOUR_SIZES:
            await _picture(pilot, app, size, folder / f"{scene.name}-{size[0]}x{size[1]}.svg")
        if not app.is_running:
            raise SystemExit(f"the lab has ended in the scene {scene.name}")


def _kill(run: Run) -> None:
    """Kill a run's worker, so that the run is lost."""
    os.kill(run.status().pid, signal.SIGKILL)


def _is_lost(app: LabApp, run: Run) -> bool:
    summary = app.state.summaries.get(run.name)
    return summary is not None and summary.state == "lost"


async def _picture(pilot: Pilot[None], app: LabApp, size: tuple[int, int], file: Path) -> None:
    await pilot.resize_terminal(*size)
    await pilot.pause(1.0)
    picture = take_picture(app)
    file.write_text(picture.svg, encoding="utf-8")
    if file.parent != _HERE:
        file.with_suffix(".txt").write_text(picture.text, encoding="utf-8")


async def _until(pilot: Pilot[None], condition: Callable[[], object], what: str) -> None:
    for _ in range(1200):
        if condition():
            return
        await pilot.pause(0.1)
    raise SystemExit(f"waited two minutes for {what}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tour", type=Path, help="Folder for pictures of every screen.")
    parser.add_argument("--only", nargs="+", default=(), help="Names of pictures of the tour.")
    parser.add_argument("--look", nargs="+", default=(), choices=_LOOKS, help="Looks of the tour.")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        tour = arguments.tour.resolve() if arguments.tour else None
        asyncio.run(take(Path(name), tour, arguments.only, arguments.look))

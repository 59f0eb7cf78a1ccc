"""The first frame, and that the lab takes its place."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import pytest
from textual import events
from textual.css.stylesheet import Stylesheet

from rnnlab.preferences import Preferences
from rnnlab.tui import asking_app
from rnnlab.tui.app import LabApp
from rnnlab.tui.screens.lab import LabScreen
from rnnlab.tui.shell.dialogs.help import HelpScreen
from rnnlab.tui.shell.outline import HOME_PANES, Outline
from rnnlab.tui.shell.panes import OFF
from rnnlab.tui.view_state import ViewState, save_view
from tests.toys.app_lab import home, until
from tests.toys.fake_generator import FakeGenerator

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from textual.geometry import Region

    from tests.toys.app_lab import Lab

Outlined = list[dict[str, "Region | None"]]


@pytest.fixture(autouse=True)
def collecting(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Begin as the command line does, without a look for garbage; leave nothing for good."""
    monkeypatch.setattr(asking_app, "Generator", FakeGenerator)
    gc.disable()
    yield
    gc.enable()
    gc.unfreeze()


@pytest.fixture
def outlined(monkeypatch: pytest.MonkeyPatch) -> Outlined:
    """Where the panes stood in each outline, noted when it was on the screen."""
    seen: Outlined = []
    furnish = LabApp._furnish

    def note_and_furnish(app: LabApp) -> None:
        assert isinstance(app.screen, Outline)
        seen.append(places(app))
        furnish(app)

    monkeypatch.setattr(LabApp, "_furnish", note_and_furnish)
    return seen


def places(app: LabApp) -> dict[str, Region | None]:
    """Return where each pane stands, None for one that does not."""
    panes = [app.screen.query_one(f"#{pane.id}") for pane in HOME_PANES]
    return {str(pane.id): None if pane.has_class(OFF) else pane.region for pane in panes}


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
async def test_the_home_screen_stands_where_its_outline_did(
    lab: Lab, outlined: Outlined, size: tuple[int, int]
) -> None:
    lab.add("alpha")
    app = LabApp(lab.store, has_outline=True)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: outlined and isinstance(app.screen, LabScreen))
        await until(pilot, lambda: home(app).is_mounted and home(app).table.row_count == 1)
        await until(pilot, lambda: places(app) == outlined[0])
        assert home(app).table.has_focus
        assert gc.isenabled()


async def test_what_is_pressed_before_the_lab_is_there_is_for_the_lab(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    furnish = LabApp._furnish

    def press_and_furnish(app: LabApp) -> None:
        assert app._keys.holds(events.Key("question_mark", "?"))
        furnish(app)

    monkeypatch.setattr(LabApp, "_furnish", press_and_furnish)
    app = LabApp(lab.store, has_outline=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))


async def test_the_outline_leaves_out_what_was_hidden(
    lab: Lab, outlined: Outlined, tmp_path: Path
) -> None:
    file = tmp_path / "view.json"
    save_view(ViewState(panes={"lab": {"plots": False}}), file)
    app = LabApp(lab.store, view_file=file, has_outline=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: outlined)
        assert [name for name, place in outlined[0].items() if place is None] == [
            "plots",
            "details",
        ]


async def test_the_styles_are_parsed_once_in_the_theme_that_is_preferred(
    lab: Lab, outlined: Outlined, monkeypatch: pytest.MonkeyPatch
) -> None:
    num_again = 0
    reparse = Stylesheet.reparse

    def counted(sheet: Stylesheet) -> None:
        nonlocal num_again
        num_again += 1
        reparse(sheet)

    monkeypatch.setattr(Stylesheet, "reparse", counted)
    app = LabApp(lab.store, preferences=Preferences(theme="light"), has_outline=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: outlined and isinstance(app.screen, LabScreen))
        assert num_again == 0
        light = app.get_theme("light")
        assert light is not None
        assert home(app).plots.styles.background.hex.lower() == light.background

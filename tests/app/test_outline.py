"""The outline, which is the first frame, and its replacement by the home screen."""

from __future__ import annotations

import gc
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from textual.css.stylesheet import Stylesheet

from rnnlab.base.preferences import Preferences
from rnnlab.tui.outside.polling import RunPoller
from rnnlab.tui.runs.table import RunsTable
from rnnlab.tui.screens.lab import LabScreen
from rnnlab.tui.shell.dialogs.help import HelpScreen
from rnnlab.tui.shell.outline import HOME_PANES, Outline
from rnnlab.tui.shell.panes import OFF
from rnnlab.tui.state.view_state import ViewState, save_view
from tests.toys.app_lab import WORLD, burst, home, until
from tests.toys.fake_generator import FakeGenerator

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path

    from textual.geometry import Region
    from textual.message import Message
    from textual.screen import Screen

    from rnnlab.runs.store import RunStore
    from rnnlab.tui.app import LabApp
    from rnnlab.tui.outside.polling import RunsRead
    from tests.toys.app_lab import Lab, OpenLab

Places = dict[str, "Region | None"]


@pytest.fixture(autouse=True)
def collecting() -> Iterator[None]:
    """Start like the command line, with garbage collection off.

    The app freezes what exists then. It is not released: each later collection would be slower.
    """
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
def outlined() -> list[Places]:
    """The regions of the panes in the outline, recorded while it was visible."""
    return []


@pytest.fixture
def open_outlined(open_lab: OpenLab, outlined: list[Places]) -> OpenLab:
    """Return a maker of apps that open with an outline."""

    def make(store: RunStore | None = None, **options: Any) -> LabApp:
        app: LabApp

        def make_poller(store: RunStore) -> RunPoller:  # called while the outline is shown
            assert isinstance(app.screen, Outline)
            outlined.append(places(app))
            return RunPoller(store)

        outside = replace(WORLD, make_poller=make_poller)
        app = open_lab(store, has_outline=True, outside=outside, **options)
        return app

    return make


def lines_of(table: RunsTable) -> list[str]:
    """Return the title, the lines and the cursor's style of a list, and where it is."""
    height = table.size.height
    strips = [table.render_line(y) for y in range(height)]
    styles = [str(segment.style) for strip in strips for segment in strip]
    title = str(table.border_title)
    return [title, str(table.region), *(strip.text for strip in strips), *styles]


def places(app: LabApp) -> Places:
    """Return the region of each pane, None for a hidden one."""
    panes = [app.screen.query_one(f"#{pane.id}") for pane in HOME_PANES]
    return {str(pane.id): None if pane.has_class(OFF) else pane.region for pane in panes}


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_the_home_screen_stands_where_its_outline_did(
    lab: Lab, open_outlined: OpenLab, outlined: list[Places], size: tuple[int, int]
) -> None:
    lab.add("alpha")
    app = open_outlined()
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: outlined and isinstance(app.screen, LabScreen))
        await until(pilot, lambda: home(app).is_mounted and home(app).table.row_count == 1)
        await until(pilot, lambda: places(app) == outlined[0])
        assert home(app).table.has_focus
        assert gc.isenabled()


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_the_outline_lists_the_runs_as_the_home_screen_does(
    lab: Lab, open_lab: OpenLab, tmp_path: Path, size: tuple[int, int]
) -> None:
    for number in range(9):
        lab.add(f"stump-{number}", val_loss=3.0 - 0.1 * number)
    lab.add("stump-active", "running", total_steps=100, eta_s=80.0)
    lab.add("other")
    file = tmp_path / "view.json"
    view = ViewState(
        chosen="stump-4", marked=["stump-4", "stump-active"], pinned=["stump-2"], sort="val",
        filter="name:stump", colors={"stump-1": 3}, letters={"stump-4": "q"},
    )  # fmt: skip
    save_view(view, file)
    listed: list[str] = []

    def make_generator(post: Callable[[Message], object]) -> FakeGenerator:
        """Note the list: the state of the home screen, which now comes, has the generator."""
        assert isinstance(app.screen, Outline)
        listed.extend(lines_of(app.screen.query_one(RunsTable)))
        return FakeGenerator(post)

    # On a busy machine the first read takes longer than the home screen usually waits.
    outside = replace(WORLD, make_generator=make_generator, first_list_within_s=60.0)
    app = open_lab(view_file=file, has_outline=True, outside=outside)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: isinstance(app.screen, LabScreen) and home(app).table.row_count)
        await until(pilot, lambda: lines_of(home(app).table) == listed)
        table = home(app).table
        assert table.chosen is not None
        assert table.chosen.name == "stump-4"
        assert any("stump-4" in line for line in listed)
        assert not any("other" in line for line in listed)


async def test_a_slow_disk_does_not_keep_the_home_screen_away(lab: Lab, open_lab: OpenLab) -> None:
    lab.add("alpha")
    is_due = threading.Event()

    class Slow(RunPoller):
        def read(self, watched: Collection[str]) -> RunsRead:
            is_due.wait()
            return super().read(watched)

    app = open_lab(
        has_outline=True, outside=replace(WORLD, make_poller=Slow, first_list_within_s=0.0)
    )
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, LabScreen))
        assert not home(app).table.row_count
        is_due.set()
        await until(pilot, lambda: home(app).table.row_count == 1)


@pytest.mark.parametrize("step", ["reads", "lists", "opens", "has opened"])
def test_a_lab_that_is_terminated_while_it_opens_ends_without_a_traceback(
    open_lab: OpenLab, step: str
) -> None:
    def leave(at: str) -> None:
        if at == step:
            app.exit(return_code=143)

    class Poller(RunPoller):
        def read(self, watched: Collection[str]) -> RunsRead:
            runs = super().read(watched)
            app.call_from_thread(leave, "lists")
            return runs

    def make_poller(store: RunStore) -> RunPoller:
        leave("reads")
        return Poller(store)

    def make_generator(post: Callable[[Message], object]) -> FakeGenerator:
        leave("opens")
        app.call_later(leave, "has opened")
        return FakeGenerator(post)

    outside = replace(
        WORLD, make_poller=make_poller, make_generator=make_generator, first_list_within_s=60.0
    )
    app = open_lab(has_outline=True, outside=outside)
    app.run(headless=True, size=(80, 24))
    assert app.return_code == 143


async def test_keys_pressed_while_the_outline_is_shown_go_to_the_lab(
    open_outlined: OpenLab,
) -> None:
    app = open_outlined()
    pressed_on: list[Screen[Any]] = []

    def press_once(_message: Message) -> None:
        if not pressed_on and app.screen_stack and app.screen.is_mounted:
            pressed_on.append(app.screen)
            burst(app, "question_mark")

    async with app.run_test(size=(120, 40), message_hook=press_once) as pilot:
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        assert isinstance(pressed_on[0], Outline)


async def test_the_outline_leaves_hidden_panes_out(
    lab: Lab, open_outlined: OpenLab, outlined: list[Places], tmp_path: Path
) -> None:
    lab.add("alpha")
    file = tmp_path / "view.json"
    save_view(ViewState(panes={"lab": {"plots": False}}), file)
    app = open_outlined(view_file=file)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: outlined and isinstance(app.screen, LabScreen))
        hidden = [name for name, place in outlined[0].items() if place is None]
        assert hidden == ["plots", "details"]
        await until(pilot, lambda: home(app).is_mounted and home(app).table.row_count == 1)
        await until(pilot, lambda: places(app) == outlined[0])


async def test_the_styles_are_parsed_once_in_the_preferred_theme(
    open_outlined: OpenLab, outlined: list[Places], monkeypatch: pytest.MonkeyPatch
) -> None:
    num_again = 0
    reparse = Stylesheet.reparse

    def counted(sheet: Stylesheet) -> None:
        nonlocal num_again
        num_again += 1
        reparse(sheet)

    monkeypatch.setattr(Stylesheet, "reparse", counted)
    app = open_outlined(preferences=Preferences(theme="light"))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: outlined and isinstance(app.screen, LabScreen))
        assert num_again == 0
        light = app.get_theme("light")
        assert light is not None
        assert home(app).plots.styles.background.hex.lower() == light.background

"""The corpora screen: list, profile, add, fetch."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from rnnlab.corpora import load_source
from rnnlab.tui.app import LabApp
from rnnlab.tui.outside.corpus_profile import look_into_corpus
from rnnlab.tui.screens.corpora import CorporaScreen
from rnnlab.tui.screens.new_run import NewRunScreen
from rnnlab.tui.shell.dialogs.form import FormScreen
from rnnlab.tui.shell.footer import LabFooter
from tests.toys.app_lab import WORLD, OpenLab, until

if TYPE_CHECKING:
    from rnnlab.corpora import Progress
    from tests.toys.app_lab import Lab


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "mine.txt").write_text("A text of mine. " * 100)
    return folder


@pytest.fixture
def app(open_lab: OpenLab, data: Path) -> LabApp:
    async def look(name: str, data: Path | None, columns: int) -> tuple[str, bool]:
        return f"[bold]figures of {name}[/bold]", True

    outside = replace(WORLD, look_into_corpus=look, look_after_s=0.001)
    return open_lab(data=data, outside=outside)


def page(app: LabApp) -> CorporaScreen:
    assert isinstance(app.page, CorporaScreen)
    return app.page


def seen(app: LabApp) -> str:
    return str(app.page.query_one("#look-text", Static).content)


def status(app: LabApp) -> str:
    return str(app.page.query_one("#corpora-status", Static).content)


async def opened(pilot: Pilot[None], app: LabApp) -> None:
    await pilot.press("f11")
    await until(pilot, lambda: isinstance(app.page, CorporaScreen) and page(app).table.row_count)


async def go_to(pilot: Pilot[None], app: LabApp, name: str) -> None:
    for _ in range(40):
        chosen = page(app).table.chosen
        if chosen is not None and chosen.name == name:
            return
        await pilot.press("down")
    pytest.fail(f"{name} is not in the list")


async def test_the_list_begins_at_the_corpus_of_the_chosen_run(lab: Lab, app: LabApp) -> None:
    lab.add("alpha")
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.state.chosen is not None)
        await opened(pilot, app)
        chosen = page(app).table.chosen
        assert chosen is not None
        assert chosen.name == "stump"


async def test_corpora_are_listed_and_profiled(app: LabApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot, app)
        await until(pilot, lambda: "[bold]figures of mine[/bold]" in seen(app))
        await go_to(pilot, app, "copy")
        await until(pilot, lambda: "figures of copy" in seen(app))
        assert "copy:delay=10" in seen(app)
        await go_to(pilot, app, "text8")
        await until(pilot, lambda: "Not fetched yet" in seen(app))
        assert "CC BY-SA" in seen(app)


async def test_a_corpus_is_profiled_once_and_again_after_a_refresh(
    open_lab: OpenLab, data: Path
) -> None:
    looks: list[str] = []

    async def look(name: str, _data: Path | None, _columns: int) -> tuple[str, bool]:
        looks.append(name)
        return f"look number {len(looks)}", True

    outside = replace(WORLD, look_into_corpus=look, look_after_s=0.001)
    app = open_lab(data=data, outside=outside)
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot, app)
        await until(pilot, lambda: "look number 1" in seen(app))
        await pilot.press("down", "up")
        await until(pilot, lambda: "look number 1" in seen(app))
        num = looks.count("mine")
        assert num == 1
        await pilot.press("R")
        await until(pilot, lambda: looks.count("mine") == num + 1)


async def test_a_profile_is_the_output_of_the_command_line(data: Path) -> None:
    said, is_whole = await look_into_corpus("mine", data, 44)
    assert is_whole
    assert "1,600 characters, 11 distinct" in said
    assert "try: rnnlab train" in said
    bars = [line for line in said.splitlines() if "█" in line]
    assert bars
    assert max(map(len, bars)) <= 44
    said, is_whole = await look_into_corpus("nobody", data)
    assert not is_whole
    assert said.startswith("there is no corpus or file 'nobody'")


async def test_a_module_in_the_current_folder_does_not_break_profiles(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "random.py").write_text("raise SystemExit('not the standard library')")
    monkeypatch.chdir(tmp_path)
    text, is_success = await look_into_corpus("mine", data)
    assert is_success, text


async def test_a_file_is_added(app: LabApp, data: Path, tmp_path: Path) -> None:
    source = tmp_path / "été.txt"
    source.write_bytes("L'été est là. ".encode("latin-1") * 50)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app)
        await pilot.press("A")
        await until(pilot, lambda: isinstance(app.screen, FormScreen))
        app.screen.query_one("#blank-name", Input).value = "summer"
        app.screen.query_one("#blank-file", Input).value = str(source)
        await pilot.press("enter")
        await until(pilot, lambda: "added summer" in status(app))
        assert "Latin-1" in status(app)
        await until(pilot, lambda: (c := page(app).table.chosen) and c.name == "summer")
    assert (data / "summer.txt").read_text("utf-8").startswith("L'été est là.")


async def test_problems_of_a_form_are_shown_in_it_and_corrected_there(
    app: LabApp, data: Path, tmp_path: Path
) -> None:
    source = tmp_path / "new.txt"
    source.write_text("To be or not to be. " * 20, "utf-8")
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app)
        await pilot.press("A")
        await until(pilot, lambda: isinstance(app.screen, FormScreen))
        problem = app.screen.query_one("#form-problem", Static)
        assert not problem.display
        for name, file, encoding, words, blank in (
            ("", str(source), "", "name is empty; enter a name", "name"),
            ("../x", "nowhere.txt", "", "is not a valid name for a corpus", "name"),
            ("mine", str(source), "", "the corpus 'mine' already exists", "name"),
            ("x", "", "", "file is empty; enter a file", "file"),
            ("x", "[bold]nowhere", "", "there is no file or folder '[bold]nowhere'", "file"),
            ("x", "~nobodyx/y", "", "no home folder for '~nobodyx/y'", "file"),
            ("x", str(source), "utf-9", "unknown encoding 'utf-9'", "encoding"),
        ):
            for value, written in (("name", name), ("file", file), ("encoding", encoding)):
                app.screen.query_one(f"#blank-{value}", Input).value = written
            await pilot.press("enter")
            await until(pilot, lambda words=words: words in str(problem.render()))  # type: ignore[misc]
            assert app.focused is app.screen.query_one(f"#blank-{blank}")
            assert problem.size.height
        app.screen.query_one("#blank-encoding", Input).value = ""
        await pilot.press("enter")
        await until(pilot, lambda: "added x" in status(app))
    assert sorted(file.name for file in data.iterdir()) == ["mine.txt", "x.txt"]


async def test_columns_are_as_wide_as_their_text_and_problems_of_a_fetch_are_shown(
    app: LabApp,
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app)
        widths = {str(c.key.value): c.get_render_width(page(app).table) for c in
                  page(app).table.ordered_columns}  # fmt: skip
        assert widths["name"] >= len("shakespeare") + 2
        assert all(not column.auto_width for column in page(app).table.ordered_columns)
        await go_to(pilot, app, "glove")
        await pilot.press("F")
        await until(pilot, lambda: isinstance(app.screen, FormScreen))
        problem = app.screen.query_one("#form-problem", Static)
        for blank, written, words in (
            ("file", "nowhere.zip", "there is no file or folder 'nowhere.zip'"),
            ("width", "abc", "'abc' is not a number; enter 50, 100, 200 or 300"),
        ):
            field = app.screen.query_one(f"#blank-{blank}", Input)
            field.value = written
            await pilot.press("enter")
            await until(pilot, lambda words=words: words in str(problem.render()))  # type: ignore[misc]
            field.value = ""


async def test_after_a_failure_the_form_has_the_previous_answers(
    app: LabApp, data: Path, tmp_path: Path
) -> None:
    table = tmp_path / "opinions.csv"
    table.write_text("verdict,text\n" + "good,so fine\nbad,so dull\n" * 30)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot, app)
        await pilot.press("A")
        await until(pilot, lambda: isinstance(app.screen, FormScreen))
        await pilot.press(*"opinions", "tab")
        app.screen.query_one("#blank-file", Input).value = str(table)
        await pilot.press("enter")
        await until(pilot, lambda: "no column 'label' among 'verdict', 'text'" in status(app))
        line = app.page.query_one("#corpora-status", Static)
        # What is to be done about it is read at 80 columns, too.
        await until(pilot, lambda: line.size.height > 1)
        await pilot.press("A")
        await until(pilot, lambda: isinstance(app.screen, FormScreen))
        assert app.screen.query_one("#blank-file", Input).value == str(table)
        app.screen.query_one("#blank-label", Input).value = "verdict"
        await pilot.press("enter")
        await until(pilot, lambda: "added opinions" in status(app))
        await pilot.press("A")
        await until(pilot, lambda: isinstance(app.screen, FormScreen))
        assert app.screen.query_one("#blank-name", Input).value == ""


async def test_a_known_corpus_is_read_from_a_file(
    app: LabApp, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hashlib import sha256

    from rnnlab.corpora.sources import shakespeare

    source = load_source("shakespeare")
    (form,) = source.forms
    known = replace(form, sha256=sha256(b"To be.\n").hexdigest())
    monkeypatch.setattr(shakespeare, "SOURCE", replace(source, forms=(known,)))
    given = tmp_path / "got.txt"
    given.write_bytes(b"Not to be.\n")
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot, app)
        await pilot.press("F")
        await pilot.pause()
        assert isinstance(app.screen, CorporaScreen), "what is there is not fetched"
        await go_to(pilot, app, "shakespeare")
        for words in ("is not the expected file", "fetched shakespeare"):
            await pilot.press("F")
            await until(pilot, lambda: isinstance(app.screen, FormScreen))
            app.screen.query_one("#blank-file", Input).value = str(given)
            await pilot.press("enter")
            await until(pilot, lambda words=words: words in status(app))  # type: ignore[misc]
            given.write_bytes(b"To be.\n")
        await until(pilot, lambda: (c := page(app).table.chosen) and c.state == "here")
    assert (data / "shakespeare.txt").read_bytes() == b"To be.\n"


async def test_the_footer_labels_escape_after_a_task_has_ended(
    app: LabApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also if it was created during the task, between two polls."""

    def escape_label() -> str:
        keys = app.page.query_one(LabFooter).shown
        return {key.written: key.label for key in keys}.get("esc", "")

    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot, app)
        may_end = threading.Event()

        def wait(_progress: object) -> str:
            may_end.wait(60.0)
            return "done"

        with monkeypatch.context() as between:
            between.setattr(CorporaScreen, "show_keys", lambda _screen: None)
            page(app).begin_task("waiting", "mine", wait)
            page(app).refresh_bindings()  # as after a move of the focus
            await until(pilot, lambda: escape_label() == "Stop")
        may_end.set()
        await until(pilot, lambda: escape_label() == "Lab")


async def test_a_task_shows_its_progress_and_can_be_cancelled(app: LabApp) -> None:
    is_reading: list[bool] = []
    hold = threading.Event()

    def endless(progress: Progress) -> str:
        is_reading.append(True)
        try:
            while not hold.wait(0.001):
                progress(1_000_000, 4_000_000)
        finally:
            is_reading.pop()
        return "held no longer"

    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot, app)
        screen = page(app)
        screen.begin_task("reading all there is", "all", endless)
        await until(pilot, lambda: "reading all there is… 1.0M of 4.0M" in status(app))
        screen.begin_task("another", "another", endless)
        assert is_reading == [True]
        await pilot.press("escape")
        await until(pilot, lambda: "cancelled" in status(app))
        assert isinstance(app.page, CorporaScreen)
        screen.begin_task("reading all over again", "all", endless)
        await until(pilot, lambda: "reading all over again… 1.0M" in status(app))
    # The app has ended; so has the thread, or the process would wait for it.
    try:
        async with asyncio.timeout(10):
            while is_reading:
                await asyncio.sleep(0.01)
    finally:
        hold.set()


async def test_a_run_is_started_on_the_chosen_corpus(app: LabApp) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await opened(pilot, app)
        await go_to(pilot, app, "reber")
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, NewRunScreen))
        assert app.screen.query_one("#field-corpus", Input).value == "reber"
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, CorporaScreen))
        await pilot.press("f2", "n")
        await until(pilot, lambda: isinstance(app.screen, NewRunScreen))
        assert app.screen.query_one("#field-corpus", Input).value == "", "the form is fresh"

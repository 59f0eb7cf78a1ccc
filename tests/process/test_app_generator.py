"""The app with its real generator process, on a run trained for the tests."""

from __future__ import annotations

import os
import signal

import psutil
import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from rnnlab.runs.store import RunStore
from rnnlab.tui.app import LabApp
from rnnlab.tui.widgets.candidate import Candidate
from tests.conftest import Lab
from tests.toys.app_lab import home, until

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("trained")]


def generators() -> list[psutil.Process]:
    """Return the generator processes that this one has started."""
    children = psutil.Process().children()
    return [child for child in children if "rnnlab.worker.generate" in child.cmdline()]


def status_line(app: LabApp) -> str:
    return str(app.screen.query_one("#prompt-status", Static).render())


async def ask(pilot: Pilot[None], app: LabApp, prompt: str, decoders: str) -> None:
    """Prompt the run `stream`."""
    await until(pilot, lambda: home(app).table.row_count)
    home(app).table.choose("stream")
    await until(pilot, lambda: app.desk.chosen_name == "stream")
    home(app).action_do("prompt")
    await until(pilot, lambda: isinstance(app.focused, Input))
    app.screen.query_one("#decoders", Input).value = decoders
    app.screen.query_one("#prompt", Input).value = prompt
    await pilot.press("enter")


async def test_a_prompt_is_answered_and_quitting_ends_the_generator(trained: Lab) -> None:
    app = LabApp(RunStore(trained.checkpoints))
    async with app.run_test(size=(120, 40)) as pilot:
        await ask(pilot, app, "Le roi", "greedy beam:k=2")
        await until(pilot, lambda: "done" in status_line(app))
        answers = [column.answer for column in app.screen.query(Candidate)]
        assert [answer.decoder for answer in answers if answer] == [
            "greedy",
            "beam:k=2",
            "beam:k=2",
        ]
        assert all(answer.text.startswith("Le roi") for answer in answers if answer)
        assert len(generators()) == 1
    assert generators() == []


async def test_an_unknown_letter_is_said(trained: Lab) -> None:
    app = LabApp(RunStore(trained.checkpoints))
    async with app.run_test(size=(120, 40)) as pilot:
        await ask(pilot, app, "Ω", "greedy")
        await until(pilot, lambda: app.screen.query(Candidate))
        column = app.screen.query_one(Candidate)
        await until(pilot, lambda: "never saw 'Ω'" in str(column.query(Static).last().render()))


async def test_enter_again_reads_the_nearest_letters_and_says_so(trained: Lab) -> None:
    app = LabApp(RunStore(trained.checkpoints))
    async with app.run_test(size=(120, 40)) as pilot:
        await ask(pilot, app, "Le \u014dr\u03a9", "greedy")
        await until(pilot, lambda: "enter again reads the nearest known ones" in status_line(app))
        await pilot.press("enter")
        await until(pilot, lambda: "done" in status_line(app))
        (column,) = app.screen.query(Candidate)
        assert column.answer is not None
        assert column.answer.prompt == "Le or"
        assert "never seen: read 'ō' as 'o'; left out 'Ω'" in status_line(app)


async def test_a_killed_generator_is_said_and_the_next_prompt_starts_another(trained: Lab) -> None:
    app = LabApp(RunStore(trained.checkpoints))
    async with app.run_test(size=(120, 40)) as pilot:
        await ask(pilot, app, "Le", "greedy")
        await until(pilot, lambda: "done" in status_line(app))
        (child,) = generators()
        os.kill(child.pid, signal.SIGKILL)
        await until(pilot, lambda: "the generator ended" in status_line(app))
        await ask(pilot, app, "La", "greedy")
        await until(pilot, lambda: "done" in status_line(app))


async def test_escape_ends_a_long_continuation(trained: Lab) -> None:
    app = LabApp(RunStore(trained.checkpoints))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: home(app).table.row_count)
        app.screen.query_one("#length", Input).value = "100000"
        await ask(pilot, app, "Le", "sample")
        await until(pilot, lambda: any(c.answer for c in app.screen.query(Candidate)))
        await pilot.press("escape")
        await until(pilot, lambda: "cancelled" in status_line(app))

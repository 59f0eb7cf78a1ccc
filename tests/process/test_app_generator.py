"""The app with its real generator process, on a run trained for the tests."""

from __future__ import annotations

import os
import signal
from functools import partial

import psutil
import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static, TextArea

from rnnlab.protocol.messages import Answer
from rnnlab.runs.store import RunStore
from rnnlab.tui.app import LabApp
from rnnlab.tui.outside import Outside
from rnnlab.tui.outside.generator import GeneratorClient
from rnnlab.tui.outside.pulse import PulseLimits
from rnnlab.tui.outside.subprocesses import LineProcess
from rnnlab.tui.prompting.candidate import Candidate
from tests.toys import app_lab
from tests.toys.app_lab import home
from tests.toys.lab import DEADLINE_S, Lab

pytestmark = [pytest.mark.process, pytest.mark.timeout(300)]

# A generator loads torch before its first answer, which takes a while on a machine with other work.
until = partial(app_lab.until, seconds=DEADLINE_S)


def generators() -> list[psutil.Process]:
    """Return the generator processes that this one has started."""
    children = [child for child in psutil.Process().children() if not is_ended(child)]
    return [child for child in children if "rnnlab.worker.generate" in child.cmdline()]


def is_ended(child: psutil.Process) -> bool:
    """Tell whether only the exit code of a child is left: so of workers that trained before."""
    return child.status() == psutil.STATUS_ZOMBIE


def status_line(app: LabApp) -> str:
    return str(app.screen.query_one("#prompt-status", Static).render())


async def ask(pilot: Pilot[None], app: LabApp, prompt: str, decoders: str) -> None:
    """Prompt the run `stream`."""
    await until(pilot, lambda: home(app).table.row_count)
    home(app).table.choose("stream")
    await until(pilot, lambda: app.state.chosen_name == "stream")
    home(app).action_do("write")
    await until(pilot, lambda: isinstance(app.focused, TextArea))
    app.screen.query_one("#decoders", Input).value = decoders
    app.screen.query_one("#prompt", TextArea).text = prompt
    await pilot.press("enter")


def shown_answers(app: LabApp) -> list[Answer]:
    return [column.answer for column in app.screen.query(Candidate) if column.answer]


def has_cancelled(app: LabApp) -> bool:
    return "cancelled" in status_line(app)


async def test_a_generator_answers_refuses_cancels_is_replaced_and_ends_with_the_app(
    trained: Lab,
) -> None:
    """One process for all that can share it: it takes seconds to start."""
    process = partial(LineProcess, limits=PulseLimits(ping_s=0.1))
    outside = Outside(make_generator=partial(GeneratorClient, make_process=process))
    app = LabApp(RunStore(trained.checkpoints), outside=outside)
    async with app.run_test(size=(120, 40)) as pilot:
        # A letter that the model never saw is refused.
        await ask(pilot, app, "\u03a9", "greedy")
        await until(pilot, lambda: app.screen.query(Candidate))
        column = app.screen.query_one(Candidate)
        await until(
            pilot, lambda: "never saw '\u03a9'" in str(column.query(Static).last().render())
        )

        # Enter again reads the nearest known letters.
        app.screen.query_one("#prompt", TextArea).text = "Le \u014dr\u03a9"
        await pilot.press("enter")
        await until(pilot, lambda: "press enter again to replace each" in status_line(app))
        await pilot.press("enter")
        await until(pilot, lambda: "done" in status_line(app))
        (answer,) = shown_answers(app)
        assert answer.prompt == "Le or"
        assert "new to the model: read '\u014d' as 'o'; left out '\u03a9'" in status_line(app)

        # Escape ends a long continuation.
        app.screen.query_one("#length", Input).value = "100000"
        app.screen.query_one("#decoders", Input).value = "sample"
        app.screen.query_one("#prompt", TextArea).text = "Le"
        await pilot.press("enter")
        await until(pilot, lambda: [one.decoder for one in shown_answers(app)] == ["sample"])
        await pilot.press("escape")
        await until(pilot, lambda: has_cancelled(app))

        # Several decoders answer, a beam with several texts.
        app.screen.query_one("#length", Input).value = "20"
        await ask(pilot, app, "Le roi", "greedy beam:k=2")
        await until(pilot, lambda: "done" in status_line(app))
        answers = shown_answers(app)
        assert [answer.decoder for answer in answers] == ["greedy", "beam:k=2", "beam:k=2"]
        assert all(answer.text.startswith("Le roi") for answer in answers)

        # One that is killed is said, and the next prompt starts another.
        (child,) = generators()
        os.kill(child.pid, signal.SIGKILL)
        await until(pilot, lambda: "the generator was killed" in status_line(app))
        await ask(pilot, app, "La", "greedy")
        await until(pilot, lambda: [one.prompt for one in shown_answers(app)] == ["La"])
        await until(pilot, lambda: "done" in status_line(app))
        assert len(generators()) == 1

        # One that is stopped is replaced after a cancelled prompt.
        (child,) = generators()
        child.suspend()
        await ask(pilot, app, "Le", "greedy")
        await pilot.press("escape")
        await until(pilot, lambda: "replaced: it did not answer" in status_line(app))
        await until(pilot, lambda: [one.pid for one in generators()] not in ([], [child.pid]))
        await ask(pilot, app, "La", "greedy")
        await until(pilot, lambda: "done" in status_line(app))
    assert generators() == []

"""The prompt screen in a test: its fields, status and answers, and a prompt that is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.pilot import Pilot
from textual.widgets import Input, Static, TextArea

from rnnlab.tui.app import LabApp
from rnnlab.tui.prompting.candidate import Candidate
from rnnlab.tui.screens.prompt import PromptScreen
from tests.toys.app_lab import home, until
from tests.toys.fake_generator import FakeGenerator

if TYPE_CHECKING:
    pass


def status(app: LabApp) -> str:
    return str(app.page.query_one("#prompt-status", Static).render())


def field(app: LabApp, name: str) -> Input:
    return app.page.query_one(f"#{name}", Input)


def prompt_field(app: LabApp) -> TextArea:
    return app.page.query_one("#prompt", TextArea)


def bodies(app: LabApp) -> list[str]:
    """Return the text of every candidate, from left to right."""
    parts = [list(one.query(Static)) for one in app.page.query(Candidate)]
    return [str(texts[-1].render()) for texts in parts if texts]


async def open_prompt(pilot: Pilot[None], app: LabApp) -> None:
    await until(pilot, lambda: home(app).table.row_count)
    await pilot.press("f3")
    await until(pilot, lambda: isinstance(app.screen, PromptScreen) and app.focused)


async def ask(pilot: Pilot[None], app: LabApp, prompt: str, *texts: str) -> None:
    """Ask greedily on the prompt screen and be answered."""
    await open_prompt(pilot, app)
    field(app, "decoders").value = "greedy"
    prompt_field(app).text = prompt
    await pilot.press("enter")
    await until(pilot, lambda: FakeGenerator.latest_made.requests)
    FakeGenerator.latest_made.answer(*texts)
    await until(pilot, lambda: "done in" in status(app))

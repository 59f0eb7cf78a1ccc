"""The token view in a test: opened on a run, a text read, its questions and its texts."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from textual.pilot import Pilot
from textual.widgets import Input, Static

from rnnlab.decoding import TracedRow, TracedToken
from rnnlab.protocol.messages import (
    Answer,
    Expand,
)
from rnnlab.tui.app import LabApp
from rnnlab.tui.screens.tokens import TokensScreen
from tests.toys.app_lab import opened, until

if TYPE_CHECKING:
    from tests.toys.app_lab import Lab
    from tests.toys.fake_generator import FakeGenerator


def row(*tokens: tuple[str, float, float | None, str]) -> TracedRow:
    listed = [
        TracedToken(t, math.log(p), None if q is None else math.log(q), fate)
        for t, p, q, fate in tokens
    ]
    num_left = sum(t.filtered_logprob is not None for t in listed)
    return TracedRow(0, 1.0, 0.5, num_left, listed)


ROW = row(
    ("b", 0.6, 0.8, "kept"), ("[", 0.3, 0.2, "not taken"), ("\x1b", 0.1, None, "dropped by top-p")
)


async def open_screen(pilot: Pilot[None], app: LabApp) -> TokensScreen:
    return await opened(pilot, app, "f5", TokensScreen)


@asynccontextmanager
async def tokens_of(
    lab: Lab, app: LabApp, size: tuple[int, int]
) -> AsyncIterator[tuple[Pilot[None], TokensScreen]]:
    """Open the token view of a finished run."""
    lab.add("alpha")
    async with app.run_test(size=size) as pilot:
        yield pilot, await open_screen(pilot, app)


async def read(
    pilot: Pilot[None], screen: TokensScreen, generator: FakeGenerator, text: str
) -> None:
    """Read a text of one's own, with the decoder greedy, and go out of the field."""
    screen.query_one("#own-filters", Input).value = "greedy"
    await pilot.press(*text, "enter")
    await until(pilot, lambda: generator.looks)
    generator.look(*[ROW] * (len(text) + 1), chain=("top-p=0.9", "greedy"))
    await until(pilot, lambda: screen.editor.now.all_tokens == tuple(text))
    await pilot.press("escape")


def text_of(screen: TokensScreen) -> str:
    return "".join(screen.editor.now.all_tokens)


def status_of(screen: TokensScreen) -> str:
    return str(screen.query_one("#token-status", Static).render())


def expands(generator: FakeGenerator) -> list[Expand]:
    return [question for question in generator.questions if isinstance(question, Expand)]


def answer(decoder: str, text: str) -> Answer:
    logprobs = [-0.5] * len(text)
    return Answer(
        decoder, [decoder], 1, "ab" + text, text, False, sum(logprobs), 0.0, list(text), logprobs
    )

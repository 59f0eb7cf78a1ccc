"""A bare app that shows one widget, or asks one dialog, in the styles of the lab."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, ClassVar

from textual.app import App, ComposeResult
from textual.message import Message
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widget import Widget

from rnnlab.tui import app as lab
from rnnlab.tui.state.theme import THEMES


class Host(App[None]):
    """Shows widgets and notes the messages that they post."""

    CSS_PATH: ClassVar = [
        Path(lab.__file__).with_name(str(name)) for name in lab.LabApp.CSS_PATH or ()
    ]

    def __init__(self, *widgets: Widget) -> None:
        super().__init__()
        self._widgets = widgets
        self.messages: list[Message] = []
        """Those of rnnlab's own types, each once, in order."""
        self.results: list[Any] = []
        """What the dialogs have returned."""
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = THEMES[0].name

    def compose(self) -> ComposeResult:
        yield from self._widgets

    def note(self, message: Message) -> None:
        is_ours = type(message).__module__.startswith("rnnlab")
        if is_ours and not any(message is one for one in self.messages):
            self.messages.append(message)

    async def ask(self, dialog: Screen[Any]) -> None:
        """Open a dialog; its result comes into `results`."""
        await self.push_screen(dialog, self.results.append)


@asynccontextmanager
async def shown(
    *widgets: Widget, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[tuple[Host, Pilot[None]]]:
    """Show widgets in a bare app: `async with shown(widget) as (host, pilot)`."""
    host = Host(*widgets)
    async with host.run_test(size=size, message_hook=host.note) as pilot:
        yield host, pilot


@asynccontextmanager
async def asked(
    dialog: Screen[Any], size: tuple[int, int] = (80, 24)
) -> AsyncIterator[tuple[Host, Pilot[None]]]:
    """Open a dialog over an empty app."""
    async with shown(size=size) as (host, pilot):
        await host.ask(dialog)
        await pilot.pause()
        yield host, pilot

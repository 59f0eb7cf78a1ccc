"""The run view: settings with their sources, command, environment, checkpoints, events, log."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Container, Horizontal, Vertical
from textual.widget import Widget

from rnnlab.runs.summary import RunSummary
from rnnlab.tui.everywhere import EVERYWHERE, SCREENS
from rnnlab.tui.messages import RunChosen
from rnnlab.tui.outside.run_files import RunFiles, RunFilesReader
from rnnlab.tui.run_view import texts
from rnnlab.tui.run_view.changes import Change, changes_in, commands
from rnnlab.tui.run_view.facts_pane import FactsPane
from rnnlab.tui.run_view.run_heading import RunHeading
from rnnlab.tui.runs.actions import STEERING
from rnnlab.tui.runs.error_banner import ErrorBanner
from rnnlab.tui.runs.keeping import KEEPING
from rnnlab.tui.runs.pick_run import RUN_CHOICE
from rnnlab.tui.shell.actions import Action, Group, bindings
from rnnlab.tui.shell.declaration import Declaration
from rnnlab.tui.shell.latest import run_latest
from rnnlab.tui.shell.pane_actions import pane_group
from rnnlab.tui.shell.panes import LEAST_COLUMNS, Pane
from rnnlab.tui.shell.screen import BaseScreen
from rnnlab.tui.state.lab_state import LabState

_PANES = (
    Pane("run-settings", "Settings"),
    Pane("run-facts", "Command and environment"),
    Pane("run-checkpoints", "Checkpoints"),
    Pane("run-events", "Events"),
    Pane("run-log", "Log"),
)
_GONE = "this run is gone; u brings back what was deleted last"
_NO_RUN = "no run is chosen; press n to start one"


def _copy(screen: RunScreen) -> None:
    text = screen.text_to_copy()
    if text:
        screen.copy(text)
    else:
        screen.toast("there is nothing to copy", "warning")


_VIEW = Group["RunScreen"](
    "Run view",
    (
        Action(
            "c", "copy", _copy, "Copy",
            "Copy the focused pane: settings as TOML, the command, the log, ...", True,
        ),
    ),
)  # fmt: skip


class RunScreen(BaseScreen):
    """All about the chosen run, read from its directory; updated while it trains."""

    PANES = _PANES
    GROUPS: ClassVar = (
        _VIEW, STEERING, KEEPING, RUN_CHOICE, pane_group(_PANES), SCREENS, EVERYWHERE,
    )  # fmt: skip
    BINDINGS = bindings(GROUPS)

    def __init__(self, state: LabState) -> None:
        super().__init__(state)
        self._heading = RunHeading()
        self._banner = ErrorBanner()
        self._settings, self._facts, self._checkpoints, self._events, self._log = self._all = [
            FactsPane(
                pane.id,
                pane.title,
                follows_end=pane.id == "run-log",
                indent=texts.INDENTS.get(pane.id, 0),
            )
            for pane in _PANES
        ]
        self._shown: str | None = None
        """Name of the run that is shown."""
        self._reader: RunFilesReader | None = None
        self._files: RunFiles | None = None
        """The files of the shown run as last read; None until they have been read."""
        self._changes: list[Change] = []
        """Changes of its settings since its start."""

    def targets(self) -> tuple[RunSummary, ...]:
        """Return the run that is shown, even if others are selected."""
        chosen = self.state.chosen
        return () if chosen is None else (chosen,)

    def has_room_for(self, pane: str) -> bool:
        """Return False for all panes but the settings on a very narrow screen."""
        return pane == "run-settings" or self.app.size.width >= LEAST_COLUMNS

    def on_resize(self) -> None:
        """Show the panes that fit, and the keys of those that do not."""
        super().on_resize()
        is_alone = not self.has_room_for("run-facts")
        others = f"  2 to {len(_PANES)}: the other panes" if is_alone else ""
        self._settings.border_title = _PANES[0].title + others

    def compose_body(self) -> ComposeResult:
        """Yield the settings at the left, the other panes at the right."""
        yield self._heading
        with Horizontal(id="run-view", classes="panes"):
            yield self._settings
            with Container(id="run-right", classes="panes"):
                with Vertical(id="run-facts-column", classes="panes"):
                    yield self._facts
                    yield self._checkpoints
                with Vertical(id="run-log-column", classes="panes"):
                    yield self._events
                    yield self._log
        yield self._banner

    def main_widget(self) -> Widget:
        """Return the pane with the settings, or with the command if the settings are hidden."""
        shown = [pane for pane in self._all if self.panes.is_shown(str(pane.id))]
        return shown[0] if shown else self._settings

    def text_to_copy(self) -> str:
        """Return the text of the focused pane, in the form in which it is useful elsewhere."""
        if self._files is None or self._shown is None:
            return ""
        if self.focused is self._settings:
            return self._files.config
        if self.focused is self._facts:
            return commands(self._shown, self._files, self._changes)
        return self.focused.text if isinstance(self.focused, FactsPane) else ""

    @on(RunChosen)
    def show_state(self) -> None:
        """Show the chosen run, and read those of its files that have changed."""
        chosen = self.state.chosen
        opened = self.state.opened(chosen.name) if chosen is not None else None
        if chosen is None or opened is None:
            self._shown = self._reader = self._files = None
            self._show_nothing()
            return
        if self._reader is None or opened != self._reader.run:
            self._shown, self._files = chosen.name, None
            self._reader = RunFilesReader(opened)
            for pane in self._all:
                pane.show(Text("reading…", "dim"))
                pane.rewind()
        self._show_summary(chosen)
        run_latest(self, partial(self._read, self._reader), "files")

    async def _read(self, reader: RunFilesReader) -> None:
        files = await asyncio.to_thread(reader.read)
        if reader is not self._reader or files is self._files or not self.is_attached:
            return
        old, self._files = self._files, files
        if old is None or old.log != files.log:
            self._log.show(texts.log_text(files))
        if self.state.chosen is not None and self.state.chosen.name == self._shown:
            self._show_summary(self.state.chosen)

    def _show_summary(self, summary: RunSummary) -> None:
        """Show what changes with every step."""
        self._heading.show(summary)
        self._banner.show(summary)
        history = self.state.history(summary.name)
        self._events.show(texts.events_text(summary, history))
        if self._files is not None:
            self._changes = changes_in(history.events)
            self._settings.show(texts.settings_text(self._files, self._changes))
            self._facts.show(texts.facts_text(summary, self._files, self._changes))
            self._checkpoints.show(texts.checkpoints_text(summary, self._files, history))

    def _show_nothing(self) -> None:
        self._heading.show(None, _NO_RUN if not self.state.summaries else _GONE)
        self._banner.show(None)
        for pane in self._all:
            pane.show(Text())


SCREEN = Declaration(
    RunScreen,
    go="r",
    title="Run",
    help="One run: settings, command, environment, checkpoints, events, log",
    needs_run=True,
)

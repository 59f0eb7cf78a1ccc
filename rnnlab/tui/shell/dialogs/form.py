"""A short form in a dialog: a few texts to fill in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Static

from rnnlab.base.display import visible
from rnnlab.tui.shell.actions import FOCUS_BINDINGS


@dataclass(frozen=True, slots=True)
class Blank:
    """A text to fill in."""

    name: str
    label: str
    help: str
    """Shown where nothing is written yet."""
    value: str = ""


Answers = dict[str, str]
"""What was written in a form, by the names of its blanks."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a form cannot be taken as it is written."""

    blank: str
    """Name of the one to be mended."""
    reason: str


class FormScreen(ModalScreen[Answers | None]):
    """Gives what was written, None when it was left; it stays while that cannot be used."""

    BINDINGS = [
        *FOCUS_BINDINGS,
        ("escape", "dismiss(None)", "Cancel"),
        Binding("up", "app.focus_previous", show=False, priority=True),
        Binding("down", "app.focus_next", show=False, priority=True),
    ]

    def __init__(
        self,
        title: str,
        about: str,
        blanks: Sequence[Blank],
        button: str,
        check: Callable[[Answers], Problem | None] | None = None,
    ) -> None:
        """Ask for what `blanks` name; `check`, in a thread, says what is wrong with the answers."""
        super().__init__()
        self._check = check
        self._title, self._about, self._button = title, about, button
        self._blanks = blanks

    def compose(self) -> ComposeResult:
        """Make a row for every blank."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = self._title
            yield Static(Text(self._about, "dim"))
            for blank in self._blanks:
                with Horizontal(classes="blank"):
                    yield Label(blank.label, classes="name", markup=False)
                    yield Input(blank.value, blank.help, id=f"blank-{blank.name}", compact=True)
            yield Static(id="form-problem", markup=False)
            with Horizontal(classes="buttons"):
                yield Button(f"{self._button} (enter)", id="take", variant="primary", compact=True)
                yield Button("Cancel (esc)", id="cancel", compact=True)

    @on(Input.Submitted)
    @on(Button.Pressed, "#take")
    async def take(self) -> None:
        """Close with what is written, or say what is wrong with it and go there."""
        answers = {blank.name: self._field(blank.name).value.strip() for blank in self._blanks}
        problem = await asyncio.to_thread(self._check, answers) if self._check else None
        if not self.is_current:
            return  # left while it was checked
        if problem is None:
            self.dismiss(answers)
        else:
            line = self.query_one("#form-problem", Static)
            line.update(Text(visible(problem.reason, newline=" "), "bold red"))
            line.display = True
            self.set_focus(self._field(problem.blank))

    def _field(self, blank: str) -> Input:
        return self.query_one(f"#blank-{blank}", Input)

    @on(Button.Pressed, "#cancel")
    def cancel(self) -> None:
        """Leave the form."""
        self.dismiss(None)

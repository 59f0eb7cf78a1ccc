"""A dialog with a short form: a few text fields."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input, Label, Static

from rnnlab.base.display import visible
from rnnlab.tui.shell.actions import FOCUS_BINDINGS
from rnnlab.tui.shell.dialogs.dialog import Dialog
from rnnlab.tui.shell.size_classes import add_size_classes


@dataclass(frozen=True, slots=True)
class Blank:
    """A text field of the form."""

    name: str
    label: str
    help: str
    """Placeholder, shown while the field is empty."""
    value: str = ""
    note: str = ""
    """Text at the right of the field, shown also while the field is filled."""


Answers = dict[str, str]
"""The texts in the fields, by name."""


@dataclass(frozen=True, slots=True)
class Problem:
    """The reason why a form is not valid."""

    blank: str
    """Name of the invalid field."""
    reason: str


class FormScreen(Dialog[Answers | None]):
    """A dialog that returns the answers, None if cancelled; it stays open until they are valid."""

    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (66, "-normal")]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (20, "-high")]
    BINDINGS = [
        *FOCUS_BINDINGS,
        ("escape", "dismiss(None)", "Cancel"),
        Binding("ctrl+b", "other", show=False, priority=True),
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
        *,
        preview: Callable[[Answers], str] | None = None,
        doubt: Callable[[Answers], str] | None = None,
        other: str = "",
        first: str = "",
    ) -> None:
        """check: called in a thread; returns a problem, or None if the answers are valid.

        preview: returns the effect of valid answers, shown while the user types. Then `check` must
        only compute: it is called after each key press, too. doubt: returns what is strange about
        valid answers, "" for nothing; the form asks once whether they are meant. other: label of
        a button that closes the form without answers, see `is_other_chosen`; "" for none. first:
        name of the field that has the focus at first; "" for the one at the top.
        """
        super().__init__()
        self._check = check
        self._preview = preview
        self._title, self._button = title, button
        self._doubt = doubt
        self._asked = ""
        """The doubt that the form has asked about."""
        self._other = other
        self.is_other_chosen = False
        """Whether the user has closed the form to do something else instead."""
        self._first = first
        self._about = Static(Text(about, "dim"))
        self._blanks = blanks

    def compose(self) -> ComposeResult:
        """Yield a row per field, a line for errors, and the buttons."""
        add_size_classes(self)
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = self._title
            yield self._about
            for blank in self._blanks:
                with Horizontal(classes="blank"):
                    yield Label(blank.label, classes="name", markup=False)
                    yield Input(blank.value, blank.help, id=f"blank-{blank.name}", compact=True)
                    if blank.note:
                        note = f"note-{blank.name}"
                        yield Label(blank.note, id=note, classes="note", markup=False)
            yield Static(id="form-problem", markup=False)
            with Horizontal(classes="buttons"):
                yield Button(f"{self._button} (enter)", id="take", variant="primary", compact=True)
                if self._other:
                    yield Button(f"{self._other} (^b)", id="other", compact=True)
                yield Button("Cancel (esc)", id="cancel", compact=True)

    def tell(self, about: str, notes: Mapping[str, str]) -> None:
        """Replace the text above the fields, and the notes of fields that had one."""
        self._about.update(Text(about, "dim"))
        for blank, note in notes.items():
            self.query_one(f"#note-{blank}", Label).update(note)
        self.follow()

    @on(Input.Submitted)
    @on(Button.Pressed, "#take")
    async def submit(self) -> None:
        """Close and return the answers, or show the error and focus the invalid field."""
        answers = self._answers()
        problem = await asyncio.to_thread(self._check, answers) if self._check else None
        if not self.is_current:
            return  # cancelled while `check` was running
        doubt = self._doubt(answers) if self._doubt is not None and problem is None else ""
        if doubt != self._asked and doubt:
            self._asked = doubt
            self._show_doubt(doubt)
        elif problem is None:
            self.dismiss(answers)
        else:
            self._show(problem)
            self.set_focus(self._field(problem.blank))

    def on_mount(self) -> None:
        """Focus the first field, and show the effect of the initial answers."""
        if self._first:
            self.set_focus(self._field(self._first))
        self.follow()

    @on(Input.Changed)
    def follow(self) -> None:
        """Show the problem of the present answers or their effect, if the form has a preview."""
        if self._preview is not None:
            answers = self._answers()
            problem = self._check(answers) if self._check is not None else None
            if problem is not None:
                self._show(problem)
            elif self._doubt is not None and (doubt := self._doubt(answers)):
                self._show_doubt(doubt)
            else:
                self._show_line(Text(visible(self._preview(answers), newline=" "), "dim"))

    def _show(self, problem: Problem) -> None:
        self._show_line(Text(visible(problem.reason, newline=" "), "bold red"))

    def _show_doubt(self, doubt: str) -> None:
        end = "; press enter again if you mean it" if doubt == self._asked else ""
        self._show_line(Text(visible(doubt + end, newline=" "), "bold yellow"))

    def _show_line(self, text: Text) -> None:
        line = self.query_one("#form-problem", Static)
        line.update(text)
        line.display = True

    def _answers(self) -> Answers:
        return {blank.name: self._field(blank.name).value.strip() for blank in self._blanks}

    def _field(self, blank: str) -> Input:
        return self.query_one(f"#blank-{blank}", Input)

    @on(Button.Pressed, "#other")
    def action_other(self) -> None:
        """Close the form without answers, because the user does something else instead."""
        if self._other:
            self.is_other_chosen = True
            self.dismiss(None)

    @on(Button.Pressed, "#cancel")
    def cancel(self) -> None:
        """Close the form without answers."""
        self.dismiss(None)

"""A short form in a dialog: a few texts to fill in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Static

from rnnlab.tui.actions import FOCUS_BINDINGS


@dataclass(frozen=True, slots=True)
class Blank:
    """A text to fill in."""

    name: str
    label: str
    help: str
    """Shown where nothing is written yet."""
    value: str = ""


class FormScreen(ModalScreen[dict[str, str] | None]):
    """Gives what was written, None when the form was left."""

    BINDINGS = [
        *FOCUS_BINDINGS,
        ("escape", "dismiss(None)", "Cancel"),
        Binding("up", "app.focus_previous", show=False, priority=True),
        Binding("down", "app.focus_next", show=False, priority=True),
    ]

    def __init__(self, title: str, about: str, blanks: Sequence[Blank], button: str) -> None:
        super().__init__()
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
            with Horizontal(classes="buttons"):
                yield Button(f"{self._button} (enter)", id="take", variant="primary", compact=True)
                yield Button("Cancel (esc)", id="cancel", compact=True)

    @on(Input.Submitted)
    @on(Button.Pressed, "#take")
    def take(self) -> None:
        """Close with what is written."""
        self.dismiss(
            {b.name: self.query_one(f"#blank-{b.name}", Input).value.strip() for b in self._blanks}
        )

    @on(Button.Pressed, "#cancel")
    def cancel(self) -> None:
        """Leave the form."""
        self.dismiss(None)

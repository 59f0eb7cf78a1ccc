"""One setting in a form: its name, its value, and what it is for or what is wrong with it."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult, RenderResult
from textual.events import Click
from textual.widget import Widget
from textual.widgets import Input

from rnnlab.base.display import visible
from rnnlab.settings.groups import FieldKind

_CHANGED = "•"
"""Before the name of a field that says something of its own."""
_OPENS = "▼"
"""Behind the value of a field that has choices."""


class SettingField(Widget):
    """A row of the form.

    All but the value is painted, not made of widgets: a form has many rows, and every key that is
    written lays all widgets out anew.
    """

    COMPONENT_CLASSES: ClassVar = {"field--name", "field--help", "field--problem"}

    def __init__(self, kind: FieldKind) -> None:
        super().__init__()
        self.kind = kind
        self.problem = ""
        self._is_changed = False
        self.input = Input(compact=True, id=f"field-{kind.name}")

    def compose(self) -> ComposeResult:
        """Make the only part that is written."""
        yield self.input

    def show(self, holds: str, problem: str, *, is_changed: bool) -> None:
        """Show what holds where nothing is written, what is wrong, whether it is changed."""
        holds = visible(holds, newline=" ")
        if self.input.placeholder != holds:
            self.input.placeholder = holds
        if (problem, is_changed) != (self.problem, self._is_changed):
            self.problem, self._is_changed = problem, is_changed
            self.refresh()

    def on_click(self, event: Click) -> None:
        """Go to the value; a click beside it opens the list, where there is one."""
        if event.widget is self:
            self.input.focus()
            if self.kind.choices is not None:
                self.call_later(self.app.simulate_key, "enter")

    def render(self) -> RenderResult:
        """Return the row; the value lies over the blanks in its middle."""
        styles = self.input.styles
        name = Text(f"{_CHANGED if self._is_changed else ' '} {self.kind.title}")
        name.truncate(styles.margin.left, pad=True)
        name.stylize(self.get_component_rich_style("field--name"))
        help_style = self.get_component_rich_style("field--help")
        row = name.append(" " * int(styles.width.value if styles.width else 0))
        row.append(f" {_OPENS if self.kind.choices is not None else ' '} ", help_style)
        if self.problem:
            wrong = self.get_component_rich_style("field--problem")
            row.append(visible(self.problem, newline=" "), wrong)
        else:
            row.append(self.kind.help, help_style)
        row.truncate(self.size.width, overflow="ellipsis")
        return row

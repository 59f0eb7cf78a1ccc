"""One field of the form: its name, its value, and its help or its problem."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual.app import ComposeResult, RenderResult
from textual.events import Click, Resize
from textual.widget import Widget
from textual.widgets import Input

from rnnlab.base.display import visible
from rnnlab.settings.groups import FieldKind
from rnnlab.tui.shell.help_line import shortened

_CHANGED = "•"
"""Precedes the name of a field whose value differs from its placeholder."""
_OPENS = "▼"
"""Follows the value of a field that has choices."""
_WIDTH, _NARROW_WIDTH = 24, 14
"""Width of the input of a short text, in columns: of a wide row, and of one of less than 100."""
_STEP = 12
"""Columns by which an input grows: each new width computes the layout of all rows."""
_AROUND = 3
"""Columns of the screen besides a row: its padding and the scrollbar."""
_MARGINS = 24
"""Columns of a row before and after its input: name and `▼`."""
_LEAST_HELP = 16
"""Minimum number of columns for a part of the help; the pane below shows it in full."""
_PROBLEM_WIDTH = 20
"""Columns that a long text leaves to the problem of its field."""


class SettingField(Widget):
    """A row of the form.

    Only the value is a widget; the rest is painted, because a form has many rows and each key press
    computes the layout of all widgets.
    """

    COMPONENT_CLASSES: ClassVar = {"field--name", "field--help", "field--problem"}

    def __init__(self, kind: FieldKind) -> None:
        super().__init__()
        self.kind = kind
        self.problem = ""
        self._is_changed = False
        self.input = Input(compact=True, id=f"field-{kind.name}", select_on_focus=False)

    def compose(self) -> ComposeResult:
        """Yield the input of the value."""
        yield self.input

    def show(self, placeholder: str, problem: str, *, is_changed: bool) -> None:
        """Show the placeholder, the problem ("" for none), and the mark of a changed value."""
        placeholder = visible(placeholder, newline=" ")
        if self.input.placeholder != placeholder:
            self.input.placeholder = placeholder
        if (problem, is_changed) != (self.problem, self._is_changed):
            self.problem, self._is_changed = problem, is_changed
            self.refresh()
        self.fit()

    def write(self, text: str) -> None:
        """Replace the text of the input; the cursor is at its end."""
        self.input.value = text
        self.input.cursor_position = len(text)

    def on_resize(self, _event: Resize) -> None:
        """Fit the input to the new width of the row."""
        self.fit()

    def fit(self) -> None:
        """Widen the input to its text, at most as far as the row has room."""
        # The size of the style sheet, set before the first layout, which then needs no second one.
        row_width = self.size.width or self.app.size.width - _AROUND
        room = row_width - _MARGINS - (_PROBLEM_WIDTH if self.problem else 0)
        short = _WIDTH if row_width >= 100 else _NARROW_WIDTH
        num_missing = cell_len(self.input.value or self.input.placeholder) + 1 - short
        num_steps = max(0, -(-num_missing // _STEP))
        width = max(short, min(short + num_steps * _STEP, room))
        if self.input.styles.width is None or self.input.styles.width.value != width:
            self.input.styles.width = width
            self.refresh()

    def on_click(self, event: Click) -> None:
        """Focus the input; a click next to it opens the list of choices, if the field has one."""
        if event.widget is self:
            self.input.focus()
            if self.kind.choices is not None:
                self.call_later(self.app.simulate_key, "enter")

    def render(self) -> RenderResult:
        """Return the row; the input covers the blanks in its middle."""
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
        elif (room := self.size.width - row.cell_len) >= _LEAST_HELP:
            row.append(shortened(self.kind.help, room), help_style)
        row.truncate(self.size.width, overflow="ellipsis")
        return row

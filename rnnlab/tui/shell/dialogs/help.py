"""The help: all keys of a screen, from its table of actions; the focused pane's keys come first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from rnnlab.tui.shell.actions import Action, Group
from rnnlab.tui.shell.dialogs.dialog import Dialog

_WIDE = 150
"""Minimum terminal width in columns for showing the groups side by side."""


def _rows(title: str, rows: Mapping[str, str]) -> Group[Any]:
    """Return rows of the help that run nothing: what is shown -> what it means."""
    return Group(
        title,
        tuple(
            Action(shown, shown, lambda _screen: None, "", text, shown_key=shown)
            for shown, text in rows.items()
        ),
    )


_TEXT_FIELDS = _rows(
    "In text fields",
    {
        "tab, shift+tab": "Focus the next or previous field or pane",
        "^a ^e ^w ^k ^u": "Start, end, delete word, delete to end, delete to start",
        "ctrl+p": "Open the command palette: all actions by a word",
        "^c": "Copy the selected text; it neither quits nor stops a run",
        "ctrl+q": "Quit from anywhere, also from a text field",
    },
)
_SIGNS = _rows(
    "Signs",
    {
        "◌ ◔ ● ‖": "Run: queued, starting, running, paused",
        "✓ ■ ✗ ? !": "Run: finished, stopped, failed, lost, running with an alarm",
        "◆ ^": "Run: selected, pinned",
        "↑ ↓": "Column of the list: sorted, the highest at the end or at the top",
        "⏎ ∎ ✗": "Text: line break, end of the text, pruned",
        "│ …": "Text: end of the prompt; text that is left out or shown above, once for all",
        "Σ ø": "Text: sum and mean of the log-probs of its tokens, in nats",
        "prob, sum, bits": "Tokens: probability of the line's first token (bold); log-prob of the"
        " text up to it; entropy of the next token",
        "▼ •": "Field of the form: with a list of choices, with a changed value",
    },
)
"""What the signs mean, also in ASCII, in which the app draws them with similar characters."""


class HelpScreen(Dialog[None]):
    """All keys of a screen."""

    BINDINGS = [
        ("escape", "dismiss(None)", "Close"),
        ("question_mark,f1", "dismiss(None)", "Close"),
        ("q", "dismiss(None)", "Close"),
        ("j", "scroll(1)", "Down"),
        ("k", "scroll(-1)", "Up"),
    ]

    def __init__(self, groups: Sequence[Group[Any]]) -> None:
        super().__init__()
        self._groups = [*groups, _TEXT_FIELDS, _SIGNS]
        self._is_wide = False

    def compose(self) -> ComposeResult:
        """Yield the groups, in one or two columns."""
        with VerticalScroll(classes="dialog") as dialog:
            dialog.border_title = "Keys"
            dialog.border_subtitle = "esc closes, ↑ ↓ scroll"
            yield Static(self._table(self.app.size.width))

    def on_resize(self, event: events.Resize) -> None:
        """Switch between one and two columns."""
        if (event.size.width >= _WIDE) != self._is_wide:
            self.query_one(Static).update(self._table(event.size.width))

    def _table(self, width: int) -> Table:
        self._is_wide = width >= _WIDE
        table = Table.grid(padding=(0, 3))
        table.add_row(*map(_column, _halves(self._groups) if self._is_wide else [self._groups]))
        return table

    def action_scroll(self, by: int) -> None:
        """Scroll by a number of lines."""
        self.query_one(".dialog").scroll_relative(y=by, animate=False)


def _column(groups: Sequence[Group[Any]]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, max_width=18)
    table.add_column()
    for group in groups:
        table.add_row(Text(group.title, "bold"), Text(""))
        for action in group.actions:
            if not action.keys and not action.shown_key:
                continue  # the palette lists it
            table.add_row(Text(f"  {action.written_key}", "cyan"), Text(action.help))
    return table


def _halves(groups: Sequence[Group[Any]]) -> list[Sequence[Group[Any]]]:
    """Split the groups into two columns of about the same length."""
    sizes = [len(group.actions) + 1 for group in groups]
    middle = min(range(1, len(groups)), key=lambda i: abs(sum(sizes[:i]) - sum(sizes[i:])))
    return [groups[:middle], groups[middle:]]

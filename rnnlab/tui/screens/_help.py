"""The keys, from the table that binds them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from rnnlab.tui.actions import Group


class HelpScreen(ModalScreen[None]):
    """All keys of a screen."""

    BINDINGS = [
        ("escape", "dismiss(None)", "Close"),
        ("question_mark", "dismiss(None)", "Close"),
        ("q", "dismiss(None)", "Close"),
    ]

    def __init__(self, groups: Sequence[Group[Any]]) -> None:
        super().__init__()
        self._groups = groups

    def compose(self) -> ComposeResult:
        """Show the table."""
        table = Table.grid(padding=(0, 2))
        for group in self._groups:
            table.add_row(Text(group.title, "bold"), Text(""))
            for action in group.actions:
                table.add_row(Text(f"  {action.written_key}", "cyan"), Text(action.help))
        table.add_row(Text("In the prompt", "bold"), Text(""))
        for key, text in (
            ("enter", "Ask"),
            ("↑ ↓", "Earlier and later prompts"),
            ("tab", "Decoders, letters, seed, then the candidates"),
            ("^a ^e ^w ^k ^u", "Edit the line"),
        ):
            table.add_row(Text(f"  {key}", "cyan"), Text(text))
        table.add_row(Text("  ctrl+p", "cyan"), Text("All actions by name"))
        with VerticalScroll(classes="dialog") as dialog:
            dialog.border_title = "Keys"
            yield Static(table)

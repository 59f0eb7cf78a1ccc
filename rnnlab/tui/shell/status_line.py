"""A status in one line, or an error in up to three lines."""

from __future__ import annotations

from rich.text import Text
from textual.widgets import Static

from rnnlab.base.display import visible


class StatusLine(Static):
    """Show one message as plain text, without markup."""

    _PROBLEM = "-problem"

    def __init__(self, id: str) -> None:  # noqa: A002  the name of Textual's own argument
        super().__init__(id=id, markup=False)
        self._shown: tuple[str, bool] | None = None

    def show_text(self, text: str, *, is_problem: bool = False) -> None:
        """Show a status, or an error in red."""
        if (text, is_problem) == self._shown:
            return  # to repaint it would delay a key
        was_problem = self.has_class(self._PROBLEM)
        self.set_class(is_problem, self._PROBLEM)
        message = Text(visible(text, newline=" "), "red" if is_problem else "dim")
        self._shown = text, is_problem
        self.update(message, layout=is_problem or was_problem)

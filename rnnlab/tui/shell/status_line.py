"""What goes on, in a line; what is wrong takes as many lines as it needs, up to three."""

from __future__ import annotations

from rich.text import Text
from textual.widgets import Static

from rnnlab.base.display import visible


class StatusLine(Static):
    """Says one thing at a time, plain text in any case."""

    _PROBLEM = "-problem"

    def __init__(self, id: str) -> None:  # noqa: A002  the name of Textual's own argument
        super().__init__(id=id, markup=False)

    def show_text(self, text: str, *, is_problem: bool = False) -> None:
        """Say what goes on, or what is wrong."""
        was_problem = self.has_class(self._PROBLEM)
        self.set_class(is_problem, self._PROBLEM)
        said = Text(visible(text, newline=" "), "red" if is_problem else "dim")
        self.update(said, layout=is_problem or was_problem)

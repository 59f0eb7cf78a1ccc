"""Below the form: the focused field in full, the cost of the run, and the command."""

from __future__ import annotations

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from rnnlab.base.display import visible
from rnnlab.settings.groups import FieldKind
from rnnlab.submit import Source
from rnnlab.tui.new_run.model import Draft
from rnnlab.tui.outside.estimator import Estimate

_MIN_HEIGHTS = {"about": 3, "estimate": 2, "command": 2}
"""Minimum height of each part in lines; keeps the layout steady while the user types."""
_MAX_HEIGHT = 6
_AROUND = 4
"""Columns of the screen that the text of a part cannot use: borders and padding."""


class DraftPane(Vertical):
    """The summary of the form; it stays visible while the fields scroll."""

    def __init__(self) -> None:
        super().__init__(id="draft")
        self._about = Static(id="about", markup=False)
        self._cost = Static(id="estimate", markup=False)
        self._command = Static(id="command", markup=False)
        self._asked = ""
        """The strange value that the pane has asked about."""
        self._texts: dict[Static, RenderableType] = {}
        """The text of each part as it was shown last."""

    def compose(self) -> ComposeResult:
        """Yield the parts from top to bottom."""
        yield self._about
        yield self._cost
        yield self._command

    def on_resize(self) -> None:
        """Fit the heights to the lines at the new width."""
        for part, text in self._texts.items():
            self._write(part, text)

    def explain(self, kind: FieldKind, draft: Draft) -> None:
        """Show the problem, help and placeholder of a field in full."""
        self.border_title = kind.title
        problem = draft.problems.get(kind.name, "") or draft.problems.get("", "")
        about = Text()
        if problem:
            end = "" if problem.endswith((".", "?", "!")) else "."
            about.append(f"{_line(problem)}{end} ", "bold red")
        about.append(kind.help)
        placeholder, source = draft.placeholder(kind.name), draft.source(kind.name)
        if draft.is_changed(kind.name) and placeholder:
            about.append(f" Value if empty: {_line(placeholder)} ({source}).", "bold")
        elif kind.name not in draft.values and source not in (None, Source.DEFAULT):
            about.append(f" Value set by the {source}.", "bold")
        if kind.choices is not None:
            others = "" if kind.is_closed else "; other values are possible"
            about.append(f" Enter lists the choices, tab completes{others}.", "dim")
        self._write(self._about, about)

    def show_message(self, text: str, *, is_problem: bool = False) -> None:
        """Show the progress of a start, or its error, in place of the help."""
        self._write(self._about, Text(_line(text), "bold red" if is_problem else "dim"))

    def asks_about(self, doubt: str, key: str) -> bool:
        """Ask about a strange value; return False if the user means it. doubt: "" for none.

        The next call with the same value confirms it; a later one asks again.
        """
        is_asked = doubt not in ("", self._asked)
        self._asked = doubt if is_asked else ""
        if is_asked:
            self.show_message(f"{doubt}; press {key} again if you mean it", is_problem=True)
        return is_asked

    def show_command(self, draft: Draft) -> None:
        """Show the command that trains the same run."""
        self._write(self._command, _labelled("command", Text(_line(draft.command()))))

    def show_estimate(self, estimate: Estimate) -> None:
        """Show the cost of the run."""
        style = "bold red" if estimate.is_problem else ""
        self._write(self._cost, _labelled("cost   ", Text(visible(estimate.text), style)))

    def _write(self, part: Static, text: RenderableType) -> None:
        """Update a part; set its height only if it changes, because a new layout is slow."""
        self._texts[part] = text
        width = part.size.width or self.app.size.width - _AROUND  # before the first layout
        options = self.app.console.options.update_width(max(1, width))
        lines = self.app.console.render_lines(text, options, pad=False)
        height = max(_MIN_HEIGHTS[str(part.id)], min(len(lines), _MAX_HEIGHT))
        if part.styles.height is None or part.styles.height.value != height:
            part.styles.height = height
        part.update(text, layout=False)


def _labelled(label: str, text: Text) -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_row(Text(label, "dim"), text)
    return table


def _line(text: str) -> str:
    return visible(text, newline=" ")

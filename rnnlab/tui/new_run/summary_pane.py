"""What a draft comes to: the focused field in full, the cost of the run, the command line."""

from __future__ import annotations

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from rnnlab.base.display import visible
from rnnlab.settings.groups import FieldKind
from rnnlab.tui.new_run.estimator import Estimate
from rnnlab.tui.new_run.model import Draft

_LOW = {"about": 3, "estimate": 2, "command": 2}
"""Lines that a part has in any case, so that little moves while it is written."""
_HIGH = 6


class DraftPane(Vertical):
    """Always in view, whatever field is shown."""

    def __init__(self) -> None:
        super().__init__(id="draft")
        self._about = Static(id="about", markup=False)
        self._cost = Static(id="estimate", markup=False)
        self._command = Static(id="command", markup=False)

    def compose(self) -> ComposeResult:
        """Put the parts one below the other."""
        yield self._about
        yield self._cost
        yield self._command

    def explain(self, kind: FieldKind, draft: Draft) -> None:
        """Say in full what is wrong with a field, or with all of them, and what it is for."""
        self.border_title = kind.title
        problem = draft.problems.get(kind.name, "") or draft.problems.get("", "")
        about = Text()
        if problem:
            end = "" if problem.endswith((".", "?", "!")) else "."
            about.append(f"{_line(problem)}{end} ", "bold red")
        about.append(kind.help)
        holds = draft.holds.get(kind.name)
        if holds and draft.is_changed(kind.name):
            about.append(f" Without you: {_line(holds)}.", "bold")
        if kind.choices is not None:
            about.append(f" Enter lists them{'' if kind.is_closed else ', others go too'}.", "dim")
        self._write(self._about, about)

    def show_text(self, text: str, *, is_problem: bool = False) -> None:
        """Say how a start goes, in the place of the help."""
        self._write(self._about, Text(_line(text), "bold red" if is_problem else "dim"))

    def show_command(self, draft: Draft) -> None:
        """Show the command line that does the same."""
        self._write(self._command, _labelled("command", Text(_line(draft.command()))))

    def show_estimate(self, estimate: Estimate) -> None:
        """Say what the run would cost."""
        style = "bold red" if estimate.is_problem else ""
        self._write(self._cost, _labelled("cost   ", Text(visible(estimate.text), style)))

    def _write(self, part: Static, text: RenderableType) -> None:
        """Write a part, as high as it needs to be; laid out anew only where that is different."""
        lines = self.app.console.render_lines(
            text, self.app.console.options.update_width(max(1, part.size.width)), pad=False
        )
        height = max(_LOW[str(part.id)], min(len(lines), _HIGH))
        if part.styles.height is None or part.styles.height.value != height:
            part.styles.height = height
        part.update(text, layout=False)


def _labelled(label: str, text: Text) -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_row(Text(label, "dim"), text)
    return table


def _line(text: str) -> str:
    return visible(text, newline=" ")

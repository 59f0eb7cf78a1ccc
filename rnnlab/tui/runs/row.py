"""A run's row in the list: one line of figures, and on a narrow pane a line for its progress."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from rich.text import Text

from rnnlab.base.cells import shortened
from rnnlab.base.display import count, duration, loss, visible
from rnnlab.runs.fields import value_of
from rnnlab.runs.records import State
from rnnlab.runs.summary import RunSummary
from rnnlab.tui.runs.columns import BEFORE_NAME, COLUMNS, TO_DO, bar, cell_of

STATE_MARKS: dict[State, tuple[str, str]] = {
    "queued": ("◌", "dim"),
    "starting": ("◔", "yellow"),
    "running": ("●", "green"),
    "paused": ("‖", "yellow"),
    "finished": ("✓", "dim"),
    "stopped": ("■", "dim"),
    "failed": ("✗", "bold red"),
    "lost": ("?", "bold red"),
}
TROUBLE_MARK = ("!", "bold red")
"""Mark of a run that has an alarm."""

_SHIPPED = " shipped"
_INDENT = 2
"""Number of blanks before the second line."""
_LEAST_BAR = 4
"""Minimum width of a progress bar in characters."""


class RowLook(NamedTuple):
    """What a row shows besides the run's figures."""

    color: str
    """The run's colour, as a style."""
    letter: str
    """The run's letter; empty if the charts do not show the run."""
    is_selected: bool
    is_pinned: bool


@dataclass(frozen=True, slots=True)
class RowLayout:
    """The columns and lines of all rows."""

    columns: tuple[str, ...]
    name_width: int
    """Width of the first column."""
    has_progress: bool = True
    """Whether there is room for a second line below each active run."""
    has_facts: bool = False
    """Whether there is room for a second line below every other run."""

    @property
    def has_progress_columns(self) -> bool:
        """Whether the columns show the progress and the remaining time."""
        return {"progress", "left"} <= set(self.columns)

    @property
    def is_of_now(self) -> bool:
        """Whether a column changes with time, although the run does not."""
        return any(COLUMNS[name].is_of_now for name in self.columns)

    def height_of(self, summary: RunSummary) -> int:
        """Return the number of lines of a run's row."""
        has_second = self.has_progress if summary.is_active else self.has_facts
        return 2 if has_second and not self.has_progress_columns else 1

    def cells(self, summary: RunSummary, look: RowLook) -> list[Text]:
        """Return the cells of a run's row, each as wide as its column."""
        texts = [
            _name_cell(summary, look, self.name_width),
            *(_figure_cell(summary, column) for column in self.columns),
        ]
        if self.height_of(summary) == 1:
            return texts
        widths = [cell.cell_len for cell in texts]
        line = self._second_line(summary, look, sum(widths))
        ends = [sum(widths[:number]) for number in range(1, len(widths))]
        parts = line.divide(ends)
        return [
            Text.assemble(text, "\n", part, no_wrap=True, overflow="crop")
            for text, part in zip(texts, parts, strict=True)
        ]

    def _second_line(self, s: RunSummary, look: RowLook, width: int) -> Text:
        """Return the progress of an active run, or the main facts about another one."""
        room = width - _INDENT
        if s.is_active:
            line = _progress(s, look.color, room, has_loss="train" not in self.columns)
        else:
            facts = " · ".join(filter(None, (s.cell, s.corpus, f"{count(s.step)} steps")))
            line = Text(shortened(visible(facts, newline=" "), room), "dim")
        text = Text(" " * _INDENT).append_text(line)
        text.truncate(width, pad=True)
        return text


def name_length(summary: RunSummary) -> int:
    """Return the number of characters of a run's name and of the label of a shipped run."""
    return len(summary.name) + (len(_SHIPPED) if summary.is_shipped else 0)


def _name_cell(s: RunSummary, look: RowLook, width: int) -> Text:
    mark, style = TROUBLE_MARK if s.alarm else STATE_MARKS[s.state]
    name = shortened(s.name, width - BEFORE_NAME)
    cell = Text.assemble(
        ("◆" if look.is_selected else "▎", look.color),
        (look.letter or " ", f"bold {look.color}"),
        (mark, style),
        "^" if look.is_pinned else " ",
        (name, "bold" if look.is_selected else ""),
    )
    if s.is_shipped and cell.cell_len + len(_SHIPPED) <= width:
        cell.append(_SHIPPED, "dim")
    cell.pad_right(width - cell.cell_len)
    return cell


def _figure_cell(summary: RunSummary, column: str) -> Text:
    return Text(cell_of(column, summary), "dim" if column == "trend" else "")


def _progress(s: RunSummary, color: str, width: int, *, has_loss: bool) -> Text:
    """Return state or bar, percentage, loss and remaining time in at most `width` characters.

    has_loss: whether the line shows the training loss, which no column shows.
    """
    if s.silent_s is not None:
        return Text(s.state_text, "bold red")
    if s.state == "queued":
        return Text(f"queued, no. {s.queue_place}" if s.queue_place else "queued", "dim")
    if s.stage:
        return Text(s.stage, "yellow")
    fraction = value_of("progress", s)
    percentage = f"{count(s.step)} steps" if fraction is None else f"{fraction:.0%}"
    figures = [percentage]
    if has_loss and s.train_loss is not None:
        figures.append(loss(s.train_loss)[:6])
    if s.state == "running" and s.eta_s is not None:
        figures.append(duration(s.eta_s))
    text = " ".join(figures)
    if s.state != "running":
        return Text.assemble((s.state, "yellow"), " ", text)
    bar_width = width - len(text) - 1
    if fraction is None or bar_width < _LEAST_BAR:
        return Text(text)
    drawn = bar(fraction, bar_width)
    return Text.assemble(
        (drawn.rstrip(TO_DO), color), (TO_DO * drawn.count(TO_DO), "dim"), f" {text}"
    )

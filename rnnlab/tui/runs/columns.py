"""The columns of the list of runs: their figures and widths, and which of them fit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rnnlab.base.cells import shortened, to_left, to_right
from rnnlab.base.display import count, duration, loss, percent, sparkline, visible
from rnnlab.runs.fields import FIGURES, value_of
from rnnlab.runs.summary import DIVERGED, RunSummary
from rnnlab.tui.state.run_filter import NEWEST, SORTS

DONE, TO_DO = "█", "░"
"""Characters of a progress bar."""
_BAR = 4
"""Width of the bar in the column of the progress."""
SILENT = "silent"
"""State of a run whose worker does not respond, in a column that is too narrow for more."""
NAME = "name"
"""The first column, which is always shown: state, letter and name."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column besides the name."""

    title: str
    width: int
    """Width in characters, without the blank before it."""
    text: Callable[[RunSummary], str]
    about: str
    """Description for the dialog in which columns are chosen."""
    sort: str
    """Sort key of the column."""
    is_left: bool = False
    """Whether the text is aligned to the left; figures are aligned to the right."""
    is_of_now: bool = False
    """Whether the text changes with time, although the run does not."""


def bar(fraction: float, width: int) -> str:
    """Return a bar of which a fraction is filled."""
    num_done = round(fraction * width)
    return DONE * num_done + TO_DO * (width - num_done)


def _progress(s: RunSummary) -> str:
    """Return the place in the queue, or bar and percentage; empty for a finished run."""
    if s.queue_place is not None:
        return f"no. {s.queue_place}"
    if s.stage:
        return f"{s.stage.partition(' ')[0]}…"
    fraction = value_of("progress", s)
    if fraction is None or s.state == "finished":
        return ""
    return f"{bar(fraction, _BAR)} {fraction:>4.0%}"


def _accuracy(s: RunSummary) -> str:
    if s.val_accuracy is None:
        return ""
    return percent(s.val_accuracy).replace("100.0%", "100%")


def _left(s: RunSummary) -> str:
    if s.silent_s is not None:
        return SILENT
    if s.state in ("failed", "lost", "paused"):
        return s.state
    return duration(s.eta_s) if s.is_active else ""


def _state(s: RunSummary) -> str:
    if s.silent_s is not None:
        return SILENT
    return s.state if s.diverged_step is None else DIVERGED


COLUMNS: dict[str, Column] = {
    "val": Column("val", 6, lambda s: loss(s.val_loss)[:6], "loss of the last validation", "val"),
    "accuracy": Column(
        "acc", 5, _accuracy,
        "correct documents, last validation", "accuracy",
    ),
    "train": Column("train", 6, lambda s: loss(s.train_loss)[:6], "training loss", "train"),
    "progress": Column("done", _BAR + 5, _progress, "completed part of training", "progress"),
    "left": Column("left", 6, _left, "remaining time", "left"),
    "step": Column("step", 6, lambda s: count(s.step), "optimiser steps", "step"),
    "speed": Column("tok/s", 6, lambda s: count(s.tokens_per_s), "tokens per second", "speed"),
    "trend": Column(
        "trend", 12, lambda s: sparkline(list(s.recent_losses), 12), "recent training losses",
        NEWEST, is_left=True,
    ),
    "cell": Column(
        "cell", 8, lambda s: shortened(s.cell, 8), "recurrent cell", "cell", is_left=True
    ),
    "best": Column("best", 6, lambda s: loss(s.best_val_loss)[:6], "lowest val loss", "best"),
    "epoch": Column("epoch", 6, lambda s: f"{s.epoch:.1f}", "passes over the text", "epoch"),
    "parameters": Column("params", 6, lambda s: count(s.parameters), "weights", "parameters"),
    "tags": Column(
        "tags", 12, lambda s: shortened(visible(" ".join(s.tags), newline=" "), 12), "your words",
        "tags", is_left=True,
    ),
    "corpus": Column(
        "corpus", 10, lambda s: shortened(s.corpus, 10), "text of training", "corpus",
        is_left=True,
    ),
    "age": Column(
        "age", 6, lambda s: duration(FIGURES["age"].of(s)), "time since the start", "age",
        is_of_now=True,
    ),
    "time": Column("time", 6, lambda s: duration(s.elapsed_s), "training time", "time"),
    "state": Column("state", 8, _state, "state in words", "state", is_left=True),
}  # fmt: skip
"""All columns by name, in the order of the dialog."""

_DEFAULT = ("val", "accuracy", "train", "progress", "left", "step", "speed", "trend", "cell")
_ESSENTIAL = frozenset({"val", "accuracy"})
"""Columns for which the name gets shorter."""
_LEAST_NAME, _USUAL_NAME = 12, 18
"""Least width of the column of names: beside essential columns, and beside all others."""
BEFORE_NAME = 4
"""Number of characters before a name: selection, letter, state, pin."""


def default_columns(summaries: Iterable[RunSummary]) -> list[str]:
    """Return the default columns: the accuracy is among them if a run is a classifier."""
    has_classifier = any(s.task == "classify" for s in summaries)
    return [name for name in _DEFAULT if has_classifier or name != "accuracy"]


def chosen_columns(names: Sequence[str], summaries: Iterable[RunSummary]) -> list[str]:
    """Return the columns that a user has chosen, or the default ones; skip unknown names."""
    return [name for name in names if name in COLUMNS] or default_columns(summaries)


def sorts_of(columns: Iterable[str]) -> list[str]:
    """Return the sort keys to step through: newest, name, and those of the columns."""
    return list(dict.fromkeys([NEWEST, NAME, *(COLUMNS[name].sort for name in columns)]))


def header(column: str, sort: str, *, is_reversed: bool) -> str:
    """Return a column's title at its place; an arrow marks the direction of the sort."""
    spec = COLUMNS.get(column)
    title, own_sort = (spec.title, spec.sort) if spec else ("run", NAME)
    if own_sort == sort != NEWEST:
        figure = FIGURES.get(sort)
        is_falling = (figure is not None and figure.is_best_high) != is_reversed
        title += "↓" if is_falling else "↑"
    if spec is None:
        return f" {title}"
    return f" {title}" if spec.is_left else title.rjust(spec.width + 1)


def cell_of(column: str, summary: RunSummary) -> str:
    """Return a figure of a run as wide as its column."""
    spec = COLUMNS[column]
    text = spec.text(summary)
    if not text.isprintable():  # the texts of a run are data; calling `visible` takes longer
        text = visible(text, newline=" ")
    return f" {to_left(text, spec.width)}" if spec.is_left else f" {to_right(text, spec.width)}"


def fitting(columns: Sequence[str], width: int, longest_name: int) -> tuple[tuple[str, ...], int]:
    """Return the columns that fit, in order, and the width of the column of names.

    width: columns of the terminal for the whole row; longest_name: length of the longest name,
    which gets the space that is left over.
    """
    shown: list[str] = []
    room = width
    for name in columns:
        least = _LEAST_NAME if name in _ESSENTIAL else _USUAL_NAME
        needed = COLUMNS[name].width + 1
        if room - needed < least:
            break
        room -= needed
        shown.append(name)
    wanted = max(_USUAL_NAME, BEFORE_NAME + longest_name)
    return tuple(shown), max(_LEAST_NAME, min(room, wanted))


assert {column.sort for column in COLUMNS.values()} <= SORTS.keys()

"""Runs set side by side: their figures, and the settings in which they differ.

The command line and the app both compare through here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from rnnlab.base.display import MISSING, count, duration, loss, percent
from rnnlab.runs.store import Run
from rnnlab.runs.summary import RunSummary

_T = TypeVar("_T")


class ComparedValue(NamedTuple):
    """A setting or a figure of every run."""

    name: str
    values: tuple[str, ...]
    is_setting: bool


_FIGURES: tuple[tuple[str, Callable[[RunSummary], str]], ...] = (
    ("state", lambda s: s.state),
    ("step", lambda s: f"{s.step:,}"),
    ("train loss", lambda s: loss(s.train_loss)),
    ("val loss", lambda s: loss(s.val_loss)),
    ("best val loss", lambda s: loss(s.best_val_loss)),
    ("val accuracy", lambda s: percent(s.val_accuracy)),
    ("tokens a second", lambda s: count(s.tokens_per_s)),
    ("parameters", lambda s: count(s.parameters)),
    ("time", lambda s: duration(s.elapsed_s)),
)


def rows_of(
    runs: Sequence[Run], summaries: Sequence[RunSummary], defaults: Mapping[str, Any]
) -> list[ComparedValue]:
    """Return a row for every figure that a run has, then one for every setting that differs.

    defaults: settings that a run has where it does not say otherwise; an older one says less.
    """
    figures = [
        ComparedValue(name, tuple(map(figure, summaries)), False) for name, figure in _FIGURES
    ]
    rows = [row for row in figures if set(row.values) != {MISSING}]
    if len({s.unit for s in summaries}) > 1:
        rows.insert(0, ComparedValue("losses of a", tuple(s.unit for s in summaries), False))
    settings = [{**defaults, **run.settings()} for run in runs]
    names = dict.fromkeys(name for one in settings for name in one)
    differing = [name for name in names if len({repr(one.get(name)) for one in settings}) > 1]
    return rows + [
        ComparedValue(n, tuple(_value(one, n) for one in settings), True) for n in differing
    ]


def by_unit(summaries: Sequence[RunSummary], items: Sequence[_T]) -> dict[str, list[_T]]:
    """Return items, one a run, by what the run's losses are the mean of.

    Losses of letters, words and documents have no common axis.
    """
    found: dict[str, list[_T]] = {}
    for summary, item in zip(summaries, items, strict=True):
        found.setdefault(summary.unit, []).append(item)
    return found


def _value(settings: Mapping[str, Any], name: str) -> str:
    value = settings.get(name, "")
    if name == "threads" and value == 0:
        return "0 (automatic)"
    return Path(str(value)).stem if name == "corpus" else str(value)

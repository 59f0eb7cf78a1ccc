"""The comparison of runs: their metrics, and the settings in which they differ.

Used by the command line and the app.
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
    """One setting or one metric, with its value in every run as text."""

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
    ("tokens/s", lambda s: count(s.tokens_per_s)),
    ("parameters", lambda s: count(s.parameters)),
    ("time", lambda s: duration(s.elapsed_s)),
)


def rows_of(
    runs: Sequence[Run], summaries: Sequence[RunSummary], defaults: Mapping[str, Any]
) -> list[ComparedValue]:
    """Return a row per metric that at least one run has, then a row per setting that differs.

    defaults: values of the settings that are missing in a run; older runs have fewer settings.
    """
    figures = [
        ComparedValue(name, tuple(map(figure, summaries)), False) for name, figure in _FIGURES
    ]
    rows = [row for row in figures if set(row.values) != {MISSING}]
    if len({s.unit for s in summaries}) > 1:
        rows.insert(0, ComparedValue("losses per", tuple(s.unit for s in summaries), False))
    settings = [{**defaults, **run.settings()} for run in runs]
    names = dict.fromkeys(name for values in settings for name in values)
    differing = [n for n in names if len({repr(values.get(n)) for values in settings}) > 1]
    return rows + [
        ComparedValue(n, tuple(_value(values, n) for values in settings), True) for n in differing
    ]


def by_unit(summaries: Sequence[RunSummary], items: Sequence[_T]) -> dict[str, list[_T]]:
    """Group items, one per run, by the unit of the run's losses.

    Losses per character, word and document cannot share an axis.
    """
    groups: dict[str, list[_T]] = {}
    for summary, item in zip(summaries, items, strict=True):
        groups.setdefault(summary.unit, []).append(item)
    return groups


def _value(settings: Mapping[str, Any], name: str) -> str:
    value = settings.get(name, "")
    if name == "threads" and value == 0:
        return "0 (automatic)"
    return Path(str(value)).stem if name == "corpus" else str(value)

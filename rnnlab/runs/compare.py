"""The comparison of runs: their metrics, and the settings in which they differ.

Used by the command line and the app.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

from rnnlab.base.display import MISSING, count, duration, loss, nats_per, percent
from rnnlab.runs.run import Run
from rnnlab.runs.summary import RunSummary, corpus_name

_T = TypeVar("_T")


class ComparedValue(NamedTuple):
    """One setting or one metric, with its value in every run as text."""

    name: str
    values: tuple[str, ...]


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
    figures = [ComparedValue(name, tuple(map(figure, summaries))) for name, figure in _FIGURES]
    rows = [row for row in figures if set(row.values) != {MISSING}]
    if len({s.unit for s in summaries}) > 1:
        rows.insert(0, ComparedValue("losses in", tuple(nats_per(s.unit) for s in summaries)))
    settings = [{**defaults, **run.settings()} for run in runs]
    names = dict.fromkeys(name for values in settings for name in values)
    differing = [n for n in names if len({repr(values.get(n)) for values in settings}) > 1]
    return rows + [
        ComparedValue(n, tuple(_value(values, n) for values in settings)) for n in differing
    ]


class HasUnit(Protocol):
    """A run with the unit of its losses."""

    @property
    def unit(self) -> str:
        """Unit of the targets: letter, word or document."""
        ...


def by_unit(runs: Sequence[HasUnit], items: Sequence[_T]) -> dict[str, list[_T]]:
    """Group items, one per run, by the unit of the run's losses.

    Losses per character, word and document cannot share an axis.
    """
    groups: dict[str, list[_T]] = {}
    for run, item in zip(runs, items, strict=True):
        groups.setdefault(run.unit, []).append(item)
    return groups


def _value(settings: Mapping[str, Any], name: str) -> str:
    value = settings.get(name, "")
    if name == "threads" and value == 0:
        return "0 (automatic)"
    return corpus_name(str(value)) if name == "corpus" else str(value)

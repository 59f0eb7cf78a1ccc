"""What a plot says, before anyone knows how large it will be or on which terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import nan
from typing import Literal

from rnnlab.runs.history import History
from rnnlab.runs.records import EvalRecord, TrainRecord
from rnnlab.runs.summary import RunSummary

Axis = Literal["step", "epoch", "time"]


@dataclass(frozen=True, slots=True)
class Curve:
    """A series of points; a value that is not finite is left out when drawn, and counted."""

    name: str
    """What it is called; with several runs the name starts with the run's."""
    xs: tuple[float, ...]
    """Ascending."""
    ys: tuple[float, ...]
    color: int
    """Its place in the palette."""
    style: Literal["line", "points"] = "line"
    """Points are joined, and each is marked."""
    is_faint: bool = False
    """Whether it stands behind the others: dots that are not joined."""
    is_ghost: bool = False
    """Whether it is the raw curve behind a smoothed one, which is not listed by itself."""
    run: str = ""
    """The run's name where the chart has several: its curves share a colour and a letter."""


@dataclass(frozen=True, slots=True)
class Level:
    """A horizontal line."""

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class Chart:
    """Curves over one axis, and the words around them."""

    title: str
    x_label: str
    y_label: str
    curves: tuple[Curve, ...]
    levels: tuple[Level, ...] = ()
    empty: str = "nothing to draw yet"
    """Said in place of the curves when there are none."""
    axis: Axis = "step"
    """Unit of the xs: steps, epochs or seconds."""
    is_log: bool = False
    """Whether heights are logarithms; values that have none are left out."""
    is_from_zero: bool = False
    """Whether the picture reaches down to zero, so that heights can be compared."""
    is_exact: bool = False
    """Whether there is nothing to smooth: its values are set, not measured."""
    window: tuple[float, float] | None = None
    """Part of the axis that is shown; None for all."""
    state: str = ""
    """How the window behaves (all, live, frozen), said beside the axis."""
    cursor: float | None = None
    """Place whose values stand in the legend; None for the last ones."""
    smoothing: float = 0.0
    """Weight of the average that the curves have been smoothed with."""


@dataclass(frozen=True, slots=True)
class NamedHistory:
    """A run as a plot knows it."""

    name: str
    color: int
    """Its place in the palette, the same in every plot."""
    history: History
    clip: float | None = None
    """Norm at which the run clips its gradient; None or 0 where it does not."""
    floor: float | None = None
    """Smallest loss that any model can come to on its corpus; None where nobody knows."""
    unit: str = "token"
    """What the losses are nats of: a letter, a word, a document."""
    published: tuple[Level, ...] = ()
    """Losses that were published of the same experiment."""
    is_over: bool = False
    """Whether it has ended: what its history lacks will not come."""
    is_read: bool = True
    """Whether its history has what there was when somebody began to look at it."""

    @classmethod
    def of(cls, summary: RunSummary, color: int, history: History) -> NamedHistory:
        """Return a run with the lines that belong to it."""
        published = (Level(f"published {of}", loss) for of, loss in summary.published.items())
        return cls(
            summary.name,
            color,
            history,
            summary.clip,
            summary.floor_nats,
            summary.unit,
            tuple(published),
            not summary.is_active,
        )


def along(records: Iterable[TrainRecord | EvalRecord], axis: Axis) -> list[float]:
    """Return where records stand on the axis: steps, epochs or seconds."""
    attribute = "time_s" if axis == "time" else axis
    return [number(getattr(record, attribute)) for record in records]


def trace(
    runs: Sequence[NamedHistory],
    run: NamedHistory,
    name: str,
    xs: Iterable[float],
    ys: Iterable[float | None],
    *,
    is_only: bool = False,
    is_second: bool = False,
    style: Literal["line", "points"] = "line",
    is_faint: bool = False,
) -> Curve:
    """Return one curve of a run among `runs`.

    Alone, a run's second curve takes the next colour; among several, both have the run's. A run's
    only curve among those of several runs is called as the run is.
    """
    is_alone = len(runs) == 1
    return Curve(
        name=name if is_alone else run.name if is_only else f"{run.name} {name}",
        xs=tuple(xs),
        ys=tuple(map(number, ys)),
        color=run.color + (is_second and is_alone),
        style=style,
        is_faint=is_faint,
        run="" if is_alone else run.name,
    )


def kept(curves: Iterable[Curve]) -> tuple[Curve, ...]:
    """Return the curves that have a point."""
    return tuple(curve for curve in curves if curve.xs)


def waiting(runs: Sequence[NamedHistory], for_what: str, when: str) -> str:
    """Return the sentence of a chart without curves: what is missing, and when or why not it comes.

    A run that was trained may lack some records, as it may be told not to write them.
    """
    if not runs:
        return "no run is selected"
    if not all(run.is_read for run in runs):
        return "reading the journal…"
    if not all(run.is_over for run in runs):
        return f"no {for_what} yet: {when}"
    if any(run.history.train for run in runs):
        return f"no {for_what}: none was recorded"
    return f"no {for_what}: training ended before the first record"


def number(value: float | None) -> float:
    """Return what a journal's null stands for, a number that JSON cannot hold."""
    return nan if value is None else float(value)

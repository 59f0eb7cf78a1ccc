"""A chart as data, independent of its size and of the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import nan
from typing import Literal, NamedTuple

from rnnlab.runs.history import History
from rnnlab.runs.records import EvalRecord, TrainRecord
from rnnlab.runs.run import Family
from rnnlab.runs.summary import RunSummary

Axis = Literal["step", "epoch", "time"]


@dataclass(frozen=True, slots=True)
class Curve:
    """A series of points; values that are not finite are omitted in the drawing, and counted."""

    name: str
    """Name in the legend; with several runs, it starts with the run's name."""
    xs: tuple[float, ...]
    """Ascending."""
    ys: tuple[float, ...]
    color: int
    """Index in the palette."""
    style: Literal["line", "points", "band"] = "line"
    """`points` are joined, and each has a mark. The points of a `band` are the lowest and the
    highest value at each position; it is filled with dots."""
    is_faint: bool = False
    """Whether it is drawn behind the others, as dots that are not joined."""
    is_ghost: bool = False
    """Whether it is the raw curve of a smoothed one, without an entry in the legend."""
    run: str = ""
    """The run's name if the chart has several runs: its curves share a colour and a letter."""
    letter: str = ""
    """The run's letter; empty: the next free one if the curves need letters."""
    before: float | None = None
    """The last finite value before the x window; None if the curve has none there."""


@dataclass(frozen=True, slots=True)
class Level:
    """A horizontal line."""

    name: str
    value: float


class Landmark(NamedTuple):
    """An event at a position on the x axis."""

    x: float
    name: str
    """The event of the journal, or `best`."""
    color: int
    """Index in the palette: the colour of its run."""


@dataclass(frozen=True, slots=True)
class Chart:
    """Curves with a common x axis, and the texts around them."""

    title: str
    x_label: str
    y_label: str
    curves: tuple[Curve, ...]
    levels: tuple[Level, ...] = ()
    empty: str = "nothing to draw yet"
    """Text shown if there are no curves."""
    axis: Axis = "step"
    """Unit of the xs: steps, epochs or seconds."""
    is_log: bool = False
    """Whether the y axis has a log scale; values that are not positive are omitted."""
    log_key: str = ""
    """Key that switches to the log scale, named if the values call for it; empty: not offered."""
    is_from_zero: bool = False
    """Whether the y axis includes zero, so that heights can be compared."""
    can_diverge: bool = False
    """Whether values far above the earlier ones are a divergence, however long it lasts."""
    is_exact: bool = False
    """Whether the values are set, not measured, and are never smoothed."""
    window: tuple[float, float] | None = None
    """Visible part of the x axis; None for all."""
    y_zoom: int = 0
    """Steps by which the y axis is zoomed in; negative: out."""
    landmarks: tuple[Landmark, ...] = ()
    """Events that have a sign on the x axis."""
    state: str = ""
    """Mode of the window (all, live, frozen), shown next to the axis."""
    cursor: float | None = None
    """Position up to which the legend shows the last values; None for the last of all."""
    smoothing: float = 0.0
    """EMA factor with which the curves have been smoothed; 0: not smoothed."""


@dataclass(frozen=True, slots=True)
class NamedHistory:
    """A run to plot: its name, colour, history and levels."""

    name: str
    color: int
    """Index in the palette, the same in every plot."""
    history: History
    clip: float | None = None
    """Norm at which the run clips its gradient; None or 0 for no clipping."""
    floor: float | None = None
    """Lowest achievable loss on its corpus; None if unknown."""
    unit: str = "token"
    """Unit of the losses, which are nats per letter (character), word or document."""
    published: tuple[Level, ...] = ()
    """Published losses of the same experiment."""
    is_over: bool = False
    """Whether the run has ended, so that no further records will come."""
    is_read: bool = True
    """Whether its journal has been read."""
    letter: str = ""
    """The run's letter, the same in every plot; empty: the next free one."""
    family: Family | None = None
    """Runs of the same family, with a seed each, are drawn as their mean; None: drawn apart."""

    @classmethod
    def of(
        cls, summary: RunSummary, color: int, history: History, family: Family | None = None
    ) -> NamedHistory:
        """Return a run to plot, with the levels from its summary."""
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
            family=family,
        )


def along(records: Iterable[TrainRecord | EvalRecord], axis: Axis) -> list[float]:
    """Return the positions of records on the x axis: steps, epochs or seconds."""
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

    The second curve of a single run has the next colour; with several runs, all curves have their
    run's colour. If each of several runs has only one curve, it has the run's name.
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
        letter="" if is_alone else run.letter,
    )


def non_empty(curves: Iterable[Curve]) -> tuple[Curve, ...]:
    """Return the curves that have at least one point."""
    return tuple(curve for curve in curves if curve.xs)


def waiting(runs: Sequence[NamedHistory], for_what: str, when: str) -> str:
    """Return the text of a chart without curves: what is missing, and when it will appear.

    for_what: the missing value; when: a clause about its first record. A run may lack records
    because of its settings.
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
    """Return a value of a record, nan for null, which stands for inf or nan in JSON."""
    return nan if value is None else float(value)

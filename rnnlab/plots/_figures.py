"""Pictures beyond curves, as data: what a look into a model shows. A file draws each kind.

A finding is what a view of `rnnlab.insight` gives: it crosses a pipe as JSON and is drawn alike by
the command line and the app.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Any

from rnnlab.plots._chart import Chart


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Values in rows and columns, as shades."""

    title: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    """A name for each column: numbers, or the letters of a text."""
    values: tuple[tuple[float | None, ...], ...]
    """One tuple for each row; None or not finite: no value."""
    x_label: str = ""
    unit: str = ""
    low: float | None = None
    """End of the scale; None: the least value."""
    high: float | None = None
    is_log: bool = False
    """Whether shades follow logarithms."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """One histogram: shares of equal bins."""

    name: str
    shares: tuple[float, ...]
    note: str = ""
    """Said beside the name, such as the share below 0.05."""


@dataclass(frozen=True, slots=True)
class Histograms:
    """Distributions over the same range, as small pictures beside each other."""

    title: str
    distributions: tuple[Distribution, ...]
    low: float = 0.0
    high: float = 1.0


@dataclass(frozen=True, slots=True)
class Plane:
    """Points of the complex plane, the unit circle around zero behind them."""

    title: str
    points: tuple[tuple[float, float], ...]
    """Real and imaginary part."""


@dataclass(frozen=True, slots=True)
class ShadedText:
    """A text, each token with a value from -1 to 1."""

    title: str
    tokens: tuple[str, ...]
    shades: tuple[float, ...]
    """-1 ... 1, one for each token."""
    high: str = "high"
    """What 1 means."""
    low: str = "low"
    """What -1 means."""


@dataclass(frozen=True, slots=True)
class Table:
    """Words and figures in columns; all but the first are set to the right."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Picture = Chart | HeatMap | Histograms | Plane | ShadedText | Table


@dataclass(frozen=True)
class Finding:
    """What a view has found in a model."""

    view: str
    run: str
    step: int
    """Of the checkpoint that was looked into."""
    says: tuple[str, ...] = ()
    """What is seen, in sentences made from the figures."""
    pictures: tuple[Picture, ...] = ()
    figures: dict[str, Any] = field(default_factory=dict)
    """All numbers, ready for JSON."""
    units: tuple[str, ...] = ()
    """Units of which this is one, where a view shows a single one: to page through."""

    def document(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {
            "view": self.view,
            "run": self.run,
            "step": self.step,
            "says": list(self.says),
            **self.figures,
        }

    def to_json(self) -> dict[str, Any]:
        """Return what crosses a pipe: all of it, pictures included, but for the figures."""
        return {**asdict(self), "figures": {}}


def finding_from_json(values: dict[str, Any]) -> Finding:
    """Return what `to_json` gave; raises ValueError for anything else."""
    finding: Finding = _reader().validate_python(values)
    return finding


@cache
def _reader() -> Any:
    from pydantic import TypeAdapter  # 0.1 s

    return TypeAdapter(Finding)

"""Findings and their pictures, as data; every kind of picture is drawn by a file of its own.

A finding is the result of a view of `rnnlab.insight`. The command line computes and draws it; for
the app, the generator process computes it and sends it as JSON.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Any

from rnnlab.plots._chart import Chart


@dataclass(frozen=True, slots=True)
class HeatMap:
    """A table of numbers, each drawn as a shade."""

    title: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    """Names of the columns: numbers, or the tokens of a text."""
    values: tuple[tuple[float | None, ...], ...]
    """One tuple of values per row; None for a missing value."""
    x_label: str = ""
    unit: str = ""
    low: float | None = None
    """Lower end of the scale; None: the smallest value."""
    high: float | None = None
    """Upper end of the scale; None: the largest value."""
    is_log: bool = False
    """Whether the scale is a log scale."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """One histogram: fractions in bins of equal width."""

    name: str
    shares: tuple[float, ...]
    note: str = ""
    """Text shown after the name, such as the percentage of closed gates."""


@dataclass(frozen=True, slots=True)
class Histograms:
    """Distributions over the same range, drawn side by side."""

    title: str
    distributions: tuple[Distribution, ...]
    low: float = 0.0
    high: float = 1.0


@dataclass(frozen=True, slots=True)
class Plane:
    """Points of the complex plane, drawn with the unit circle."""

    title: str
    points: tuple[tuple[float, float], ...]
    """Real and imaginary part of each point."""


@dataclass(frozen=True, slots=True)
class ShadedText:
    """A text, each token with a value from -1 to 1."""

    title: str
    tokens: tuple[str, ...]
    shades: tuple[float, ...]
    """Value of each token, from -1 to 1."""
    high: str = "high"
    """Legend of the shade for the value 1."""
    low: str = "low"
    """Legend of the shade for the value -1."""


@dataclass(frozen=True, slots=True)
class Table:
    """Text in columns; all columns but the first are right-aligned."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Picture = Chart | HeatMap | Histograms | Plane | ShadedText | Table


@dataclass(frozen=True)
class Finding:
    """The result of a view of `rnnlab.insight`."""

    view: str
    run: str
    step: int
    """Step of the inspected checkpoint."""
    says: tuple[str, ...] = ()
    """Conclusions from the figures, as sentences."""
    pictures: tuple[Picture, ...] = ()
    figures: dict[str, Any] = field(default_factory=dict)
    """All numbers, as JSON values."""
    units: tuple[str, ...] = ()
    """Names of all units by rank, through which the user can page; empty for most views."""

    def document(self) -> dict[str, Any]:
        """Return the JSON document that `--json` prints."""
        return {
            "view": self.view,
            "run": self.run,
            "step": self.step,
            "says": list(self.says),
            **self.figures,
        }

    def to_json(self) -> dict[str, Any]:
        """Return the finding as JSON values, without the figures, for the app."""
        return {**asdict(self), "figures": {}}


def finding_from_json(values: dict[str, Any]) -> Finding:
    """Return the finding from values made by `to_json`; raise ValueError if they are invalid."""
    finding: Finding = _reader().validate_python(values)
    return finding


@cache
def _reader() -> Any:
    from pydantic import TypeAdapter  # importing pydantic takes 0.1 s

    return TypeAdapter(Finding)

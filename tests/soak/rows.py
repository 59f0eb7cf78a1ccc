"""The table of the soak: one row per check."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

MOST_FALSE_S = 10.0
"""Maximum number of seconds for which a reader may see a false status."""


@dataclass
class Row:
    """The result of one check."""

    what: str
    """The fault, with its number: `200 kills`."""
    faults: int = 0
    """Number of faults that were caused."""
    survived: int = 0
    """Number of faults after which all was as promised."""
    lost: int | None = None
    """Number of records that are missing beyond the last checkpoint; None: not applicable."""
    false_s: float | None = None
    """Longest time for which a reader saw a false status, in seconds; None: not applicable."""
    seconds: float = 0.0
    """Duration of the check."""
    note: str = ""
    """A measured figure, or the reason why the check was skipped."""
    problems: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Whether every promise was kept."""
        is_true = (self.false_s or 0.0) <= MOST_FALSE_S
        return not self.problems and self.survived == self.faults and not self.lost and is_true


Tell = Callable[[str], object]
"""Prints a line while a check is at work."""


class Run(Protocol):
    """The function of a check."""

    def __call__(self, number: int, seed: int, tell: Tell) -> Row: ...


@dataclass(frozen=True)
class Check:
    """A check and its sizes: `number` is the number of faults, keys, races, hours or prompts."""

    run: Run
    full: int
    quick: int


def silent(_line: str) -> None:
    """Print nothing."""


def table(rows: dict[str, Row]) -> str:
    """Return the table in Markdown, as `docs/reliability.md` contains it."""
    lines = [
        "| check | faults caused | survived | records lost | longest false status | time |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, row in rows.items():
        lost = "-" if row.lost is None else str(row.lost)
        false = "-" if row.false_s is None else f"{row.false_s:.2f} s"
        what = f"{name}: {row.what}" + (f" ({row.note})" if row.note else "")
        cells = [what, f"{row.faults:,}", f"{row.survived:,}", lost, false, f"{row.seconds:.0f} s"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)

"""The texts and figures of a run by name, for filters, sorting and columns: one row per field."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from typing import Literal

from rnnlab.runs.summary import DIVERGED, RunSummary

Kind = Literal["number", "fraction", "duration"]
"""How a value is written: `10k`, `90%` (a fraction is from 0 to 1), `2h` (in seconds)."""

TEXTS: dict[str, Callable[[RunSummary], str]] = {
    "name": lambda s: s.name,
    "state": lambda s: s.state if s.diverged_step is None else f"{s.state} {DIVERGED}",
    "cell": lambda s: s.cell,
    "corpus": lambda s: s.corpus,
    "task": lambda s: s.task,
    "note": lambda s: s.note,
    "tags": lambda s: " ".join(s.tags),
}
"""The texts: a word of a filter matches any of them, `cell:lstm` only one."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of a run."""

    of: Callable[[RunSummary], float | None]
    """Returns the value; None if the run does not have it."""
    kind: Kind = "number"
    is_best_high: bool = False
    """Whether a sort puts the highest value first."""


def _progress(summary: RunSummary) -> float | None:
    """Return the completed fraction of training; None if the end is unknown."""
    if summary.total_steps:
        return min(1.0, summary.step / summary.total_steps)
    if summary.eta_s is not None and summary.elapsed_s + summary.eta_s > 0:
        return summary.elapsed_s / (summary.elapsed_s + summary.eta_s)
    return None


FIGURES: dict[str, Figure] = {
    "val": Figure(lambda s: s.val_loss),
    "best": Figure(lambda s: s.best_val_loss),
    "train": Figure(lambda s: s.train_loss),
    "accuracy": Figure(lambda s: s.val_accuracy, "fraction", is_best_high=True),
    "step": Figure(lambda s: s.step, is_best_high=True),
    "epoch": Figure(lambda s: s.epoch, is_best_high=True),
    "progress": Figure(_progress, "fraction", is_best_high=True),
    "left": Figure(lambda s: s.eta_s, "duration"),
    "time": Figure(lambda s: s.elapsed_s, "duration", is_best_high=True),
    "age": Figure(lambda s: max(0.0, time.time() - s.created), "duration"),
    "speed": Figure(lambda s: s.tokens_per_s, is_best_high=True),
    "parameters": Figure(lambda s: s.parameters, is_best_high=True),
    "layers": Figure(lambda s: s.layers, is_best_high=True),
    "hidden": Figure(lambda s: s.hidden, is_best_high=True),
}
"""The figures, which a filter compares: `val<1`. Losses are in nats per target, durations in
seconds, the speed in tokens per second."""


def value_of(figure: str, summary: RunSummary) -> float | None:
    """Return a figure of a run; None if the run does not have it or it is not finite."""
    value = FIGURES[figure].of(summary)
    return value if value is not None and isfinite(value) else None

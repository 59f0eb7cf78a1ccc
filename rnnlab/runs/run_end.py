"""The end of a run: whether it is reached, and how far a finished run may continue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rnnlab.runs.records import Status

_ENDS = ("steps", "epochs", "minutes")
_STEPS = 1000
"""Suggested number of further steps if the settings are unreadable."""


def completed(settings: Mapping[str, Any], status: Status) -> float:
    """Return the completed fraction of a run, from 0; 1 or more if its end is reached."""
    steps, epochs, minutes = (_number(settings.get(name)) for name in _ENDS)
    fractions = [0.0]
    if steps:
        fractions.append(status.step / steps)
    if epochs and status.epoch:
        # The worker rounds the limit to whole steps.
        steps_per_epoch = status.step / status.epoch
        fractions.append(status.step / max(1, round(epochs * steps_per_epoch)))
    if minutes:
        fractions.append(status.elapsed_s / (60 * minutes))
    return max(fractions)


def is_at_end(settings: Mapping[str, Any], status: Status) -> bool:
    """Return True if a run has reached the limit of its steps, epochs or minutes."""
    return completed(settings, status) >= 1.0


def suggestion(settings: Mapping[str, Any], status: Status) -> dict[str, float]:
    """Return changes with which a finished run continues, setting -> new value.

    They double the run's limit; after early stopping, they double the patience.
    """
    patience = _number(settings.get("patience"))
    if patience and not is_at_end(settings, status):
        return {"patience": 2 * patience}
    for name in _ENDS:
        value = _number(settings.get(name))
        if value is not None:
            return {name: 2 * value}
    return {"steps": status.step + _STEPS}


def text_of(value: float) -> str:
    """Return the value of a setting as text: `20000`, `0.5`."""
    return f"{value:.15g}"


def _number(value: object) -> float | None:
    """Return a setting as a number; None if it is not set or a user has written something else."""
    return value if isinstance(value, int | float) else None

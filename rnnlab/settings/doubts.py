"""Valid settings that are probably mistyped: the app asks before it uses them, a verb warns."""

from __future__ import annotations

from collections.abc import Mapping

from rnnlab.settings.command_line import as_text
from rnnlab.settings.run_config import RunConfig

_USUAL = {
    "lr": 0.5, "weight_decay": 2.0, "embedding_std": 20.0, "label_smoothing": 0.9,
    "dropout": 0.95, "embedding_dropout": 0.95, "token_dropout": 0.95, "recurrent_dropout": 0.95,
}  # fmt: skip
"""Setting -> its largest usual value."""
_USUAL_SGD_LR = 100.0
"""Largest usual learning rate of sgd, which does not scale the gradient."""
_FACTOR = 100
"""A change by this factor is doubtful."""
_SCALED = ("lr", "clip")
"""Settings of which a small change is a small factor; 0 switches clip off."""
_MOST_DAYS = 30
"""Longest usual training time that a change adds, in days."""


def doubts(config: RunConfig) -> list[str]:
    """Return a line for each value that is far from the usual ones: `lr = 1000: more than ...`."""
    usual = _USUAL | ({"lr": _USUAL_SGD_LR} if config.optimizer == "sgd" else {})
    with_optimizer = {"lr": f" with {config.optimizer}"}
    return [
        f"{name} = {as_text(value)}: more than {as_text(most)}, the usual limit"
        + with_optimizer.get(name, "")
        for name, most in usual.items()
        if (value := getattr(config, name)) > most
    ]


def doubts_of_change(
    old: RunConfig, new: RunConfig, seconds_left: Mapping[str, float]
) -> list[str]:
    """Return a line for each changed value that is far from the present one.

    seconds_left: end (`steps`, ...) -> estimated seconds until the run reaches its new value.
    """
    lines = []
    for name in _SCALED:
        before, after = getattr(old, name), getattr(new, name)
        if before <= 0 or after <= 0:
            continue
        if after >= _FACTOR * before:
            lines.append(_far(name, after, f"{after / before:,.0f} times the present", before))
        elif before >= _FACTOR * after:
            lines.append(_far(name, after, f"1/{before / after:,.0f} of the present", before))
    for name, seconds in seconds_left.items():
        days = seconds / 86_400
        if days > _MOST_DAYS and getattr(new, name) != getattr(old, name):
            lines.append(f"{name} = {as_text(getattr(new, name))}: {days:,.0f} days of training")
    return lines


def _far(name: str, value: float, how: str, before: float) -> str:
    return f"{name} = {as_text(value)}: {how} {as_text(before)}"

"""Defaults that depend on other settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_DEPENDENT: dict[str, tuple[str, dict[str, Any]]] = {
    "task": ("classify", {"tokens": "words", "batch": 64, "length": 200, "eval_tokens": 0}),
    "schedule": ("one-cycle", {"warmup": 0.3}),
}
"""Setting -> a value of this setting, and the other defaults that it implies."""


def dependent_defaults(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the defaults that depend on `values`, for settings that are not in `values`."""
    present = {name for name, value in values.items() if value is not None}
    defaults: dict[str, Any] = {}
    if not present & {"epochs", "steps", "minutes"}:
        defaults["epochs"] = 10
    if "embeddings" in present and "frozen" not in present:
        defaults["frozen"] = True
    for name, (value, changed) in _DEPENDENT.items():
        if values.get(name) == value:
            defaults |= {key: changed[key] for key in changed.keys() - present}
    return defaults

"""Resolve the settings of a run, check everything, then start it. Never imports torch."""

from rnnlab.submit._layers import WRITTEN, Layers, Resolved, Setting, Source
from rnnlab.submit._resolve import resolve
from rnnlab.submit._start import (
    check_resolved,
    checked_config,
    default_name,
    find_run,
    queue_recipe,
    start_run,
)
from rnnlab.submit._steer import (
    Steered,
    Written,
    change_settings,
    check_settable,
    resume_run,
)

__all__ = [
    "WRITTEN",
    "Layers",
    "Resolved",
    "Setting",
    "Source",
    "Steered",
    "Written",
    "change_settings",
    "check_resolved",
    "check_settable",
    "checked_config",
    "default_name",
    "find_run",
    "queue_recipe",
    "resolve",
    "resume_run",
    "start_run",
]

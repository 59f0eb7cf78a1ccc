"""Resolve the settings of a run, check everything, then start it. Never imports torch."""

from rnnlab.submit._layers import WRITTEN, Layers, Resolved, Setting, Source
from rnnlab.submit._origin import WrittenSettings, origin_of, source_of, written_settings
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
    "WrittenSettings",
    "change_settings",
    "check_resolved",
    "check_settable",
    "checked_config",
    "default_name",
    "find_run",
    "origin_of",
    "queue_recipe",
    "resolve",
    "resume_run",
    "source_of",
    "start_run",
    "written_settings",
]

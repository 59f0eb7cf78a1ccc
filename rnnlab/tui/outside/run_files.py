"""Reads the files of one run for its screen; only those that have changed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rnnlab.base.regular_files import read_text
from rnnlab.runs.log_tail import LogTail
from rnnlab.runs.origin import Origin, read_origin
from rnnlab.runs.run import Run
from rnnlab.runs.stored_checkpoints import StoredCheckpoint, stored_checkpoints
from rnnlab.runs.workers import WorkerRecord, read_workers
from rnnlab.submit import WrittenSettings, source_of, written_settings


@dataclass(frozen=True)
class RunFiles:
    """The content of a run directory, without the journal."""

    root: Path
    config: str = ""
    """The settings as TOML."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    """Setting -> its source; see `submit.source_of`."""
    origin: Origin | None = None
    written: WrittenSettings = field(default_factory=lambda: WrittenSettings("", {}))
    """The settings to write for another run like this one."""
    workers: tuple[WorkerRecord, ...] = ()
    checkpoints: tuple[StoredCheckpoint, ...] = ()
    """Ascending in step."""
    log: str = ""
    """The last lines of the worker's log."""


class RunFilesReader:
    """Reads the files of one run again and again."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._log = LogTail(run.paths.log)
        self._settings_version: tuple[int, ...] = ()
        self._read = RunFiles(run.paths.root)

    def read(self) -> RunFiles:
        """Return the files; the same object if nothing has changed. Slow the first time."""
        paths, old = self.run.paths, self._read
        version = (*_version(paths.config), *_version(paths.origin))
        config, settings, sources, written = old.config, old.settings, old.sources, old.written
        origin = old.origin
        if version != self._settings_version:
            self._settings_version = version
            settings, origin = self.run.settings(), read_origin(paths)
            config = _text(paths.config)
            sources = _sources(settings, origin)
            written = written_settings(settings, origin)
        new = RunFiles(
            paths.root, config, settings, sources, origin, written,
            tuple(read_workers(paths)), tuple(stored_checkpoints(paths)), self._log.read(),
        )  # fmt: skip
        if new != old:
            self._read = new
        return self._read


def _sources(settings: Mapping[str, Any], origin: Origin | None) -> dict[str, str]:
    return {name: source_of(name, settings, origin) for name in settings}


def _text(file: Path) -> str:
    try:
        return read_text(file, errors="replace")
    except OSError:
        return ""


def _version(file: Path) -> tuple[int, ...]:
    try:
        stat = os.stat(file)
    except OSError:
        return (0, 0)
    return (stat.st_mtime_ns, stat.st_size)

"""Changes of a run's settings after its start, as its journal names them, and their commands."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from rnnlab.runs.records import EventRecord
from rnnlab.settings.changes import read_differences
from rnnlab.settings.command_line import flag_of
from rnnlab.submit import WrittenSettings, written_settings
from rnnlab.tui.outside.run_files import RunFiles

_START = EventRecord(0, "started")


class Change(NamedTuple):
    """Settings that were changed at one step."""

    step: int
    values: Mapping[str, tuple[str, str]]
    """Setting -> its old and its new value as text; empty if it was not set."""
    is_resumed: bool
    """Whether a worker started with the change; otherwise it was training."""

    def command(self, run: str) -> str:
        """Return the command that makes the same change."""
        new = {name: value for name, (_, value) in self.values.items() if value}
        if self.is_resumed:
            options = [word for name, value in new.items() for word in (flag_of(name), value)]
            return shlex.join(["rnnlab", "resume", run, *options])
        return shlex.join(["rnnlab", "set", run, *(f"{name}={new[name]}" for name in new)])


def changes_in(events: Sequence[EventRecord]) -> list[Change]:
    """Return the changes that the events of a run name, in their order."""
    return [
        Change(event.step, values, before.event == "resumed" and before.step == event.step)
        for before, event in pairwise([_START, *events])
        if event.event == "set" and (values := read_differences(event.message))
    ]


def written_at_start(files: RunFiles, changes: Sequence[Change]) -> WrittenSettings:
    """Return the settings to write for a run that begins as this one began."""
    if not changes:
        return files.written
    return written_settings(_at_start(files.settings, changes), files.origin)


def commands(run: str, files: RunFiles, changes: Sequence[Change]) -> str:
    """Return the commands that repeat a run, one per line, the later ones below their step."""
    later = [f"# at step {one.step}:\n{one.command(run)}" for one in changes]
    return "\n".join([written_at_start(files, changes).command(run), *later])


def _at_start(settings: Mapping[str, Any], changes: Sequence[Change]) -> dict[str, Any]:
    values = dict(settings)
    for change in reversed(changes):
        for name, (old, _) in change.values.items():
            values.pop(name, None)
            if old:
                values[name] = float(old)
    return values

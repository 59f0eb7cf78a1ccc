"""Ask about settings that are probably mistyped before a run continues with them."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from rnnlab.base.errors import BadInputError, RnnlabError
from rnnlab.cli._output import talk
from rnnlab.runs.run import Run

IsSure = Annotated[
    bool, typer.Option("--yes", "-y", help="Use also a value that is probably mistyped.")
]


def are_wanted(runs: Sequence[Run], changes: Mapping[str, str], *, is_sure: bool) -> bool:
    """Return whether the runs are to continue with these changes: ask if one is doubtful.

    The question is asked on a terminal only: elsewhere, a doubtful change raises BadInputError,
    unless `is_sure`.
    """
    lines = _doubts(runs, changes)
    if lines and not is_sure and not sys.stdin.isatty():
        raise BadInputError(lines[0], "if it is not mistyped, repeat the command with --yes")
    for line in lines:
        talk(f"warning: {line}")
    if not lines or is_sure or typer.confirm("Continue with this value?", err=True):
        return True
    talk("nothing is changed")
    return False


def _doubts(runs: Sequence[Run], changes: Mapping[str, str]) -> list[str]:
    """Return a line for each doubtful change of each run."""
    if not changes:
        return []
    from rnnlab.submit import Steered

    lines = []
    for run in runs:
        try:
            lines += [f"{run.name}: {doubt}" for doubt in Steered.of(run).doubts(changes)]
        except RnnlabError:
            continue  # its settings are unreadable: the change itself is refused
    return lines

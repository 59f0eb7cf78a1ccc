"""Delete runs."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from rnnlab.base.display import visible
from rnnlab.base.errors import EXIT_DONE, EXIT_INTERRUPTED
from rnnlab.cli._options import Checkpoints, RunNames
from rnnlab.cli._output import talk
from rnnlab.runs.store import RunStore


def command(
    runs: RunNames,
    *,
    is_sure: Annotated[
        bool, typer.Option("--yes", "-y", help="Skip the confirmation (asked only on a terminal).")
    ] = False,
    checkpoints: Checkpoints = None,
) -> int:
    """Delete runs for good; a run that is training cannot be deleted."""
    store = RunStore.default(checkpoints)
    opened = [store.open(name) for name in dict.fromkeys(runs)]
    if not is_sure and sys.stdin.isatty():
        names = visible(", ".join(run.name for run in opened), newline=" ")
        if not typer.confirm(f"Delete {names} for good, with all checkpoints?", err=True):
            talk("nothing is deleted")
            return EXIT_INTERRUPTED
    for run in opened:
        store.remove(run)
        typer.echo(f"deleted {run.name}")
    return EXIT_DONE

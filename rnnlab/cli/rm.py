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
        bool, typer.Option("--yes", "-y", help="Delete without asking (only terminals are asked).")
    ] = False,
    checkpoints: Checkpoints = None,
) -> int:
    """Delete runs for good; one that trains is refused."""
    store = RunStore.default(checkpoints)
    found = [store.open(name) for name in dict.fromkeys(runs)]
    if not is_sure and sys.stdin.isatty():
        names = visible(", ".join(run.name for run in found), newline=" ")
        if not typer.confirm(f"Delete {names} for good, with all checkpoints?", err=True):
            talk("nothing is deleted")
            return EXIT_INTERRUPTED
    for run in found:
        store.remove(run)
        typer.echo(f"{run.name} is gone")
    return EXIT_DONE

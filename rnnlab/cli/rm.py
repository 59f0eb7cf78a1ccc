"""Delete runs."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from rnnlab.base.display import visible
from rnnlab.base.errors import EXIT_DONE, EXIT_INTERRUPTED
from rnnlab.cli._options import Checkpoints, RunNames
from rnnlab.cli._output import talk
from rnnlab.runs.bin import Bin, new_stamp
from rnnlab.runs.store import RunStore


def command(
    runs: RunNames,
    *,
    is_for_good: Annotated[
        bool, typer.Option("--for-good", help="Delete at once, not into the bin.")
    ] = False,
    is_sure: Annotated[
        bool, typer.Option("--yes", "-y", help="Skip the confirmation (asked only on a terminal).")
    ] = False,
    checkpoints: Checkpoints = None,
) -> int:
    """Move runs to the bin; a run that is training cannot be deleted.

    `rnnlab bin restore` brings them back, `rnnlab bin empty` frees their disk space.
    """
    store = RunStore.default(checkpoints)
    opened = [store.open(name) for name in dict.fromkeys(runs)]
    if not is_sure and sys.stdin.isatty():
        names = visible(", ".join(run.name for run in opened), newline=" ")
        question = f"Move {names} to the bin?"
        if is_for_good:
            question = f"Delete {names} for good, with all checkpoints?"
        if not typer.confirm(question, err=True):
            talk("nothing is deleted")
            return EXIT_INTERRUPTED
    stamp = new_stamp()
    for run in opened:
        if is_for_good:
            store.remove(run)
            typer.echo(f"deleted {run.name}")
        else:
            Bin(store).put(run, stamp)
            typer.echo(f"moved {run.name} to the bin")
    if not is_for_good:
        talk("`rnnlab bin restore` brings back what was deleted last")
    return EXIT_DONE

"""Move runs to the bin; a run that is training cannot be deleted."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from rnnlab.base.errors import EXIT_INTERRUPTED
from rnnlab.cli._bulk import chosen_runs, do_with_each
from rnnlab.cli._options import Checkpoints, RunPatterns
from rnnlab.cli._output import talk
from rnnlab.runs.bin import Bin, new_stamp
from rnnlab.runs.run import Run
from rnnlab.runs.store import RunStore


def command(
    runs: RunPatterns,
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
    chosen = chosen_runs(store, runs)
    if chosen.runs and not is_sure and sys.stdin.isatty():
        for run in chosen.runs:
            status = run.status()
            talk(f"  {run.name}  {status.state}, step {status.step:,}")
        what = "this run" if len(chosen.runs) == 1 else f"these {len(chosen.runs)} runs"
        question = f"Move {what} to the bin?"
        if is_for_good:
            question = f"Delete {what} for good, with all checkpoints?"
        if not typer.confirm(question, err=True):
            talk("nothing is deleted")
            return EXIT_INTERRUPTED
    stamp = new_stamp()
    moved: list[str] = []

    def remove(run: Run) -> str:
        if is_for_good:
            store.remove(run)
            return f"deleted {run.name}"
        moved.append(Bin(store).put(run, stamp).name)
        return f"moved {run.name} to the bin"

    code = do_with_each(chosen, remove)
    if moved:
        talk("`rnnlab bin restore` brings back what was deleted last")
    return code

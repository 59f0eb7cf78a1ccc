"""Delete runs."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from rnnlab.base.errors import EXIT_INTERRUPTED
from rnnlab.cli._bulk import chosen_runs, do_with_each
from rnnlab.cli._options import Checkpoints, RunPatterns
from rnnlab.cli._output import talk
from rnnlab.runs.store import Run, RunStore


def command(
    runs: RunPatterns,
    *,
    is_sure: Annotated[
        bool, typer.Option("--yes", "-y", help="Skip the confirmation (asked only on a terminal).")
    ] = False,
    checkpoints: Checkpoints = None,
) -> int:
    """Delete runs for good; a run that is training cannot be deleted."""
    store = RunStore.default(checkpoints)
    chosen = chosen_runs(store, runs)
    if chosen.runs and not is_sure and sys.stdin.isatty():
        for run in chosen.runs:
            status = run.status()
            talk(f"  {run.name}  {status.state}, step {status.step}")
        what = "this run" if len(chosen.runs) == 1 else f"these {len(chosen.runs)} runs"
        if not typer.confirm(f"Delete {what} for good, with all checkpoints?", err=True):
            talk("nothing is deleted")
            return EXIT_INTERRUPTED

    def remove(run: Run) -> str:
        store.remove(run)
        return f"deleted {run.name}"

    return do_with_each(chosen, remove)

"""Save runs and end their workers; `resume` continues them."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from rnnlab.base.errors import EXIT_INTERRUPTED
from rnnlab.cli._bulk import chosen_runs, do_with_each
from rnnlab.cli._options import Checkpoints, RunPatterns
from rnnlab.cli._output import talk
from rnnlab.runs import control
from rnnlab.runs.store import RunStore


def command(
    runs: RunPatterns,
    *,
    is_killing: Annotated[
        bool, typer.Option("--kill", help="Kill workers that do not respond.")
    ] = False,
    is_sure: Annotated[
        bool, typer.Option("--yes", "-y", help="Skip the confirmation (asked only on a terminal).")
    ] = False,
    checkpoints: Checkpoints = None,
) -> int:
    """Save runs and end their workers; `resume` continues them.

    A worker that is stopped or hangs cannot save: `--kill` ends it, and its run continues from its
    last checkpoint. A worker that responds is never killed.
    """
    chosen = chosen_runs(RunStore.default(checkpoints), runs)
    if not is_killing:
        return do_with_each(chosen, control.stop)
    if chosen.runs and not is_sure and sys.stdin.isatty():
        names = ", ".join(run.name for run in chosen.runs)
        question = f"Kill {names}, without the steps since the last checkpoint?"
        if not typer.confirm(question, err=True):
            talk("nothing is killed")
            return EXIT_INTERRUPTED
    return do_with_each(chosen, control.kill)

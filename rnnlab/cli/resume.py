"""Resume runs."""

from __future__ import annotations

from typing import Annotated

import typer

from rnnlab.cli._bulk import Chosen, chosen_runs, do_with_each
from rnnlab.cli._follow import follow, result
from rnnlab.cli._options import Checkpoints, Json, RunPatterns
from rnnlab.cli._output import print_json
from rnnlab.runs import control
from rnnlab.runs.store import Run, RunStore


def command(
    runs: RunPatterns,
    detach: Annotated[bool, typer.Option("--detach", help="Return at once.")] = False,
    queue: Annotated[
        bool, typer.Option("--queue", help="Wait for a free slot before training.")
    ] = False,
    checkpoints: Checkpoints = None,
    json: Json = False,
) -> int:
    """Resume paused, stopped, failed or lost runs where they ended.

    One run is followed until its end, unless --detach is set; several runs are detached.
    """
    chosen = chosen_runs(RunStore.default(checkpoints), runs)
    if len(runs) > 1 or len(chosen.runs) > 1:
        return _resume_all(chosen, is_queued=queue, json=json)
    (opened,) = chosen.runs
    was_paused = opened.status().state == "paused"
    message = control.resume(opened, is_queued=queue)
    typer.echo(message, err=json)
    if detach or was_paused:
        if json:
            print_json(result(opened))
        return 0
    return follow(opened, is_new=False, json=json)


def _resume_all(chosen: Chosen, *, is_queued: bool, json: bool) -> int:
    """Resume several runs in the background; with `json`, print a list of those that resume."""
    results: list[object] = []

    def resume(run: Run) -> str | None:
        message = control.resume(run, is_queued=is_queued)
        results.append(result(run))
        return None if json else message

    code = do_with_each(chosen, resume)
    if json:
        print_json(results)
    return code

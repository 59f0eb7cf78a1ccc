"""Resume a run."""

from __future__ import annotations

from typing import Annotated

import typer

from rnnlab.cli._follow import follow, result
from rnnlab.cli._options import Checkpoints, Json, RunName
from rnnlab.cli._output import print_json
from rnnlab.runs import control
from rnnlab.runs.store import RunStore


def command(
    run: RunName,
    detach: Annotated[bool, typer.Option("--detach", help="Return at once.")] = False,
    queue: Annotated[
        bool, typer.Option("--queue", help="Wait for a free slot before training.")
    ] = False,
    checkpoints: Checkpoints = None,
    json: Json = False,
) -> int:
    """Resume a paused, stopped, failed or lost run where it ended."""
    opened = RunStore.default(checkpoints).open(run)
    was_paused = opened.status().state == "paused"
    message = control.resume(opened, is_queued=queue)
    typer.echo(message, err=json)
    if detach or was_paused:
        if json:
            print_json(result(opened))
        return 0
    return follow(opened, is_new=False, json=json)

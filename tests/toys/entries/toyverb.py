"""Count the runs."""

from __future__ import annotations

from typing import Annotated

import typer

from rnnlab.cli._options import Checkpoints, Json
from rnnlab.cli._output import print_json
from rnnlab.runs.store import RunStore


def command(
    least: Annotated[int, typer.Option(min=0, help="Count runs with at least N steps.")] = 0,
    checkpoints: Checkpoints = None,
    json: Json = False,
) -> None:
    """Count the runs."""
    num_runs = sum(run.status().step >= least for run in RunStore.default(checkpoints))
    if json:
        print_json({"runs": num_runs})
    else:
        typer.echo(f"{num_runs} runs")

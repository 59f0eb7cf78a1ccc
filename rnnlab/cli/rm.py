"""Delete runs."""

from __future__ import annotations

import typer

from rnnlab.cli._options import Checkpoints, RunNames
from rnnlab.runs.store import RunStore


def command(runs: RunNames, checkpoints: Checkpoints = None) -> None:
    """Delete runs for good; one that trains is refused."""
    store = RunStore.default(checkpoints)
    for run in [store.open(name) for name in runs]:
        store.remove(run)
        typer.echo(f"{run.name} is gone")

"""Rename a run; stop it first if it is training."""

from __future__ import annotations

from typing import Annotated

import typer

from rnnlab.cli._options import Checkpoints, RunName
from rnnlab.runs.rename import rename
from rnnlab.runs.store import RunStore


def command(
    run: RunName,
    name: Annotated[str, typer.Argument(metavar="NEW", help="New name of the run.")],
    checkpoints: Checkpoints = None,
) -> None:
    """Rename a run; stop it first if it is training.

    Runs that began with its weights, and the view of the app, follow the new name.
    """
    store = RunStore.default(checkpoints)
    opened = store.open(run)
    renamed = rename(store, opened, name)
    typer.echo(f"{opened.name} is now {renamed.name}")

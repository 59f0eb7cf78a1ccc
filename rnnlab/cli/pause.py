"""Pause a run."""

from __future__ import annotations

import typer

from rnnlab.cli._options import Checkpoints, RunName
from rnnlab.runs import control
from rnnlab.runs.store import RunStore


def command(run: RunName, checkpoints: Checkpoints = None) -> None:
    """Save a run and pause it; `rnnlab resume` continues it."""
    typer.echo(control.pause(RunStore.default(checkpoints).open(run)))

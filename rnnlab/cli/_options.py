"""Arguments and options that several verbs share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from rnnlab.cli._completion import complete_checkpoint, complete_run

Checkpoints = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(help="Folder of runs (default: ./checkpoints).", envvar="RNNLAB_CHECKPOINTS"),
]
Data = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(help="Folder of corpora (default: ./data).", envvar="RNNLAB_DATA"),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
RunName = Annotated[
    str, typer.Argument(metavar="RUN", help="Name of a run.", autocompletion=complete_run)
]
RunNames = Annotated[
    list[str], typer.Argument(metavar="RUN", help="Names of runs.", autocompletion=complete_run)
]
RunPatterns = Annotated[
    list[str],
    typer.Argument(
        metavar="RUN", help="Names of runs, or quoted patterns: 'test-*'.",
        autocompletion=complete_run,
    ),
]  # fmt: skip
"""Runs to control: `chosen_runs` in `_bulk.py` expands the patterns."""
Checkpoint = Annotated[
    str,
    typer.Option(
        help="Weights: last, best (lowest val loss), live (saved now), or a step.",
        autocompletion=complete_checkpoint,
    ),
]

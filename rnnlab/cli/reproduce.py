"""Run an experiment and set its figures beside the published ones."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from rnnlab import recipes
from rnnlab.cli._options import Checkpoints, Data, Json
from rnnlab.cli._output import print_json
from rnnlab.cli._reproduce import Reproduction
from rnnlab.cli._settings import with_settings
from rnnlab.runs.store import RunStore


@with_settings
def command(
    recipe: Annotated[
        str,
        typer.Argument(
            metavar="RECIPE",
            help="A recipe (`rnnlab recipes`) or a TOML file of your own.",
            show_default=False,
        ),
    ],
    *,
    file: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="The corpus file, where it is not in the data folder."),
    ] = None,
    name: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Name of the run, or what several begin with [the recipe's]."),
    ] = None,
    checkpoints: Checkpoints = None,
    data: Data = None,
    json: Json = False,
    settings: dict[str, Any],
) -> int:
    """Train as a recipe says and print published, ours, ratio, time and what differs.

    Settings given as options go before the recipe's and are said. Ctrl-c saves and stops; the same
    command goes on from there, and measures a finished run without training it again.
    """
    loaded = recipes.load(recipe)
    corpus = recipes.locate(loaded, file, data)
    runs = recipes.plan(loaded, corpus, settings, name, data)
    overridden = tuple(recipes.overridden(loaded, settings, corpus))
    reproduction = Reproduction(loaded, RunStore.default(checkpoints), data, overridden)
    try:
        code = reproduction.carry_out(runs)
    finally:
        # What was measured before a run failed is not lost.
        report = reproduction.report()
        if report.results:
            if json:
                print_json(report.document())
            else:
                report.print()
    return code

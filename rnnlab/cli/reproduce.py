"""Train the runs of a recipe; compare with published figures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from rnnlab.cli._completion import complete_recipe
from rnnlab.cli._options import Checkpoints, Data, Json
from rnnlab.cli._output import print_json
from rnnlab.cli._settings import SettingOptions, with_settings
from rnnlab.runs.store import RunStore


@with_settings(are_hidden=True)
def command(
    recipe: Annotated[
        str,
        typer.Argument(
            metavar="RECIPE",
            help="Recipe (`rnnlab recipes`) or your own TOML file.",
            show_default=False,
            autocompletion=complete_recipe,
        ),
    ],
    *,
    file: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Corpus file (default: in the data folder)."),
    ] = None,
    name: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Name of the run, or prefix of the names (default: the recipe's)."),
    ] = None,
    checkpoints: Checkpoints = None,
    data: Data = None,
    json: Json = False,
    settings: SettingOptions,
) -> int:
    """Train the runs of a recipe; compare with published figures.

    The settings of `rnnlab train` override those of the recipe; the report lists them. Ctrl-c saves
    and stops; repeat the command to continue. A finished run is measured, but not trained again.
    """
    from rnnlab import recipes
    from rnnlab.cli._reproduce import Reproduction

    loaded = recipes.load(recipe)
    corpus = recipes.locate(loaded, file, data)
    runs = recipes.plan(loaded, corpus, settings.merged, name, data)
    overridden = tuple(recipes.overridden(loaded, settings.merged, corpus))
    reproduction = Reproduction(loaded, RunStore.default(checkpoints), data, overridden)
    try:
        code = reproduction.carry_out(runs)
    finally:
        # If a run fails, the figures of the previous runs are still reported.
        report = reproduction.report()
        if report.results:
            if json:
                print_json(report.document())
            else:
                report.print()
    return code

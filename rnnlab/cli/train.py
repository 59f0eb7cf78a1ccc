"""Train a model on a text."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from rnnlab.cli._completion import complete_corpus, complete_recipe
from rnnlab.cli._follow import follow
from rnnlab.cli._options import Checkpoints, Data, Json
from rnnlab.cli._output import print_json, talk
from rnnlab.cli._progress import progress_bar
from rnnlab.cli._settings import SettingOptions, with_settings
from rnnlab.runs.store import RunStore
from rnnlab.settings.groups import OWN_HELP

_RUN = "Run"
"""Title of the group of --name, --config and --recipe in the help, the same as in the form."""


@with_settings()
def command(
    corpus: Annotated[
        Optional[str],  # noqa: UP045
        typer.Argument(
            metavar="CORPUS",
            help="Corpus (`rnnlab corpora`) or text file (default: the recipe's).",
            show_default=False,
            autocompletion=complete_corpus,
        ),
    ] = None,
    *,
    name: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help=OWN_HELP["name"], rich_help_panel=_RUN),
    ] = None,
    config: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(
            help="TOML file with settings; options on the command line override it.",
            rich_help_panel=_RUN,
        ),
    ] = None,
    recipe: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help=OWN_HELP["recipe"], rich_help_panel=_RUN, autocompletion=complete_recipe),
    ] = None,
    detach: Annotated[
        bool, typer.Option("--detach", help="Return at once and print the name of the run.")
    ] = False,
    queue: Annotated[
        bool, typer.Option("--queue", help="Wait for a free slot before training.")
    ] = False,
    checkpoints: Checkpoints = None,
    data: Data = None,
    json: Json = False,
    settings: SettingOptions,
) -> int:
    """Train a model on a text.

    The worker is a separate process: ctrl-c or SIGTERM makes it save and stop; if the connection is
    lost, it keeps training. `rnnlab watch` and the app follow it from any terminal.

    An environment variable RNNLAB_<SETTING> sets a setting, for example RNNLAB_DEVICE=cpu.
    """
    from rnnlab.settings.doubts import doubts
    from rnnlab.settings.values import read_settings
    from rnnlab.submit import Layers, check_resolved, origin_of, resolve, start_run

    written = {"corpus": corpus, **settings.command_line}
    layers = Layers(written, settings.environment, read_settings(config) if config else {}, recipe)
    store = RunStore.default(checkpoints)
    resolved = resolve(layers, data, store)
    with progress_bar("reading the corpus") as progress:
        checked = check_resolved(resolved, data, progress)
    if checked.engine == "native" and checked.dtype == "bfloat16":
        from rnnlab.native import check_bfloat16

        check_bfloat16()
    for doubt in doubts(checked):
        talk(f"warning: {doubt}")
    published = resolved.recipe.published_losses if resolved.recipe else {}
    run = start_run(
        checked, store, name, is_queued=queue, published=published,
        origin=origin_of(resolved, recipe),
    )  # fmt: skip
    if detach:
        if json:
            print_json({"name": run.name})
        else:
            typer.echo(run.name)
            state = "waiting in the queue" if queue else "training in the background"
            talk(f"{state}; `rnnlab watch {run.name}` shows it")
        return 0
    return follow(run, is_new=True, json=json)

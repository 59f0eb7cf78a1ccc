"""Train a model: in a worker of its own, watched from here or left alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from rnnlab.base.errors import BadInputError
from rnnlab.cli._follow import follow
from rnnlab.cli._options import Checkpoints, Data, Json
from rnnlab.cli._output import print_json, talk
from rnnlab.cli._progress import reading_bar
from rnnlab.cli._settings import with_settings
from rnnlab.runs.store import RunStore
from rnnlab.settings.run_config import read_settings


@with_settings
def command(
    corpus: Annotated[
        Optional[str],  # noqa: UP045
        typer.Argument(
            metavar="CORPUS",
            help="A corpus (`rnnlab corpora`) or any text file; by default the recipe's.",
            show_default=False,
        ),
    ] = None,
    *,
    name: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Name of the run [made from the settings]."),
    ] = None,
    config: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="TOML file with settings; options given here go first."),
    ] = None,
    recipe: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Settings of a recipe (`rnnlab recipes`); all others go before them."),
    ] = None,
    detach: Annotated[
        bool, typer.Option("--detach", help="Return at once and print the run's name.")
    ] = False,
    queue: Annotated[
        bool, typer.Option("--queue", help="Wait for a free slot before training.")
    ] = False,
    checkpoints: Checkpoints = None,
    data: Data = None,
    json: Json = False,
    settings: dict[str, Any],
) -> int:
    """Train a model on a text.

    The worker is a process of its own: ctrl-c or SIGTERM here makes it save and stop, a lost
    connection leaves it at work. `rnnlab watch` and the lab follow it from anywhere.
    """
    from rnnlab.recipes import begun_with
    from rnnlab.recipes import load as load_recipe
    from rnnlab.submit import resolve, start_run

    given = {**(read_settings(config) if config else {}), **settings}
    if corpus is not None:
        given["corpus"] = corpus
    published: dict[str, float] = {}
    if recipe is not None:
        loaded = load_recipe(recipe)
        given, published = begun_with(loaded, given, data), loaded.published_losses
    if "corpus" not in given:
        raise BadInputError("missing argument CORPUS", "a corpus, a text file, or --recipe NAME")
    store = RunStore.default(checkpoints)
    with reading_bar("reading the corpus") as progress:
        settled = resolve(given, data, store, progress)
    run = start_run(settled, store, name, is_queued=queue, published=published)
    if detach:
        if json:
            print_json({"name": run.name})
        else:
            typer.echo(run.name)
            what = "waiting in the queue" if queue else "training in the background"
            talk(f"{what}; `rnnlab watch {run.name}` shows it")
        return 0
    return follow(run, is_new=True, json=json)

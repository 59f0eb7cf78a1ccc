"""Look into a trained net: gradients, gates, neurons, recurrent spectrum, memory."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from rnnlab import registry
from rnnlab.cli._findings import check_writable, print_findings, write_svg
from rnnlab.cli._options import Checkpoint, Checkpoints, Data, Json, complete_run
from rnnlab.cli._output import print_json
from rnnlab.cli._settings import with_settings
from rnnlab.errors import BadInputError
from rnnlab.runs.store import RunStore

if TYPE_CHECKING:
    from rnnlab.plots import Finding


@with_settings
def command(
    run: Annotated[
        Optional[str],  # noqa: UP045
        typer.Argument(metavar="[RUN]", help="Name of a run.", autocompletion=complete_run),
    ] = None,
    view: Annotated[
        Optional[str],  # noqa: UP045
        typer.Argument(metavar="[VIEW]", help=f"One of {', '.join(registry.names('insight'))}."),
    ] = None,
    *,
    text: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Text to look with [held-out text of the run]."),
    ] = None,
    unit: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Unit, such as l0.17, or 17 of the top layer (neurons, gates)."),
    ] = None,
    prop: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--property",
            help="Rank units by quotes, line-position, capital, after-vowel, word-start or a "
            "regular expression (neurons).",
        ),
    ] = None,
    gate: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Letter of one gate (gates, spectrum)."),
    ] = None,
    other: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--with", metavar="RUN[@CHECKPOINT]", help="Model to set beside it."),
    ] = None,
    recipe: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Train the runs of a recipe and set them side by side: vanishing."),
    ] = None,
    file: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Corpus file of the recipe."),
    ] = None,
    svg: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Write the plots to this file instead of the terminal."),
    ] = None,
    is_ascii: Annotated[bool, typer.Option("--ascii", help="Draw with ASCII only.")] = False,
    checkpoint: Checkpoint = "last",
    checkpoints: Checkpoints = None,
    data: Data = None,
    json: Json = False,
    settings: dict[str, Any],
) -> int:
    """Look into a run, or with --recipe into several that are trained for it.

    The options of a training hold for --recipe alone; all that is there is kept, so that the same
    command goes on where it was interrupted.
    """
    store = RunStore.default(checkpoints)
    if svg is not None:
        check_writable(svg)
    if recipe is not None:
        from rnnlab.cli._inspect_recipe import look_at_recipe

        if run is not None:
            raise BadInputError("a recipe names its runs itself", "leave RUN and VIEW out")
        code, found = look_at_recipe(recipe, store, data, file, settings)
        _show(found, svg, json=json, is_ascii=is_ascii)
        return code
    view = _check(run, view, settings)
    opened = store.open(run or "")
    beside = None if other is None else other.partition("@")
    compared = None if beside is None else store.open(beside[0])
    from rnnlab.insight import Subject, Wishes, inspect

    subject = Subject(opened.paths, checkpoint, data)
    with_subject = None
    if compared is not None and beside is not None:
        with_subject = Subject(compared.paths, beside[2] or "last", data)
    wishes = Wishes(text, unit, prop, gate, with_subject)
    _show(inspect(subject, view, wishes), svg, json=json, is_ascii=is_ascii)
    return 0


def _check(run: str | None, view: str | None, settings: dict[str, Any]) -> str:
    """Return the view; raises BadInputError where something is missing or has no use here."""
    views = ", ".join(registry.names("insight"))
    if run is None:
        raise BadInputError("a RUN or a --recipe is needed", f"and of a run one of {views}")
    if view is None:
        raise BadInputError(f"what is to be seen of {run!r}?", f"one of {views}")
    registry.check("insight", view)
    for name in settings:
        if f"RNNLAB_{name.upper()}" not in os.environ:
            flag = name.replace("_", "-")
            raise BadInputError(f"--{flag} is a setting of a training", "it goes with --recipe")
    return view


def _show(findings: list[Finding], svg: Path | None, *, json: bool, is_ascii: bool) -> None:
    if svg is not None:
        write_svg(findings, svg)
    if json:
        documents = [finding.document() for finding in findings]
        print_json(documents[0] if len(documents) == 1 else documents)
    elif svg is None:
        print_findings(findings, is_ascii=is_ascii)

"""Look into a trained net: gradients, gates, neurons, recurrent spectrum, memory."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from rnnlab.base import registry
from rnnlab.base.errors import BadInputError
from rnnlab.cli._findings import check_writable, print_findings, write_svg
from rnnlab.cli._options import Checkpoint, Checkpoints, Data, Json, complete_run
from rnnlab.cli._output import print_json
from rnnlab.cli._settings import with_settings
from rnnlab.runs.store import RunStore

if TYPE_CHECKING:
    from rnnlab.plots import Finding


_Run = Annotated[
    Optional[str],  # noqa: UP045
    typer.Argument(metavar="[RUN]", help="Name of a run.", autocompletion=complete_run),
]
_View = Annotated[
    Optional[str],  # noqa: UP045
    typer.Argument(metavar="[VIEW]", help=f"One of {', '.join(registry.names('insight'))}."),
]
_Text = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(help="Text to look with [held-out text of the run]."),
]
_Unit = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(help="Unit, such as l0.17, or 17 of the top layer (neurons, gates)."),
]
_Property = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--property",
        help="Rank units by quotes, line-position, capital, after-vowel, word-start or a "
        "regular expression (neurons).",
    ),
]
_Gate = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(help="Letter of one gate (gates, spectrum)."),
]
_Other = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--with", metavar="RUN[@CHECKPOINT]", help="Model to set beside it."),
]
_Recipe = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(help="Train the runs of a recipe and set them side by side: vanishing."),
]
_File = Annotated[Optional[Path], typer.Option(help="Corpus file of the recipe.")]  # noqa: UP045
_Svg = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(help="Write the plots to this file instead of the terminal."),
]
_Ascii = Annotated[bool, typer.Option("--ascii", help="Draw with ASCII only.")]


@with_settings
def command(
    run: _Run = None,
    view: _View = None,
    *,
    text: _Text = None,
    unit: _Unit = None,
    prop: _Property = None,
    gate: _Gate = None,
    other: _Other = None,
    recipe: _Recipe = None,
    file: _File = None,
    svg: _Svg = None,
    is_ascii: _Ascii = False,
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
        if run is not None:
            raise BadInputError("a recipe names its runs itself", "leave RUN and VIEW out")
        from rnnlab.cli._inspect_recipe import look_at_recipe

        code, found = look_at_recipe(recipe, store, data, file, settings)
    else:
        view = _check(run, view, settings)
        models = [(store.open(run or ""), checkpoint)]
        if other is not None:
            name, _, at = other.partition("@")
            models.append((store.open(name), at or "last"))
        from rnnlab.insight import InspectedModel, Wishes, inspect  # torch, once all of it is there

        subject, *beside = (InspectedModel(opened.paths, at, data) for opened, at in models)
        code, found = 0, inspect(subject, view, Wishes(text, unit, prop, gate, *beside))
    _show(found, svg, json=json, is_ascii=is_ascii)
    return code


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

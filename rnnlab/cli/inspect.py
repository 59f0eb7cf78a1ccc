"""Inspect a run, or train and compare the runs of a recipe."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from rnnlab.base import registry
from rnnlab.base.errors import BadInputError
from rnnlab.cli._completion import (
    complete_model,
    complete_property,
    complete_recipe,
    complete_run,
    complete_view,
)
from rnnlab.cli._findings import check_writable, print_findings, write_svg
from rnnlab.cli._options import Checkpoint, Checkpoints, Data, Json
from rnnlab.cli._output import print_json
from rnnlab.cli._progress import progress_bar
from rnnlab.cli._settings import SettingOptions, with_settings
from rnnlab.runs.checkpoint import split_checkpoint
from rnnlab.runs.store import RunStore
from rnnlab.settings.command_line import flag_of

if TYPE_CHECKING:
    from rnnlab.plots import Finding


_Run = Annotated[
    Optional[str],  # noqa: UP045
    typer.Argument(metavar="RUN", help="Name of a run.", autocompletion=complete_run),
]
_View = Annotated[
    Optional[str],  # noqa: UP045
    typer.Argument(
        metavar="VIEW",
        help=f"One of {', '.join(registry.names('insight'))}.",
        autocompletion=complete_view,
    ),
]
_Text = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(help="Text that the model reads (default: the validation split)."),
]
_Unit = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(help="Unit, as l0.17, or as 17 in the top layer (neurons, gates)."),
]
_Property = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--property",
        help="Rank units by quotes, line-position, capital, after-vowel, word-start, regex.",
        autocompletion=complete_property,
    ),
]
_Gate = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(help="Gate, by its letter (gates, spectrum)."),
]
_Other = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--with",
        metavar="RUN[@CHECKPOINT]",
        help="Model to compare with.",
        autocompletion=complete_model,
    ),
]
_Recipe = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        help="Train the runs of a recipe and compare them (vanishing).",
        autocompletion=complete_recipe,
    ),
]
_File = Annotated[Optional[Path], typer.Option(help="Corpus file of the recipe.")]  # noqa: UP045
_Svg = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(help="Write the plots to this file instead of the terminal."),
]
_Ascii = Annotated[bool, typer.Option("--ascii", help="Draw with ASCII characters only.")]


@with_settings(are_hidden=True)
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
    settings: SettingOptions,
) -> int:
    """Inspect a run, or train and compare the runs of a recipe.

    With --recipe, the settings of `rnnlab train` override those of the recipe. All runs are kept;
    if an interrupted command is repeated, it continues with them.
    """
    store = RunStore.default(checkpoints)
    if svg is not None:
        check_writable(svg)
    if recipe is not None:
        if run is not None:
            raise BadInputError("RUN cannot be combined with --recipe", "leave out RUN and VIEW")
        from rnnlab.cli._inspect_recipe import inspect_recipe

        code, findings = inspect_recipe(recipe, store, data, file, settings.merged)
    else:
        view = _checked_view(run, view, settings)
        models = [(store.open(run or ""), checkpoint)]
        if other is not None:
            name, at = split_checkpoint(other)
            models.append((store.open(name), at or "last"))
        with progress_bar("loading torch") as bar:
            # Imported after the checks, because importing torch takes seconds.
            from rnnlab.insight import InspectedModel, Wishes, inspect

            subject, *others = (InspectedModel(opened.paths, at, data) for opened, at in models)
            bar.begin(f"inspecting {run}")
            code, findings = 0, inspect(subject, view, Wishes(text, unit, prop, gate, *others))
    _show(findings, svg, json=json, is_ascii=is_ascii)
    return code


def _checked_view(run: str | None, view: str | None, settings: SettingOptions) -> str:
    """Return the view; raises BadInputError if RUN or VIEW is missing or a setting is given."""
    views = ", ".join(registry.names("insight"))
    if run is None:
        raise BadInputError("missing argument RUN", f"give RUN and VIEW ({views}), or --recipe")
    if view is None:
        raise BadInputError("missing argument VIEW", f"give one of {views}")
    registry.check("insight", view)
    for name in settings.command_line:
        raise BadInputError(f"{flag_of(name)} is a training setting", "use it with --recipe only")
    return view


def _show(findings: list[Finding], svg: Path | None, *, json: bool, is_ascii: bool) -> None:
    if svg is not None:
        write_svg(findings, svg)
    if json:
        documents = [finding.document() for finding in findings]
        print_json(documents[0] if len(documents) == 1 else documents)
    elif svg is None:
        print_findings(findings, is_ascii=is_ascii)

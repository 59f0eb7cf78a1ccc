"""Add tags to a run, remove some, or print them."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from rnnlab.base.display import visible
from rnnlab.base.errors import BadInputError
from rnnlab.cli._options import Checkpoints, Json, RunName
from rnnlab.cli._output import print_json, talk
from rnnlab.runs.notes import change_tags, parse_tags, read_notes
from rnnlab.runs.store import RunStore


def command(
    run: RunName,
    tags: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Argument(metavar="TAG", help="Tags (default: print the tags)."),
    ] = None,
    is_removing: Annotated[bool, typer.Option("--remove", help="Remove these tags.")] = False,
    checkpoints: Checkpoints = None,
    json: Json = False,
) -> None:
    """Add tags to a run, remove some, or print them.

    This is possible while the run is training. The filter of the app (`/`) finds runs by tag.
    """
    opened = RunStore.default(checkpoints).open(run)
    changed = parse_tags(" ".join(tags or ()))
    if is_removing and not changed:
        raise BadInputError("the tags to remove are missing", f"`rnnlab tag {run}` prints them")
    if changed:
        added, removed = ((), changed) if is_removing else (changed, ())
        notes = change_tags(opened, added, removed)
    else:
        notes = read_notes(opened.paths)
    if json:
        print_json({"name": opened.name, "tags": list(notes.tags)})
    elif notes.tags:
        typer.echo(visible(" ".join(notes.tags), newline=" "))
    else:
        talk(f"{opened.name} has no tags")

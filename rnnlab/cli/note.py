"""Write the note of a run, or print it."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from rnnlab.base.display import visible
from rnnlab.cli._options import Checkpoints, Json, RunName
from rnnlab.cli._output import print_json, talk
from rnnlab.runs.notes import change_note, read_notes
from rnnlab.runs.store import RunStore


def command(
    run: RunName,
    text: Annotated[
        Optional[str],  # noqa: UP045
        typer.Argument(
            help='New note, "" for no note (default: print the note).', show_default=False
        ),
    ] = None,
    checkpoints: Checkpoints = None,
    json: Json = False,
) -> None:
    """Write the note of a run, or print it.

    This is possible while the run is training.
    """
    opened = RunStore.default(checkpoints).open(run)
    notes = read_notes(opened.paths) if text is None else change_note(opened, text)
    if json:
        print_json({"name": opened.name, "note": notes.note})
    elif text is not None:
        talk(f"{opened.name} has a note" if notes.note else f"{opened.name} has no note now")
    elif notes.note:
        typer.echo(visible(notes.note))
    else:
        talk(f"{opened.name} has no note; `rnnlab note {opened.name} TEXT` writes one")

"""Resume a run."""

from __future__ import annotations

from typing import Annotated, Any, Optional

import typer

from rnnlab.cli._follow import follow, result
from rnnlab.cli._options import Checkpoints, Json, RunName
from rnnlab.cli._output import print_json
from rnnlab.runs.store import RunStore


def _setting(flag: str, text: str) -> Any:
    """Return the option of a setting; its value is checked like that of `rnnlab train`."""
    return typer.Option(flag, metavar="N", help=text, show_default=False)


def command(
    run: RunName,
    detach: Annotated[bool, typer.Option("--detach", help="Return at once.")] = False,
    queue: Annotated[
        bool, typer.Option("--queue", help="Wait for a free slot before training.")
    ] = False,
    steps: Annotated[Optional[str], _setting("--steps", "New end: total steps.")] = None,  # noqa: UP045
    epochs: Annotated[Optional[str], _setting("--epochs", "New end: total epochs.")] = None,  # noqa: UP045
    minutes: Annotated[Optional[str], _setting("--minutes", "New end: total minutes.")] = None,  # noqa: UP045
    lr: Annotated[Optional[str], _setting("--lr", "New base learning rate.")] = None,  # noqa: UP045
    clip: Annotated[Optional[str], _setting("--clip", "New limit of the gradient norm.")] = None,  # noqa: UP045
    patience: Annotated[Optional[str], _setting("--patience", "New patience.")] = None,  # noqa: UP045
    checkpoints: Checkpoints = None,
    json: Json = False,
) -> int:
    """Resume a run where it ended; a finished one with a later end.

    `rnnlab resume RUN --steps 20000` continues a finished run until step 20,000, with its optimiser
    and its curve; after early stopping, `--patience N` or `--lr X` is enough.
    """
    from rnnlab.submit import resume_run

    options = {
        "steps": steps, "epochs": epochs, "minutes": minutes, "lr": lr, "clip": clip,
        "patience": patience,
    }  # fmt: skip
    changes = {name: text for name, text in options.items() if text is not None}
    opened = RunStore.default(checkpoints).open(run)
    was_paused = opened.status().state == "paused"
    message = resume_run(opened, changes, is_queued=queue)
    typer.echo(message, err=json)
    if detach or was_paused:
        if json:
            print_json(result(opened))
        return 0
    return follow(opened, is_new=False, json=json)

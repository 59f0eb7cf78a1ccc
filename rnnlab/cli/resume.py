"""Resume a run."""

from __future__ import annotations

from typing import Annotated, Any, Optional

import typer

from rnnlab.cli._follow import follow, result
from rnnlab.cli._options import Checkpoints, Json, RunName
from rnnlab.cli._output import print_json
from rnnlab.runs.store import RunStore

_Text = Optional[str]  # noqa: UP045


def _setting(flag: str, text: str) -> Any:
    """Return the option of a setting; its value is checked like that of `rnnlab train`."""
    return typer.Option(flag, metavar="N", help=text, show_default=False)


def command(
    run: RunName,
    detach: Annotated[bool, typer.Option("--detach", help="Return at once.")] = False,
    queue: Annotated[
        bool, typer.Option("--queue", help="Wait for a free slot before training.")
    ] = False,
    steps: Annotated[_Text, _setting("--steps", "End after N steps in total.")] = None,
    epochs: Annotated[_Text, _setting("--epochs", "End after N passes in total.")] = None,
    minutes: Annotated[_Text, _setting("--minutes", "End after N minutes in total.")] = None,
    lr: Annotated[_Text, _setting("--lr", "Base learning rate of the schedule.")] = None,
    clip: Annotated[_Text, _setting("--clip", "Limit of the gradient norm (0: off).")] = None,
    patience: Annotated[_Text, _setting("--patience", "Validations without improvement.")] = None,
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

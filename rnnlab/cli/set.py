"""Change lr, clip, the end or the patience of runs that train."""

from __future__ import annotations

from typing import Annotated

import typer

from rnnlab.base.errors import BadInputError
from rnnlab.cli._completion import Completions, complete_run
from rnnlab.cli._options import Checkpoints
from rnnlab.runs.store import RunStore


def _complete(incomplete: str) -> Completions:
    """Return run names and settings that start with `incomplete`."""
    from rnnlab.settings.changes import CHANGEABLE

    settings = [(f"{name}=", "") for name in CHANGEABLE if name.startswith(incomplete)]
    return [*((run, "") for run in complete_run(incomplete)), *settings]


def command(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN NAME=VALUE",
            help="Runs, then settings: lr, clip, steps, epochs, minutes, patience.",
            autocompletion=_complete,
        ),
    ],
    checkpoints: Checkpoints = None,
) -> None:
    """Change lr, clip, the end or the patience of runs that train.

    `rnnlab set RUN lr=1e-3 steps=20000`. The runs may also be paused or queued; for other runs,
    `rnnlab resume RUN --lr 1e-3` does the same. lr is the base rate: the schedule keeps its shape.
    The new steps, epochs or minutes replace the previous end.
    """
    from rnnlab.settings.changes import parse_changes
    from rnnlab.submit import Steered, change_settings, check_settable

    names = [word for word in words if "=" not in word]
    changes = parse_changes([word for word in words if "=" in word])
    if not names:
        raise BadInputError("the name of the run is missing", "write `rnnlab set RUN lr=0.001`")
    if not changes:
        raise BadInputError(
            "the setting to change is missing", f"write `rnnlab set {names[0]} lr=0.001`"
        )
    store = RunStore.default(checkpoints)
    runs = [store.open(name) for name in dict.fromkeys(names)]
    for run in runs:
        check_settable(Steered.of(run), changes)
    for run in runs:
        typer.echo(change_settings(run, changes))

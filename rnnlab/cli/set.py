"""Change lr, clip, the end or the patience of runs that train."""

from __future__ import annotations

from typing import Annotated

import typer

from rnnlab.base.errors import EXIT_INTERRUPTED, BadInputError
from rnnlab.cli._bulk import chosen_runs, do_with_each
from rnnlab.cli._completion import Completions, complete_run
from rnnlab.cli._doubts import IsSure, are_wanted
from rnnlab.cli._options import Checkpoints
from rnnlab.runs.store import RunStore


def _complete(context: typer.Context, incomplete: str) -> Completions:
    """Return run names and settings that start with `incomplete`."""
    from rnnlab.settings.changes import CHANGEABLE

    settings = [(f"{name}=", "") for name in CHANGEABLE if name.startswith(incomplete)]
    return [*complete_run(context, incomplete), *settings]


def command(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN NAME=VALUE",
            help="Runs or quoted patterns, then lr, clip, steps, epochs, minutes or patience.",
            autocompletion=_complete,
        ),
    ],
    *,
    is_sure: IsSure = False,
    checkpoints: Checkpoints = None,
) -> int:
    """Change lr, clip, the end or the patience of runs that train.

    `rnnlab set RUN lr=1e-3 steps=20000`. The runs may also be paused or queued; for other runs,
    `rnnlab resume RUN --lr 1e-3` does the same. lr is the base rate: the schedule keeps its shape.
    The new steps, epochs or minutes replace the previous end. A value that is probably mistyped is
    asked about on a terminal, and refused elsewhere, unless --yes is set.
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
    chosen = chosen_runs(store, names)
    for refusal in chosen.refused:
        raise refusal  # before any run is changed
    for run in chosen.runs:
        check_settable(Steered.of(run), changes)
    if not are_wanted(chosen.runs, changes, is_sure=is_sure):
        return EXIT_INTERRUPTED
    return do_with_each(chosen, lambda run: change_settings(run, changes))

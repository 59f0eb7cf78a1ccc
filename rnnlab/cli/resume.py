"""Resume runs where they ended; finished ones with a later end."""

from __future__ import annotations

from typing import Annotated, Any, Optional

import typer

from rnnlab.base.errors import EXIT_INTERRUPTED, BadInputError
from rnnlab.cli._bulk import Chosen, chosen_runs, do_with_each
from rnnlab.cli._doubts import IsSure, are_wanted
from rnnlab.cli._follow import end_of_journal, follow, result
from rnnlab.cli._options import Checkpoints, Json, RunPatterns
from rnnlab.cli._output import print_json, talk
from rnnlab.runs.checkpoint import split_checkpoint
from rnnlab.runs.liveness import STALE_S, is_here
from rnnlab.runs.run import Run
from rnnlab.runs.store import RunStore

_Text = Optional[str]  # noqa: UP045


def _setting(flag: str, text: str) -> Any:
    """Return the option of a setting; its value is checked like that of `rnnlab train`."""
    return typer.Option(flag, metavar="N", help=text, show_default=False)


def command(
    runs: RunPatterns,
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
    *,
    is_sure: IsSure = False,
    checkpoints: Checkpoints = None,
    json: Json = False,
) -> int:
    """Resume runs where they ended; finished ones with a later end.

    `rnnlab resume RUN --steps 20000` continues a finished run until step 20,000, with its optimiser
    and its curve; after early stopping, `--patience N` or `--lr X` is enough. A run continues from
    its last checkpoint; `rnnlab train CORPUS --init-from RUN@best` begins a new run with its best
    weights. One run is followed until its end, unless --detach is set; several runs are detached.
    A value that is probably mistyped is asked about on a terminal, and refused elsewhere, unless
    --yes is set.
    """
    from rnnlab.submit import resume_run

    options = {
        "steps": steps, "epochs": epochs, "minutes": minutes, "lr": lr, "clip": clip,
        "patience": patience,
    }  # fmt: skip
    changes = {name: text for name, text in options.items() if text is not None}
    for name, checkpoint in map(split_checkpoint, runs):
        if checkpoint:
            raise BadInputError(
                f"{name}@{checkpoint}: a run continues from its last checkpoint only",
                f"`rnnlab train CORPUS --init-from {name}@{checkpoint}` begins a new run there",
            )
    chosen = chosen_runs(RunStore.default(checkpoints), runs)
    if not are_wanted(chosen.runs, changes, is_sure=is_sure):
        return EXIT_INTERRUPTED
    if len(runs) > 1 or len(chosen.runs) > 1:
        return _resume_all(chosen, changes, is_queued=queue, json=json)
    (opened,) = chosen.runs
    was_paused = opened.status().state == "paused"
    _note_wait(opened)
    seen = end_of_journal(opened)  # before the worker starts: its first events are new
    message = resume_run(opened, changes, is_queued=queue)
    typer.echo(message, err=json)
    if detach or was_paused:
        if json:
            print_json(result(opened))
        return 0
    return follow(opened, is_new=False, json=json, seen=seen)


def _note_wait(run: Run) -> None:
    """Print what takes some seconds before a run resumes."""
    status = run.status()
    if status.state == "lost" and status.host and not is_here(status):
        talk(f"{run.name}: observing for {STALE_S:g} s whether its worker on {status.host} lives")


def _resume_all(chosen: Chosen, changes: dict[str, str], *, is_queued: bool, json: bool) -> int:
    """Resume several runs in the background; with `json`, print a list of those that resume."""
    from rnnlab.submit import resume_run

    results: list[object] = []

    def resume(run: Run) -> str | None:
        _note_wait(run)
        message = resume_run(run, changes, is_queued=is_queued)
        results.append(result(run))
        return None if json else message

    code = do_with_each(chosen, resume)
    if json:
        print_json(results)
    return code

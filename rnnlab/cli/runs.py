"""List the runs with their states and metrics."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from rnnlab.base.display import count, loss, percent, visible
from rnnlab.cli._options import Checkpoints, Json
from rnnlab.cli._output import console, print_json, print_table, table_width, talk
from rnnlab.runs.filter import parse_filter
from rnnlab.runs.run import Run
from rnnlab.runs.store import RunStore
from rnnlab.runs.summary import summarise

_ACCURACY = 6
"""Place of the column for the accuracy, after the validation loss."""
_DROPPED = ("params", "epoch", "tokens/s", "corpus", "cell", "train", "step")
"""Columns that a terminal without room for all of them does not show, the first one first."""


def command(
    checkpoints: Checkpoints = None,
    json: Json = False,
    matching: Annotated[
        str,
        typer.Option("--filter", metavar="EXPR", help="List matching runs: 'lstm val<1.5'."),
    ] = "",
) -> None:
    """List the runs with their states and metrics.

    A filter consists of words and comparisons, all of which must match: `gru !failed` (words of
    name, state, cell, corpus or task), `state:running`, `val<1.5 accuracy>90% age<2d`.
    """
    passes = parse_filter(matching)
    store = RunStore.default(checkpoints)
    if not store.root.is_dir():
        talk(f"there is no folder {store.root} yet; only shipped runs are listed")
    runs = [(run, s) for run in store if passes(s := summarise(run))]
    summaries = [s for _, s in runs]
    if json:
        print_json([asdict(summary) for summary in summaries])
        return
    header = [
        "name", "state", "step", "epoch", "train", "val", "tokens/s", "params", "corpus", "cell",
    ]  # fmt: skip
    has_classifier = any(s.val_accuracy is not None for s in summaries)
    rows = [
        [
            s.name,
            s.state_text,
            f"{s.step:,}",
            f"{s.epoch:.1f}",
            loss(s.train_loss),
            loss(s.val_loss),
            count(s.tokens_per_s),
            count(s.parameters),
            s.corpus,
            s.cell,
        ]
        for s in summaries
    ]
    if has_classifier:
        header.insert(_ACCURACY, "accuracy")
        for row, s in zip(rows, summaries, strict=True):
            row.insert(_ACCURACY, percent(s.val_accuracy))
    if matching and not summaries:
        talk(f"no run matches {matching}; `rnnlab runs` lists all of them")
        return
    for name in _DROPPED:
        if console().is_terminal and table_width(header, rows) > console().width:
            place = header.index(name)
            header, rows = _without(header, place), [_without(row, place) for row in rows]
    print_table(header, rows, ("step", "epoch", "train", "val", "accuracy", "tokens/s", "params"))
    for run, _ in runs:
        if (step := _differing_checkpoint(run)) is not None:
            talk(f"{run.name}: the last checkpoint is from step {step:,}, not from its last step")
    for s in summaries:
        if s.reason and s.state in ("failed", "lost"):
            talk(f"{s.name}: {visible(s.reason, newline=' ')}")
        if s.alarm:
            talk(f"{s.name}: {visible(s.alarm, newline=' ')}")


def _without(cells: list[str], place: int) -> list[str]:
    return cells[:place] + cells[place + 1 :]


def _differing_checkpoint(run: Run) -> int | None:
    """Return the step of a finished run's last checkpoint, if that is not the run's last step.

    A shipped run has only its best checkpoint, which nobody can change: None.
    """
    if run.is_shipped:
        return None
    status, last = run.status(), run.paths.read_pointer("last")
    return last if status.state == "finished" and last != status.step else None

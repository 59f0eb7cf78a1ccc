"""List the runs."""

from __future__ import annotations

from dataclasses import asdict

from rnnlab.base.display import count, loss
from rnnlab.cli._options import Checkpoints, Json
from rnnlab.cli._output import print_json, print_table, talk
from rnnlab.runs.store import Run, RunStore
from rnnlab.runs.summary import summarise


def command(checkpoints: Checkpoints = None, json: Json = False) -> None:
    """List all runs with their states and metrics."""
    store = RunStore.default(checkpoints)
    if not store.root.is_dir():
        talk(f"there is no folder {store.root} yet; only shipped runs are listed")
    summaries = [summarise(run) for run in store]
    if json:
        print_json([asdict(summary) for summary in summaries])
        return
    header = [
        "name",
        "state",
        "step",
        "epoch",
        "train",
        "val",
        "tokens/s",
        "params",
        "corpus",
        "cell",
    ]
    rows = [
        [
            s.name,
            s.state,
            str(s.step),
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
    print_table(header, rows, ("step", "epoch", "train", "val", "tokens/s", "params"))
    for run in store:
        if (step := _differing_checkpoint(run)) is not None:
            talk(
                f"{run.name}: the last checkpoint is from step {step}, not from the run's last step"
            )
    for s in summaries:
        if s.reason and s.state in ("failed", "lost"):
            talk(f"{s.name}: {s.reason}")


def _differing_checkpoint(run: Run) -> int | None:
    """Return the step of a finished run's last checkpoint, if that is not the run's last step.

    A shipped run has only its best checkpoint, which nobody can change: None.
    """
    if run.is_shipped:
        return None
    status, last = run.status(), run.paths.read_pointer("last")
    return last if status.state == "finished" and last != status.step else None

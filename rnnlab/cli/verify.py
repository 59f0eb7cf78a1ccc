"""Verify the checkpoints of runs by their checksums."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from rnnlab.base.errors import EXIT_DONE, EXIT_FAILED
from rnnlab.cli._bulk import Chosen, chosen_runs, do_with_each
from rnnlab.cli._completion import complete_run
from rnnlab.cli._options import Checkpoints, Json
from rnnlab.cli._output import print_json, print_table
from rnnlab.cli._progress import progress_bar
from rnnlab.runs.intact import integrity
from rnnlab.runs.paths import RunPaths
from rnnlab.runs.store import RunStore


def command(
    runs: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Argument(
            metavar="RUN",
            help="Names of runs, or quoted patterns (default: all runs).",
            show_default=False,
            autocompletion=complete_run,
        ),
    ] = None,
    checkpoints: Checkpoints = None,
    json: Json = False,
) -> int:
    """Verify the checkpoints of runs by their checksums.

    Without a name, all runs of the folder are verified, and those that are shipped with rnnlab.
    Every file is read from the disk. `no checksum` marks a complete file of an older version of
    rnnlab. The exit code is 1 if a file is damaged.
    """
    store = RunStore.default(checkpoints)
    chosen = chosen_runs(store, runs) if runs else Chosen(list(store), [])
    files = [
        (run.name, step, file)
        for run in chosen.runs
        for step in run.paths.checkpoint_steps()
        for file in _files(run.paths, step)
    ]
    documents: list[dict[str, Any]] = []
    with progress_bar("verifying") as bar:
        for number, (name, step, file) in enumerate(files, 1):
            state = integrity(file, from_disk=True)
            documents.append({"run": name, "step": step, "file": file.name, "state": state})
            bar(number, len(files))
    if json:
        print_json(documents)
    else:
        rows = [[d["run"], f"{d['step']:,}", d["file"], d["state"]] for d in documents]
        print_table(["run", "step", "file", "state"], rows, ("step",))
    is_damaged = any(document["state"] == "damaged" for document in documents)
    refusal = do_with_each(Chosen([], chosen.refused), lambda _: None)
    return max(refusal, EXIT_FAILED if is_damaged else EXIT_DONE)


def _files(paths: RunPaths, step: int) -> list[Path]:
    state = paths.training_state(step)
    return [paths.weights(step), *([state] if state.exists() else [])]

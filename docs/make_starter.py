"""Train the shipped model again: `python docs/make_starter.py` replaces `checkpoints/starter`.

It is an ordinary run on the shipped corpus, without the files that only a resumed run or
TensorBoard needs, so that it stays small.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from rnnlab.base.files import replace_text
from rnnlab.base.locations import shipped_runs
from rnnlab.cli._follow import follow
from rnnlab.runs.paths import RunPaths
from rnnlab.runs.records import encode_status
from rnnlab.runs.run import Run
from rnnlab.runs.store import RunStore
from rnnlab.submit import checked_config, start_run

SETTINGS = {
    "corpus": "stump", "cell": "lstm", "hidden": 128, "embedding": 32, "batch": 16, "lr": 0.01,
    "schedule": "cosine", "dropout": 0.1, "weight_decay": 0.1, "epochs": 40, "log_every": 250,
    "keep": 1, "threads": 1,
}  # fmt: skip


def trim(run: Run, to: RunPaths) -> None:
    """Copy what prompting and plotting need: settings, journal and the best weights."""
    best = run.paths.read_pointer("best")
    assert best is not None
    shutil.rmtree(to.root, ignore_errors=True)
    to.root.mkdir(parents=True)
    paths = run.paths
    for file in (paths.config, paths.vocabulary, paths.corpus, paths.journal, paths.weights(best)):
        shutil.copy(file, to.root)
    for pointer in ("last", "best"):
        replace_text(to.root / pointer, f"{best}\n")
    replace_text(to.status, encode_status(replace(run.status(), host="", pid=0)))


def main() -> None:
    """Train, then replace the shipped run."""
    with tempfile.TemporaryDirectory() as folder:
        run = start_run(checked_config(SETTINGS), RunStore(Path(folder)), "starter")
        if follow(run, is_new=True, json=False) == 0:
            trim(run, RunPaths(shipped_runs()[0]))


if __name__ == "__main__":
    main()

"""Save runs and pause them; `rnnlab resume` continues them."""

from __future__ import annotations

from rnnlab.cli._bulk import chosen_runs, do_with_each
from rnnlab.cli._options import Checkpoints, RunPatterns
from rnnlab.runs import control
from rnnlab.runs.store import RunStore


def command(runs: RunPatterns, checkpoints: Checkpoints = None) -> int:
    """Save runs and pause them; `rnnlab resume` continues them."""
    return do_with_each(chosen_runs(RunStore.default(checkpoints), runs), control.pause)

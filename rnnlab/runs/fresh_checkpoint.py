"""Get a run's current weights: a run in training saves them on request, others have saved them.

The command line and the app use this for prompts to a run in training. Does not import torch.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from rnnlab.base.errors import RnnlabError
from rnnlab.runs.lock import is_locked
from rnnlab.runs.mailbox import Command, send
from rnnlab.runs.paths import RunPaths
from rnnlab.runs.run import Run

FOR_A_PROMPT = "prompt"
"""`name` of a checkpoint command for which the worker does not write an event to the journal."""
PATIENCE_S = 5.0
"""Seconds to wait until the worker has finished its step and saved a checkpoint; after that time,
the last checkpoint is used."""
START_PATIENCE_S = 60.0
"""Seconds to wait for the first checkpoint of a new run, which must first read its corpus."""
_POLL_S = 0.02


def is_to_come(paths: RunPaths) -> bool:
    """Return True if a run has been started but has not yet saved its first weights."""
    if paths.read_pointer("last") is not None:
        return False
    return Run(paths).status().state in ("starting", "running")


def await_first(
    paths: RunPaths,
    is_over: Callable[[], bool] = lambda: False,
    patience_s: float = START_PATIENCE_S,
) -> None:
    """Wait until a run that has been started has saved its first weights.

    is_over: function that returns True once the caller no longer waits.
    """
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline and not is_over() and is_to_come(paths):
        time.sleep(_POLL_S)


def save_now(
    paths: RunPaths,
    is_over: Callable[[], bool] = lambda: False,
    patience_s: float = PATIENCE_S,
) -> bool:
    """Ask a run in training to save its weights, and wait; return True if it has saved them.

    A paused or ended run has already saved its current weights. is_over: function that returns True
    once the caller no longer waits.
    """
    if is_over() or Run(paths).status().state != "running":
        return False
    before = _version(paths)
    try:
        send(paths.mailbox, Command("checkpoint", FOR_A_PROMPT))
    except RnnlabError:
        return False  # another user's run: use its last checkpoint
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline and is_locked(paths.lock) and not is_over():
        if _version(paths) != before:
            return True
        time.sleep(_POLL_S)
    return _version(paths) != before


def _version(paths: RunPaths) -> tuple[int, int]:
    """Return inode and time of the file `last`, which change with every checkpoint."""
    try:
        stat = paths.pointer("last").stat()
    except OSError:
        return 0, 0
    return stat.st_ino, stat.st_mtime_ns

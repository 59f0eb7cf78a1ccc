"""The current weights of a run: a training run is asked to save them, the others have done so.

Used for prompts to a training run, by the command line and the app; does not import torch.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from rnnlab.base.errors import RnnlabError
from rnnlab.runs.lock import is_locked
from rnnlab.runs.mailbox import Command, send
from rnnlab.runs.paths import RunPaths
from rnnlab.runs.store import Run

FOR_A_PROMPT = "prompt"
"""Name of a checkpoint command that writes no event to the journal."""
PATIENCE_S = 5.0
"""Seconds to wait for a step and a checkpoint; then the last checkpoint is used."""
START_PATIENCE_S = 60.0
"""Seconds to wait for the first checkpoint of a new run, which reads its corpus first."""
_POLL_S = 0.02


def is_to_come(paths: RunPaths) -> bool:
    """Return True if a run has been started and has not saved its first weights yet."""
    if paths.read_pointer("last") is not None:
        return False
    return Run(paths).status().state in ("starting", "running")


def await_first(
    paths: RunPaths,
    is_over: Callable[[], bool] = lambda: False,
    patience_s: float = START_PATIENCE_S,
) -> None:
    """Wait until a run that has been started has saved its first weights.

    is_over: returns True once the caller no longer waits.
    """
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline and not is_over() and is_to_come(paths):
        time.sleep(_POLL_S)


def save_now(
    paths: RunPaths,
    is_over: Callable[[], bool] = lambda: False,
    patience_s: float = PATIENCE_S,
) -> bool:
    """Ask a training run to save its weights and wait for them; return True if it has.

    A paused or ended run has saved its current weights already. is_over: returns True once the
    caller no longer waits.
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
    """Return inode and modification time of the pointer, which change with every checkpoint."""
    try:
        stat = paths.pointer("last").stat()
    except OSError:
        return 0, 0
    return stat.st_ino, stat.st_mtime_ns

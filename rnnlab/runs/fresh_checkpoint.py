"""The weights of this moment: a run that trains is asked to save them, the others have them saved.

Needs no torch: whoever prompts a living run, on the command line or in the app, goes through here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal

from rnnlab.base.errors import RnnlabError
from rnnlab.runs.lock import is_locked
from rnnlab.runs.mailbox import Command, send
from rnnlab.runs.paths import Pointer, RunPaths
from rnnlab.runs.store import Run

FOR_A_PROMPT = "prompt"
"""Name of the command to save of which the journal does not tell."""
PATIENCE_S = 5.0
"""How long a step and a checkpoint are waited for; then the last checkpoint has to do."""
START_PATIENCE_S = 60.0
"""How long the first checkpoint of a run that starts is waited for: it reads its corpus before."""
_LOOK_S = 0.02


def resolve_live(
    paths: RunPaths,
    which: Pointer | Literal["live"] | int,
    is_over: Callable[[], bool] = lambda: False,
) -> Pointer | int:
    """Return a checkpoint that is on disk; `live` is the last one, saved just now where it can.

    is_over: whether nobody waits any more.
    """
    if which != "live":
        return which
    save_now(paths, is_over)
    return "last"


def is_to_come(paths: RunPaths) -> bool:
    """Tell whether a run has just been started and has yet to save its first weights."""
    if paths.read_pointer("last") is not None:
        return False
    return Run(paths).status().state in ("starting", "running")


def await_first(
    paths: RunPaths,
    is_over: Callable[[], bool] = lambda: False,
    patience_s: float = START_PATIENCE_S,
) -> None:
    """Wait for the first weights of a run that has just been started.

    is_over: whether nobody waits any more.
    """
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline and not is_over() and is_to_come(paths):
        time.sleep(_LOOK_S)


def save_now(
    paths: RunPaths,
    is_over: Callable[[], bool] = lambda: False,
    patience_s: float = PATIENCE_S,
) -> bool:
    """Have a run that trains save its weights; return whether it has.

    A paused or ended run saved them when it stood still. is_over: whether nobody waits any more.
    """
    if is_over() or Run(paths).status().state != "running":
        return False
    before = _mark(paths)
    try:
        send(paths.mailbox, Command("checkpoint", FOR_A_PROMPT))
    except RnnlabError:
        return False  # another user's run: what he has saved has to do
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline and is_locked(paths.lock) and not is_over():
        if _mark(paths) != before:
            return True
        time.sleep(_LOOK_S)
    return _mark(paths) != before


def _mark(paths: RunPaths) -> tuple[int, int]:
    """Return what tells one writing of the pointer from another."""
    try:
        found = paths.pointer("last").stat()
    except OSError:
        return 0, 0
    return found.st_ino, found.st_mtime_ns

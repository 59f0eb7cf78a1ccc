"""Changes of a run that no worker may see: its lock is held meanwhile."""

from __future__ import annotations

import contextlib
import os
import shlex
from collections.abc import Iterator

from rnnlab.base.errors import BadInputError, RnnlabError
from rnnlab.base.files import real_path
from rnnlab.base.regular_files import UnfitFileError
from rnnlab.runs.lock import ENDING_S, take_lock
from rnnlab.runs.run import Run


def check_own(run: Run, change: str) -> None:
    """Raise BadInputError if a run is shipped; change: a participle, such as "deleted"."""
    if run.is_shipped:
        raise BadInputError(
            f"{run.name!r} is shipped with rnnlab and cannot be {change}", "choose another run"
        )


def check_no_link(run: Run) -> None:
    """Raise BadInputError if a run is a symbolic link: its folder may belong to other runs."""
    root = run.paths.root
    if root.is_symlink():
        raise BadInputError(
            f"{run.name!r} is a symbolic link to {real_path(root)}",
            f"delete the link with `unlink {shlex.quote(str(root))}`",
        )


def cannot_lock(run: Run, error: OSError) -> RnnlabError:
    """Return the error for a run whose lock cannot be taken."""
    if isinstance(error, UnfitFileError):
        return RnnlabError(f"{error.filename} is {error.strerror}", "delete it")
    return RnnlabError(f"cannot write to {run.paths.root}: {error.strerror or error}")


@contextlib.contextmanager
def exclusive(run: Run, change: str) -> Iterator[None]:
    """Hold the lock of a run that has no worker: none can start during the block.

    change: what happens to the run, as a participle. Raise BadInputError if the run has a worker or
    is shipped, RnnlabError if its folder cannot be written.
    """
    check_own(run, change)
    try:
        lock = None if run.is_alive() else take_lock(run.paths.lock, ENDING_S)
    except OSError as error:
        raise cannot_lock(run, error) from None
    if lock is None:
        state = run.status().state
        what = "training" if state not in ("queued", "paused") else state
        raise BadInputError(
            f"{run.name!r} is {what}", f"stop it first with `rnnlab stop {run.name}`"
        )
    try:
        yield
    finally:
        os.close(lock)

"""A worker's slot. A queued run waits for its turn; any other run takes a slot if one is free."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from rnnlab.base.errors import RnnlabError
from rnnlab.base.preferences import load_preferences
from rnnlab.runs.lock import NoLocksError
from rnnlab.runs.pending import read_pending, write_pending
from rnnlab.runs.queue import Queue, device_key
from rnnlab.runs.run import Run
from rnnlab.worker._status_thread import StatusReporter


def preferred_slots() -> int:
    """Return the number of runs that may train at the same time, from the current preferences."""
    try:
        return load_preferences().slots
    except RnnlabError:
        return 1  # unreadable preferences must neither block the queue nor overload the device


@contextlib.contextmanager
def hold_slot(
    run: Run, reporter: StatusReporter, num_slots: Callable[[], int] = preferred_slots
) -> Iterator[bool]:
    """Wait while the run is in the queue; yield True if it may train, False if it was stopped.

    A run outside the queue always trains; if a slot is free, the run takes it, so the queue counts
    the run. The slot is released after the block, or when the process is killed. Call this before
    torch is imported, because a waiting worker should need little memory.

    num_slots: returns the number of runs that may train at the same time; called at every poll.
    """
    turn = _wait_for_turn(run, reporter, num_slots)
    try:
        yield turn.may_train
    finally:
        if turn.slot is not None:
            os.close(turn.slot)


class _Turn(NamedTuple):
    """The end of the wait in the queue."""

    may_train: bool
    slot: int | None
    """File descriptor of the slot; None without one."""


def _wait_for_turn(run: Run, reporter: StatusReporter, num_slots: Callable[[], int]) -> _Turn:
    """Wait while the run is in the queue, until its turn or a stop command."""
    queue = Queue(run.paths.root.parent)
    while queue.has(run.name):
        for command in reporter.commands():
            if command.action == "stop":
                queue.leave(run.name)
                return _Turn(False, None)
            if command.action == "set":
                _keep(run, command.changes)
        reporter.check_folder()  # the entry of this name might be another run's by now
        slot = queue.take_turn(run.name, num_slots())
        if slot is not None:
            return _Turn(True, slot)
        reporter.wait()
    return _Turn(True, take_free_slot(run, num_slots()))


def _keep(run: Run, changes: Mapping[str, float]) -> None:
    """Keep changes of a queued run for its first step, where they are checked again."""
    from rnnlab.settings.changes import merged  # pydantic: most queued workers do not need it

    with contextlib.suppress(RnnlabError):
        write_pending(run.paths, merged(read_pending(run.paths), changes))


def take_free_slot(run: Run, num_slots: int) -> int | None:
    """Return the file descriptor of a free slot; None if all `num_slots` slots are taken.

    Also returns None if the slots' files cannot be opened, as in another user's folder.
    """
    queue = Queue(run.paths.root.parent)
    with contextlib.suppress(OSError, NoLocksError):
        return queue.take_slot(device_key(run.settings().get("device")), num_slots)
    return None

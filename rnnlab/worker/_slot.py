"""A worker's slot: waited for in the queue, or taken where one is free, and held to the end."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator

from rnnlab.base.errors import RnnlabError
from rnnlab.base.preferences import load_preferences
from rnnlab.runs.queue import Queue, device_key
from rnnlab.runs.store import Run
from rnnlab.worker._status_thread import StatusReporter


def preferred_slots() -> int:
    """Return how many runs train at once, as it is set at this moment."""
    try:
        return load_preferences().slots
    except RnnlabError:
        return 1  # a file that cannot be read must neither stop the queue nor flood the device


@contextlib.contextmanager
def hold_slot(
    run: Run, attendant: StatusReporter, num_slots: Callable[[], int] = preferred_slots
) -> Iterator[bool]:
    """Wait while the run is in the queue; yield True if it may train, False if it was stopped.

    A run that does not queue takes a slot if one is free, so that the queue waits for it, and
    trains in any case. The slot is free again after the block, or when the process is killed.
    Runs before torch is loaded: a waiting worker is small.

    num_slots: returns how many runs train at once; called at each look.
    """
    queue = Queue(run.paths.root.parent)
    slot = None
    while queue.has(run.name):
        if any(command.action == "stop" for command in attendant.take()):
            queue.leave(run.name)
            yield False
            return
        slot = queue.take_turn(run.name, num_slots())
        if slot is not None:
            break
        attendant.wait()
    else:
        slot = take_free_slot(run, num_slots())
    try:
        yield True
    finally:
        if slot is not None:
            os.close(slot)


def take_free_slot(run: Run, num_slots: int) -> int | None:
    """Return the open file of a slot if one of `num_slots` is free, else None.

    None also where slots cannot be looked at, as in a folder that belongs to somebody else.
    """
    queue = Queue(run.paths.root.parent)
    with contextlib.suppress(OSError):
        return queue.take_slot(device_key(run.settings().get("device")), num_slots)
    return None

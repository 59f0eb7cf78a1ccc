"""A worker's slot: waited for in the queue, or taken where one is free, and held to the end."""

from __future__ import annotations

import contextlib

from rnnlab.errors import RnnlabError
from rnnlab.preferences import load_preferences
from rnnlab.runs.queue import Queue, device_key
from rnnlab.runs.store import Run
from rnnlab.worker._attendant import Attendant

_held: list[int] = []
"""The slot's open file: closed by the kernel, however this process ends."""


def wait_for_slot(run: Run, attendant: Attendant) -> bool:
    """Wait while the run is in the queue; tell whether it may train, False where it was stopped.

    A run that does not queue takes a slot if one is free, so that the queue waits for it, and
    trains in any case. Runs before torch is loaded: a waiting worker is small.
    """
    queue = Queue(run.paths.root.parent)
    while queue.has(run.name):
        if any(command.action == "stop" for command in attendant.take()):
            queue.leave(run.name)
            return False
        slot = queue.take_turn(run.name, _num_slots())
        if slot is not None:
            _held.append(slot)
            return True
        attendant.wait()
    take_free_slot(run)
    return True


def take_free_slot(run: Run) -> None:
    """Take a slot if this worker has none and one is free.

    Where slots cannot be looked at, as in a folder that belongs to somebody else, it has none.
    """
    if _held:
        return
    queue = Queue(run.paths.root.parent)
    with contextlib.suppress(OSError):
        slot = queue.take_slot(device_key(run.settings().get("device")), _num_slots())
        if slot is not None:
            _held.append(slot)


def _num_slots() -> int:
    """Return how many runs train at once, as it is set at this moment."""
    try:
        return load_preferences().slots
    except RnnlabError:
        return 1  # a file that cannot be read must neither stop the queue nor flood the device

"""One queue a folder of runs, without a daemon: each worker waits for a slot of its device.

`.queue/` holds an entry for every run that waits, and a lock file for every slot. A worker keeps
its slot's lock as long as it lives, so that the kernel frees the slot however the worker ends. A
short lock, the turn, lets one worker at a time look whether it is next.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from rnnlab.base.errors import BadInputError
from rnnlab.base.files import replace_text
from rnnlab.runs.lock import is_locked
from rnnlab.runs.paths import QueuePaths, RunPaths


class QueueEntry(NamedTuple):
    """One run that waits."""

    name: str
    position: float
    """Those with a lower one go first."""
    device: str


class Queue:
    """The queue of a folder of runs; every method looks afresh."""

    def __init__(self, root: Path) -> None:
        self._paths = QueuePaths(root)

    def join(self, name: str, device: str) -> None:
        """Put a run at the end."""
        with self._turn():
            last = max((entry.position for entry in self._entries()), default=0.0)
            self._write(QueueEntry(name, last + 1.0, device))

    def leave(self, name: str) -> None:
        """Take a run out; one that is not in it stays out."""
        with contextlib.suppress(OSError):
            self._paths.entry(name).unlink()

    def has(self, name: str) -> bool:
        """Tell whether a run is in the queue; an entry that cannot be read is none."""
        return self._read(name) is not None

    def waiting(self) -> list[QueueEntry]:
        """Return what waits, the next one first; an entry whose worker is gone does not count."""
        runs = self._paths.checkpoints
        return [e for e in self._entries() if is_locked(RunPaths(runs / e.name).lock)]

    def place(self, name: str) -> int | None:
        """Return 1 for the next run, 2 for the one after it...; None for one that is not in it."""
        names = [entry.name for entry in self.waiting()]
        return names.index(name) + 1 if name in names else None

    def move(self, name: str, by: int) -> int:
        """Move a run by so many places, towards the front where negative; return its new place.

        Raises BadInputError when it does not wait.
        """
        with self._turn():
            entries = self.waiting()
            names = [entry.name for entry in entries]
            if name not in names:
                raise BadInputError(
                    f"{name!r} does not wait in the queue", "`rnnlab queue` lists it"
                )
            old = names.index(name)
            new = min(max(old + by, 0), len(entries) - 1)
            moved = entries.pop(old)
            entries.insert(new, moved)
            for place, entry in enumerate(entries, 1):
                if entry.position != place:
                    self._write(entry._replace(position=float(place)))
        return new + 1

    def take_turn(self, name: str, num_slots: int) -> int | None:
        """Return an open slot for a waiting run that is next on its device, out of the queue then.

        None while others go first or no slot is free; raises OSError where nothing can be written.
        """
        with self._turn():
            entries = self.waiting()
            mine = next((entry for entry in entries if entry.name == name), None)
            if mine is None:
                return None
            first = next(entry for entry in entries if entry.device == mine.device)
            slot = self.take_slot(mine.device, num_slots) if first == mine else None
            if slot is not None:
                self.leave(name)
            return slot

    def take_slot(self, device: str, num_slots: int) -> int | None:
        """Return an open slot of a device, or None when none is free."""
        self._paths.root.mkdir(exist_ok=True)
        for number in range(num_slots):
            file = self._paths.slot(device, number)
            descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
            else:
                return descriptor
        return None

    def _entries(self) -> list[QueueEntry]:
        found = [entry for name in self._paths.entry_names() if (entry := self._read(name))]
        return sorted(found, key=lambda entry: (entry.position, entry.name))

    def _read(self, name: str) -> QueueEntry | None:
        try:
            values = json.loads(self._paths.entry(name).read_text(encoding="utf-8"))
            return QueueEntry(name, float(values["position"]), str(values["device"]))
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return None

    def _write(self, entry: QueueEntry) -> None:
        values = {"position": entry.position, "device": entry.device}
        replace_text(self._paths.entry(entry.name), json.dumps(values))

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        """Keep all others from looking and changing for a moment."""
        self._paths.root.mkdir(exist_ok=True)
        descriptor = os.open(self._paths.turn, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def device_key(setting: object) -> str:
    """Return which device's slots a run with this setting `device` takes, without asking torch."""
    name = str(setting or "auto")
    if name == "auto":
        return "cuda-0" if Path("/dev/nvidia0").exists() else "cpu"
    if name == "cuda":
        return "cuda-0"
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "cpu"

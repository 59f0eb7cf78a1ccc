"""The queue of a folder of runs, without a daemon: each worker waits for a slot of its device.

`.queue/` holds an entry per queued run and a lock file per slot. A worker holds the lock of its
slot while it lives, so the kernel frees the slot whatever ends the worker. Another lock, the turn,
is held only for moments: it lets one process at a time read and change the queue.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from rnnlab.base.errors import BadInputError, RnnlabError
from rnnlab.base.files import refuse_link, replace_text
from rnnlab.base.parsing import parse_json
from rnnlab.base.regular_files import read_text
from rnnlab.runs.lock import LATCH_S, is_locked, take_lock
from rnnlab.runs.paths import QueuePaths, RunPaths

_PATIENCE_S = 10.0
"""Seconds to wait for the turn, which other processes hold for milliseconds."""


class QueueBusyError(RnnlabError):
    """Another process keeps the turn: it was stopped, or does not belong to rnnlab."""


class QueueEntry(NamedTuple):
    """One queued run."""

    name: str
    position: float
    """Sort key: the run with the lowest position starts first."""
    device: str


class Queue:
    """The queue of a folder of runs; every method reads the files again."""

    def __init__(self, root: Path, patience_s: float = _PATIENCE_S) -> None:
        """root: folder of runs. patience_s: seconds to wait for others that change the queue."""
        self._paths = QueuePaths(root)
        self._patience_s = patience_s

    def join(self, name: str, device: str) -> None:
        """Add a run at the end of the queue; raise QueueBusyError or OSError."""
        with self._turn(self._patience_s):
            self._drop_dead()
            last = max((entry.position for entry in self._entries()), default=0.0)
            self._write(QueueEntry(name, last + 1.0, device))

    def leave(self, name: str) -> None:
        """Remove a run from the queue; do nothing if it is not queued."""
        with contextlib.suppress(OSError, RnnlabError):
            refuse_link(self._paths.root)
            self._paths.entry(name).unlink()

    def has(self, name: str) -> bool:
        """Return True if a run has a readable entry."""
        return self._read(name) is not None

    def waiting(self) -> list[QueueEntry]:
        """Return the queued runs, the next to start first; drop those whose worker is gone."""
        entries = self._entries()
        waiting = [entry for entry in entries if self._has_worker(entry.name)]
        if len(waiting) < len(entries):
            with contextlib.suppress(OSError, RnnlabError), self._turn(wait_s=0.0):
                self._drop_dead()
        return waiting

    def place(self, name: str) -> int | None:
        """Return a run's place in the queue, 1 if it starts next; None if it is not queued."""
        names = [entry.name for entry in self.waiting()]
        return names.index(name) + 1 if name in names else None

    def move(self, name: str, by: int) -> int:
        """Move a run by `by` places, towards the front if negative; return its new place.

        Raise BadInputError if the run is not queued, QueueBusyError or OSError.
        """
        with self._turn(self._patience_s):
            entries = self._drop_dead()
            names = [entry.name for entry in entries]
            if name not in names:
                raise BadInputError(
                    f"{name!r} is not in the queue", "`rnnlab queue` lists the queued runs"
                )
            old = names.index(name)
            new = min(max(old + by, 0), len(entries) - 1)
            entries.insert(new, entries.pop(old))
            for place, entry in enumerate(entries, 1):
                if entry.position != place:
                    self._write(entry._replace(position=float(place)))
        return new + 1

    def take_turn(self, name: str, num_slots: int) -> int | None:
        """Take a slot for a queued run if it is next on its device, and remove it from the queue.

        Return the open lock file of the slot; None if another run is next, no slot is free or
        another process is changing the queue. Raise OSError if the queue's files cannot be written.
        """
        with contextlib.suppress(QueueBusyError), self._turn(LATCH_S):
            entries = self._drop_dead()
            own = next((entry for entry in entries if entry.name == name), None)
            if own is None:
                return None
            first = next(entry for entry in entries if entry.device == own.device)
            slot = self.take_slot(own.device, num_slots) if first == own else None
            if slot is not None:
                self.leave(name)
            return slot
        return None

    def take_slot(self, device: str, num_slots: int) -> int | None:
        """Take a slot of a device; return its open lock file, or None if no slot is free."""
        self._paths.root.mkdir(exist_ok=True)
        for number in range(num_slots):
            slot = take_lock(self._paths.slot(device, number), wait_s=0.0)
            if slot is not None:
                return slot
        return None

    def _has_worker(self, name: str) -> bool:
        return is_locked(RunPaths(self._paths.checkpoints / name).lock)

    def _drop_dead(self) -> list[QueueEntry]:
        """Remove the entries of runs without a worker, and return the others; needs the turn.

        A run joins with its lock held and in its turn, so no new entry is removed.
        """
        entries = self._entries()
        waiting = [entry for entry in entries if self._has_worker(entry.name)]
        for entry in entries:
            if entry not in waiting:
                self.leave(entry.name)
        return waiting

    def _entries(self) -> list[QueueEntry]:
        entries = [entry for name in self._paths.entry_names() if (entry := self._read(name))]
        return sorted(entries, key=lambda entry: (entry.position, entry.name))

    def _read(self, name: str) -> QueueEntry | None:
        try:
            values = parse_json(read_text(self._paths.entry(name)))
            return QueueEntry(name, float(values["position"]), str(values["device"]))
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def _write(self, entry: QueueEntry) -> None:
        values = {"position": entry.position, "device": entry.device}
        replace_text(self._paths.entry(entry.name), json.dumps(values))

    @contextlib.contextmanager
    def _turn(self, wait_s: float) -> Iterator[None]:
        """Hold the lock for reading and changing the queue.

        Raise QueueBusyError if others hold it for `wait_s` seconds.
        """
        self._paths.root.mkdir(exist_ok=True)
        refuse_link(self._paths.root)
        turn = take_lock(self._paths.turn, wait_s)
        if turn is None:
            raise QueueBusyError(
                f"another process does not give back {self._paths.turn}",
                "end that process, which `fuser` or `lsof` names, or try again",
            )
        try:
            yield
        finally:
            os.close(turn)


def device_key(setting: object) -> str:
    """Return the beginning of the slots' names for a setting `device`, such as `cuda-0`."""
    name = str(setting or "auto")
    if name == "auto":
        return "cuda-0" if Path("/dev/nvidia0").exists() else "cpu"
    if name == "cuda":
        return "cuda-0"
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "cpu"

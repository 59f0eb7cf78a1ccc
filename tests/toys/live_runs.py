"""Runs whose worker is the test itself: their status, and their lock."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rnnlab.base.files import replace_text
from rnnlab.runs.lock import take_lock
from rnnlab.runs.records import State, Status, encode_status
from rnnlab.runs.run import Run
from rnnlab.runs.store import RunStore


def make_run(folder: Path, state: State, last: int | None = 10, config: str = "") -> Run:
    """Return a run in a state; last: step of its last checkpoint, None without one."""
    run = RunStore(folder).create("run", config)
    status = Status(state=state, pid=os.getpid(), host=socket.gethostname(), heartbeat=time.time())
    replace_text(run.paths.status, encode_status(status))
    if last is not None:
        replace_text(run.paths.pointer("last"), f"{last}\n")
    return run


@dataclass
class LateWeights:
    """An `is_over` that is always false; by its third call, the run has its first weights."""

    run: Run
    num_calls: int = 0

    def __call__(self) -> bool:
        self.num_calls += 1
        if self.num_calls == 3:
            replace_text(self.run.paths.pointer("last"), "0\n")
        return False


@contextmanager
def held(run: Run) -> Iterator[None]:
    """Act as the run's worker during a block."""
    lock = take_lock(run.paths.lock)
    assert lock is not None
    try:
        yield
    finally:
        os.close(lock)

"""Workers that are forked from the tests' own process, which has loaded torch already.

A worker is a process of its own all the same, in its own session, with its log and its lock, and is
killed like any other. It saves the 3 to 4 s of CPU that a new interpreter takes to load torch. What
an interpreter reads at its start (PYTHONUTF8, for one) has no effect on a fork.
Tests whose subject is the start of a worker start it as the product does.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
import traceback
from collections.abc import Iterator
from unittest import mock

from rnnlab.runs import launch
from rnnlab.runs.journal import Journal
from rnnlab.runs.records import Record, TrainRecord
from tests.toys.environment import HANDED_DOWN, NUM_THREADS

_start_worker = launch.start_worker
_forked: list[int] = []
"""Process ids that are not reaped yet."""
_deaths: list[int] = []
"""The last one is the step at which a worker that is forked now kills itself."""


@contextlib.contextmanager
def forked_workers() -> Iterator[None]:
    """Have every worker that is launched meanwhile forked from this process."""
    with (
        mock.patch.object(launch, "start_worker", fork_worker),
        mock.patch.object(launch, "warm_worker", contextlib.nullcontext),
    ):
        yield


@contextlib.contextmanager
def killed_at(step: int) -> Iterator[None]:
    """Have every worker that is forked meanwhile killed as soon as its journal comes to a step.

    It kills itself, so that a run need not last longer than the test takes to notice the step.
    """
    _deaths.append(step)
    try:
        yield
    finally:
        _deaths.pop()


def can_fork() -> bool:
    """Load what a worker needs; tell whether a fork can use it.

    Neither a pool of threads nor a CUDA context survives a fork.
    """
    import torch

    if NUM_THREADS > 1 or torch.cuda.is_available():
        return False
    import rnnlab.training
    import rnnlab.worker.train  # noqa: F401

    torch.set_num_threads(NUM_THREADS)
    return True


def fork_worker(arguments: list[str], log: int, lock: int) -> int:
    """Start a worker as `rnnlab.runs.launch.start_worker` does, by a fork."""
    if not can_fork():
        return _start_worker(arguments, log, lock)
    _reap()
    environment = launch.child_environment()
    child = os.fork()
    if child == 0:
        _work(arguments, log, lock, environment)
    _forked.append(child)
    return child


def _reap() -> None:
    for child in list(_forked):
        with contextlib.suppress(ChildProcessError):
            if os.waitpid(child, os.WNOHANG)[0] == 0:
                continue
        _forked.remove(child)


def _work(arguments: list[str], log: int, lock: int, environment: dict[str, str]) -> None:
    """Become the worker: nothing of the test's process is used, closed or written any more."""
    code = 1
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        gc.freeze()  # objects that own the files closed below must not close them again
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.closerange(3, lock)
        os.closerange(lock + 1, 1 << 16)
        sys.stdin, sys.stdout, sys.stderr = (os.fdopen(n, "rww"[n], buffering=1) for n in range(3))
        for number in (*HANDED_DOWN, signal.SIGALRM):
            signal.signal(number, signal.SIG_DFL)
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = ["rnnlab.worker.train", *arguments]
        from rnnlab.worker.train import main

        with _dying():
            code = main()
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError):  # a full disk must not wake the test in this process
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


@contextlib.contextmanager
def _dying() -> Iterator[None]:
    """Kill this process, as a crash of the machine would, at the step that `killed_at` has set."""
    if not _deaths:
        yield
        return
    append, last_step = Journal.append, _deaths[-1]

    def append_and_die(journal: Journal, *records: Record) -> None:
        append(journal, *records)
        if any(isinstance(one, TrainRecord) and one.step >= last_step for one in records):
            os.kill(os.getpid(), signal.SIGKILL)

    with mock.patch.object(Journal, "append", append_and_die):
        yield

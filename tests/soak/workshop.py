"""Tiny runs whose workers are killed, stopped and starved, and a witness of their statuses."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any
from unittest import mock

from rnnlab.runs import launch
from rnnlab.runs.history import History, read_history
from rnnlab.runs.intact import is_whole
from rnnlab.runs.journal import Journal, JournalTail
from rnnlab.runs.records import Record, encode
from rnnlab.runs.run import Run
from rnnlab.runs.store import RunStore
from rnnlab.runs.summary import summarise
from rnnlab.submit import checked_config, start_run
from rnnlab.training import Mirror, Session
from tests.toys.forked_workers import can_fork, forked_workers
from tests.toys.lab import write_tiny_text

DEADLINE_S = 900.0
"""A wait that takes longer is itself a fault."""
LIVE = ("queued", "starting", "running", "paused")
ENDED = ("finished", "stopped", "failed", "lost")
PLACES: dict[str, tuple[type, str, int, float]] = {
    "training": (Journal, "append", 24, 0.004),
    "saving": (Session, "save", 6, 0.012),
    "validating": (Session, "validate", 2, 0.02),
    "sampling": (Session, "sample", 2, 0.01),
}
"""Place -> method, the most calls before the fault, the most seconds from the call to the fault."""
SETTINGS: dict[str, object] = {
    "hidden": 8, "embedding": 6, "batch": 4, "length": 10, "lr": 0.02, "steps": 120, "keep": 2,
    "log_every": 3, "eval_every": 30, "checkpoint_every": 10, "sample_length": 4,
    "sample_every": 30,
    "probe_every": 0, "threads": 1, "device": "cpu",
}  # fmt: skip


class Workshop:
    """Runs with one seed, which all write the same records, however often they are interrupted."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.folder = folder
        self.store = RunStore(folder / "checkpoints")
        text = write_tiny_text(folder / "tiny.txt")
        self._settings = {"corpus": str(text), **SETTINGS, **settings}
        self._num_runs = 0
        self.worker = 0
        """Process id of the worker that was started last."""

    @cached_property
    def reference(self) -> dict[str, int]:
        """The records of a run that nothing has interrupted, encoded, with their number."""
        run = self.start("reference")
        self.until(lambda: run.status().state in ENDED, "the reference run ends")
        assert run.status().state == "finished", run.status().reason
        return records_of(run)

    def move_to(self, folder: Path) -> None:
        """Create further runs in another folder; the text stays."""
        self.store = RunStore(folder / "checkpoints")

    def start(self, name: str = "", *, is_queued: bool = False) -> Run:
        """Create a run and start its worker."""
        self._num_runs += 1
        config = checked_config(self._settings, store=self.store)
        name = name or f"run-{self._num_runs}"
        return start_run(config, self.store, name, is_queued=is_queued, launch_worker=self.launch)

    def launch(self, run: Run, /, *, is_queued: bool = False) -> int:
        """Start a worker on a run."""
        self.worker = launch.launch(run, is_queued=is_queued)
        return self.worker

    def lost(self, run: Run) -> int:
        """Return the number of records that a finished run lacks, compared with the reference."""
        written = records_of(run)
        return sum(max(0, n - written.get(line, 0)) for line, n in self.reference.items())

    def problems(self, run: Run, *, has_failed: bool = False) -> Iterator[str]:
        """Yield what is wrong with the files of a run that has no worker.

        has_failed: whether a worker failed, as it had to: its log has a traceback then.
        """
        last = run.paths.read_pointer("last")
        for pointer in ("last", "best"):
            step = run.paths.read_pointer(pointer) if run.paths.pointer(pointer).exists() else None
            if step is not None and not is_whole(run.paths.weights(step)):
                yield f"{run.name}: {pointer} names step {step}, whose weights are damaged"
        if last is not None and not is_whole(run.paths.training_state(last)):
            yield f"{run.name}: the training state of step {last} is damaged"
        if not has_failed and "Traceback" in run.paths.log.read_text(encoding="utf-8"):
            yield f"{run.name}: a traceback in its log"

    def reaches(self, run: Run, fraction: float) -> bool:
        """Wait until a run has taken a fraction of its other steps; False if it ends before."""
        begin = run.paths.read_pointer("last") or 0
        step = begin + fraction * (float(str(self._settings["steps"])) - begin)
        journal, history = JournalTail(run.paths.journal), History()

        def is_there() -> bool:
            history.add(journal.read())
            return bool(history.train) and history.train[-1].step >= step

        self.until(lambda: is_there() or has_ended(self.worker), f"{run.name} takes its steps")
        return not has_ended(self.worker)

    @staticmethod
    def until(condition: Callable[[], object], what: str) -> None:
        """Wait for a condition; raise TimeoutError if it does not come."""
        deadline = time.monotonic() + DEADLINE_S
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError(f"waited in vain: {what}")
            time.sleep(0.003)


def records_of(run: Run) -> dict[str, int]:
    """Return what a run has recorded, without times, each line with its number."""
    history, samples = read_history(run.paths.journal), read_history(run.paths.samples).samples
    records: list[Record] = [*history.layers]
    records += [replace(one, time_s=0.0, tokens_per_s=0.0) for one in history.train]
    records += [replace(one, time_s=0.0) for one in history.evals]
    records += [replace(one, time_s=0.0) for one in samples]
    lines: dict[str, int] = {}
    for record in records:
        line = encode(record)
        lines[line] = lines.get(line, 0) + 1
    return lines


def shown_state(run: Run) -> str:
    """Return the state of a run as a reader sees it, with what is not in the state itself."""
    summary = summarise(run)
    return str(getattr(summary, "state_text", summary.state))


@contextlib.contextmanager
def workshop(**settings: object) -> Iterator[Workshop]:
    """Yield a workshop in a new folder, with workers that are forks of this process."""
    assert can_fork()
    folder = Path(tempfile.mkdtemp(prefix="rnnlab-soak-"))
    silent = dict.fromkeys(("add", "add_histograms", "close"), mock.DEFAULT)
    try:
        with forked_workers(), mock.patch.multiple(Mirror, **silent):
            shop = Workshop(folder, **settings)
            yield shop
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def doomed(
    place: str, chance: random.Random, number: int = signal.SIGKILL, after: int = 0
) -> Iterator[None]:
    """Have a worker that is forked meanwhile receive a signal at a random moment of a place.

    after: number of calls of the place's method that come before in any case.
    """
    owner, name, most, span_s = PLACES[place]
    method, harness, num_calls = getattr(owner, name), os.getpid(), 0
    last, delay_s = after + chance.randint(1, most), chance.random() * span_s

    def dying(*arguments: Any, **options: Any) -> Any:
        nonlocal num_calls
        num_calls += os.getpid() != harness
        if num_calls == last and os.getpid() != harness:
            num_calls += 1  # once only
            signal_soon(os.getpid(), number, delay_s)
        return method(*arguments, **options)

    with mock.patch.object(owner, name, dying):
        yield


def signal_soon(process: int, number: int, delay_s: float) -> None:
    """Send a signal after some time, from a process that holds none of this one's locks."""
    if os.fork() == 0:
        os.closerange(0, 1 << 16)
        time.sleep(delay_s)
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, number)
        os._exit(0)


def has_ended(process: int) -> bool:
    """Return whether a child process has ended; it is not reaped."""
    try:
        return os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return True


@dataclass
class Witness:
    """Compares the states that a reader sees with the truth."""

    longest_s: float = 0.0
    """The longest time for which a reader saw a false status."""
    _false_since: float | None = None

    def look(self, run: Run, true: Collection[str], since: float | None = None) -> bool:
        """Read a run's status; return whether it is one of the true ones."""
        is_true = shown_state(run) in true
        self.judge(is_true=is_true, since=since)
        return is_true

    def judge(self, *, is_true: bool, since: float | None = None) -> None:
        """Note whether a status that has just been read is true.

        since: time from which the present truth holds, in monotonic seconds; by default now.
        """
        now = time.monotonic()
        if is_true:
            self._false_since = None
        elif self._false_since is None:
            self._false_since = now if since is None else since
        if self._false_since is not None:
            self.longest_s = max(self.longest_s, now - self._false_since)

    def follow(self, run: Run, process: int) -> None:
        """Watch a run until its worker has ended, and until a reader knows that."""
        deadline = time.monotonic() + DEADLINE_S
        while not has_ended(process) and time.monotonic() < deadline:
            if run.status().state not in LIVE and not has_ended(process):
                # A worker that is about to exit has written its last status already.
                self.look(run, (*LIVE, "finished", "stopped", "failed"))
            time.sleep(0.002)
        if not has_ended(process):
            raise TimeoutError(f"{run.name} does not end: it is {run.status().state}")
        died = time.monotonic()
        while not self.look(run, ENDED, died) and time.monotonic() < deadline:
            time.sleep(0.002)

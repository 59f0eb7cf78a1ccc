"""Record the life of a run for `power_cut`: real workers, in a fork of this process."""

from __future__ import annotations

import os
import pickle
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from rnnlab.runs import control, launch
from rnnlab.runs.mailbox import Command
from rnnlab.runs.run import Run
from rnnlab.runs.store import RunStore
from rnnlab.submit import checked_config, start_run
from rnnlab.training import Mirror, Session
from tests.toys.forked_workers import can_fork
from tests.toys.lab import write_tiny_text
from tests.toys.recorded_files import Recorder
from tests.toys.recorded_story import NAME, Story

Script = Sequence[Mapping[int, list[Command]]]
"""For each worker of the run: number of a look at the mail -> commands."""


def short_run(folder: Path, **settings: object) -> Callable[[RunStore], Run]:
    """Return a function that starts a run of a few steps, with checkpoints, samples, a best one."""
    text = write_tiny_text(folder / "tiny.txt")
    values = {
        "corpus": str(text), "hidden": 8, "embedding": 6, "batch": 4, "length": 10, "log_every": 2,
        "eval_every": 6, "checkpoint_every": 4, "steps": 20, "sample_length": 4, "keep": 2,
        "probe_every": 0, "threads": 1, "device": "cpu",
    }  # fmt: skip

    def start(store: RunStore) -> Run:
        return start_run(checked_config({**values, **settings}, store=store), store, NAME)

    return start


def record(folder: Path, start: Callable[[RunStore], Run], script: Script) -> Story:
    """Record the life of a run: `start` creates it, a worker for each script trains it.

    The workers are the product's own, in a fork of this process, one after the other. folder: has
    the folder of runs in the end.
    """
    assert can_fork()
    checkpoints, log = folder / "checkpoints", folder / "operations"
    checkpoints.mkdir()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            recorder = Recorder(checkpoints)
            with recorder.recording(), _promising(recorder), _working_here(recorder, script):
                run = start(RunStore(checkpoints))
                for _ in script[1:]:
                    recorder.mark("resumed")
                    control.resume(run)
            log.write_bytes(pickle.dumps(recorder.operations))
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    return Story(folder, pickle.loads(log.read_bytes()))


@contextmanager
def _promising(recorder: Recorder) -> Iterator[None]:
    """Mark when a run has been created, and when a checkpoint has been saved."""
    create, save = RunStore.create, Session.save

    def creating(store: RunStore, name: str, config_toml: str) -> Run:
        run = create(store, name, config_toml)
        recorder.mark("created")
        return run

    def saving(session: Session, **how: Any) -> Any:
        position = save(session, **how)
        recorder.mark("saved", session.state.step)
        return position

    with (
        mock.patch.object(RunStore, "create", creating),
        mock.patch.object(Session, "save", saving),
    ):
        yield


@contextmanager
def _working_here(recorder: Recorder, script: Script) -> Iterator[None]:
    """Have workers train in this process, without TensorBoard's copy, steered by a script."""
    from rnnlab.worker import train as worker
    from rnnlab.worker.steering import Steering

    scripts = iter(script)

    def work(arguments: list[str], _log: int, lock: int) -> int:
        commands, num_looks = next(scripts), 0

        def look(_steering: Steering) -> list[Command]:
            nonlocal num_looks
            num_looks += 1
            return commands.get(num_looks, [])

        steered = mock.patch.object(Steering, "commands", look)
        argv = ["rnnlab.worker.train", arguments[0], str(os.dup(lock))]
        with steered, mock.patch.object(sys, "argv", argv):
            code = worker.main()
        assert code == 0, (Path(arguments[0]) / "status.json").read_text(encoding="utf-8")
        recorder.mark("ended")
        return os.getpid()

    silent = dict.fromkeys(("add", "add_histograms", "close"), mock.DEFAULT)
    with (
        mock.patch.object(launch, "start_worker", work),
        mock.patch.multiple(Mirror, **silent),
    ):
        yield

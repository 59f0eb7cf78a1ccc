"""Several processes that stop, pause and resume one run at the same time."""

from __future__ import annotations

import os
import random
import sys
import time
import traceback
from collections.abc import Callable

from rnnlab.base.errors import RnnlabError
from rnnlab.runs import control
from rnnlab.runs.history import REWINDING
from rnnlab.runs.journal import JournalTail
from rnnlab.runs.lock import is_locked
from rnnlab.runs.records import EventRecord, TrainRecord
from rnnlab.runs.run import Run
from tests.soak.full_disk import settings_of
from tests.soak.rows import Check, Row, Tell
from tests.soak.workshop import LIVE, Witness, workshop

ACTS = (control.stop, control.resume, control.resume, control.pause, control.checkpoint)
_RACERS = 3
_SPAN_S = 0.03
STEPS = 4000


def check(number: int, seed: int, tell: Tell, steps: int = STEPS) -> Row:
    """Let processes race; there must never be two workers, and no record may be lost."""
    chance, witness = random.Random(seed), Witness()
    row = Row(f"{_RACERS} processes stop, pause, resume one run at once", lost=0)
    with workshop(**settings_of(steps)) as shop:
        assert shop.reference
        run = shop.start()
        while row.faults < number:
            if run.status().state == "finished":
                row.problems += _overlaps(run)
                row.lost = (row.lost or 0) + shop.lost(run)
                run = shop.start()
            racers = [_race(run, chance.choice(ACTS), chance.random()) for _ in range(_RACERS)]
            ends = [os.waitstatus_to_exitcode(os.waitpid(racer, 0)[1]) for racer in racers]
            row.faults += 1
            row.survived += not any(ends)
            is_alive = is_locked(run.paths.lock)  # before and after the status is read
            state = run.status().state
            is_alive = is_alive or is_locked(run.paths.lock)
            witness.judge(is_true=is_alive or state not in LIVE)
            if row.faults % 100 == 0:
                tell(f"{row.faults} races, {row.lost} records lost")
        _finish(run)
        row.problems += [*_overlaps(run), *shop.problems(run)]
        row.lost = (row.lost or 0) + shop.lost(run)
    row.false_s = witness.longest_s
    return row


def _race(run: Run, act: Callable[[Run], object], wait: float) -> int:
    """Start a process that acts on a run after a moment; its exit code is 1 for a traceback."""
    racer = os.fork()
    if racer:
        return racer
    code = 1
    try:
        time.sleep(wait * _SPAN_S)
        act(run)
        code = 0
    except RnnlabError:
        code = 0  # the run's state does not permit it: one line
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _finish(run: Run) -> None:
    """Resume a run until it is finished."""
    deadline = time.monotonic() + 120
    while run.status().state != "finished":
        if time.monotonic() > deadline:
            raise TimeoutError(f"{run.name} does not finish: it is {run.status().state}")
        try:
            control.resume(run)
        except RnnlabError:
            time.sleep(0.02)


def _overlaps(run: Run) -> list[str]:
    """Return the places of a journal at which a second worker must have written."""
    problems, step = [], 0
    for record in JournalTail(run.paths.journal).read().records:
        if isinstance(record, EventRecord) and record.event in REWINDING:
            step = record.step
        elif isinstance(record, TrainRecord):
            if record.step <= step:
                problems.append(f"{run.name}: step {record.step} after step {step}: two workers?")
            step = record.step
    return problems


CHECK = Check(check, full=1000, quick=100)

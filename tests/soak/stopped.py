"""Workers that are stopped (SIGSTOP) for longer than a reader may be wrong, and continued."""

from __future__ import annotations

import os
import random
import signal
import time
from functools import partial

from rnnlab.runs.run import Run
from tests.soak.rows import Check, Row, Tell
from tests.soak.workshop import PLACES, Witness, doomed, has_ended, shown_state, workshop

STOPPED_S = 14.0
"""Duration of a stop: readers have 10 s to notice it."""
_AT_ONCE = 5


def check(number: int, seed: int, tell: Tell) -> Row:
    """Stop workers; readers must notice, and the runs must end as if nothing had been."""
    chance = random.Random(seed)
    row = Row(f"SIGSTOP for {STOPPED_S:.0f} s, then SIGCONT", lost=0, false_s=0.0)
    with workshop() as shop:
        assert shop.reference
        while row.faults < number:
            workers: list[tuple[Run, int]] = []
            for _ in range(min(_AT_ONCE, number - row.faults)):
                place = chance.choice(list(PLACES))
                with doomed(place, chance, signal.SIGSTOP):
                    run = shop.start()
                workers.append((run, shop.worker))
            for run, worker in workers:
                shop.until(partial(_is_stopped, worker), f"{run.name} is stopped")
            witnesses, since = [Witness() for _ in workers], time.monotonic()
            while time.monotonic() < since + STOPPED_S:
                for witness, (run, _) in zip(witnesses, workers, strict=True):
                    _look(witness, run, since)
                time.sleep(0.05)
            for witness, (run, worker) in zip(witnesses, workers, strict=True):
                os.kill(worker, signal.SIGCONT)
                Witness().follow(run, worker)
                row.faults += 1
                problems = list(shop.problems(run))
                if run.status().state != "finished":
                    problems.append(f"{run.name} is {run.status().state} after it was continued")
                else:
                    row.lost = (row.lost or 0) + shop.lost(run)
                row.problems += problems
                row.survived += not problems
                row.false_s = max(row.false_s or 0.0, witness.longest_s)
            tell(f"{row.faults} stops, {row.lost} records lost, false for {row.false_s:.1f} s")
    return row


def _look(witness: Witness, run: Run, since: float) -> None:
    """Read a status: a stopped worker is neither training nor dead."""
    is_true = "not responding" in shown_state(run)
    witness.judge(is_true=is_true, since=since)


def _is_stopped(process: int) -> bool:
    """Return whether a child process is stopped; one that has ended first is an error."""
    if has_ended(process):
        raise AssertionError(f"process {process} has ended before it was stopped")
    flags = os.WSTOPPED | os.WNOHANG | os.WNOWAIT
    return os.waitid(os.P_PID, process, flags) is not None


CHECK = Check(check, full=20, quick=5)

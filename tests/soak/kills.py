"""Workers that are killed while they start, train, validate, save, sample, or wait in the queue."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections.abc import Iterator
from unittest import mock

from rnnlab.base.preferences import load_preferences
from rnnlab.runs import launch
from rnnlab.runs.queue import Queue
from rnnlab.runs.run import Run
from tests.soak.rows import Check, Row, Tell
from tests.soak.workshop import PLACES, Witness, Workshop, doomed, has_ended, workshop

KINDS = ("starting", "waiting", *PLACES, "training", "saving")
"""Moments of a kill; the frequent ones twice."""
_START_S, _COLD_START_S = 0.08, 3.0
"""Duration of a worker's start: of a fork, of a new process."""
_COLD_EVERY = 25
"""Every N-th kill hits a worker that is a new process, not a fork: its start loads torch."""


def check(number: int, seed: int, tell: Tell) -> Row:
    """Kill workers; every run must end with the records of a run that was never interrupted."""
    chance, witness = random.Random(seed), Witness()
    row = Row("SIGKILL while starting, waiting, training, validating, saving, sampling", lost=0)
    with workshop() as shop:
        run = shop.start()
        Witness().follow(run, shop.worker)
        num_runs = 0
        while row.faults < number:
            if run.status().state == "finished":
                row.lost = (row.lost or 0) + shop.lost(run)
                num_runs += 1
                run = None  # type: ignore[assignment]
            kind = chance.choice(KINDS)
            is_cold = kind == "starting" and row.faults % _COLD_EVERY == _COLD_EVERY - 1
            run, was_killed = _killed(shop, run, kind, chance, witness, is_cold=is_cold)
            if not was_killed:
                continue
            row.faults += 1
            problems = [f"{kind}: {problem}" for problem in shop.problems(run)]
            if run.status().state != "lost":
                problems.append(f"{kind}: {run.name} was killed and is {run.status().state}")
            row.problems += problems
            row.survived += not problems
            if row.faults % 20 == 0:
                tell(f"{row.faults} kills, {num_runs} runs completed, {row.lost} records lost")
        row.lost = (row.lost or 0) + _completed(shop, run, witness)
    row.false_s = witness.longest_s
    row.note = f"{num_runs + 1} runs completed"
    return row


def _killed(
    shop: Workshop,
    run: Run | None,
    kind: str,
    chance: random.Random,
    witness: Witness,
    *,
    is_cold: bool,
) -> tuple[Run, bool]:
    """Start or resume a run and kill its worker; the run may be finished before."""
    with contextlib.ExitStack() as around:
        if is_cold:
            around.enter_context(_new_processes())
        if kind == "waiting":
            around.enter_context(_taken_slot(shop))
        elif kind in PLACES:
            around.enter_context(doomed(kind, chance))
        is_queued = kind == "waiting"
        if run is None:
            run = shop.start(is_queued=is_queued)
        else:
            shop.launch(run, is_queued=is_queued)
        worker = shop.worker
        if kind not in PLACES:
            time.sleep(chance.random() * (_COLD_START_S if is_cold else _START_S))
            if is_queued and run.status().state != "queued":
                raise AssertionError(f"{run.name} does not wait: it is {run.status().state}")
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
        witness.follow(run, worker)
        if is_queued and run.name in [entry.name for entry in Queue(shop.store.root).waiting()]:
            raise AssertionError(f"{run.name} was killed and is in the queue")
    return run, _died_of_a_kill(worker)


def _completed(shop: Workshop, run: Run, witness: Witness) -> int:
    """Resume a run to its end; return the number of records that it lacks."""
    if run.status().state != "finished":
        shop.launch(run)
        witness.follow(run, shop.worker)
    if run.status().state != "finished":
        raise AssertionError(f"{run.name} does not finish: {run.status().reason}")
    return shop.lost(run)


def _died_of_a_kill(worker: int) -> bool:
    assert has_ended(worker)
    ended = os.waitid(os.P_PID, worker, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    return ended is not None and ended.si_status == signal.SIGKILL


@contextlib.contextmanager
def _taken_slot(shop: Workshop) -> Iterator[None]:
    """Hold the slots of the queue, so that a queued run waits."""
    num_slots = load_preferences().slots
    slots = [Queue(shop.store.root).take_slot("cpu", num_slots) for _ in range(num_slots)]
    try:
        if None in slots:
            raise AssertionError("a slot is not free, although no worker lives")
        yield
    finally:
        for slot in slots:
            if slot is not None:
                os.close(slot)


@contextlib.contextmanager
def _new_processes() -> Iterator[None]:
    """Start workers as the product does."""
    with mock.patch.object(launch, "start_worker", _START_WORKER):
        yield


_START_WORKER = launch.start_worker

CHECK = Check(check, full=200, quick=30)

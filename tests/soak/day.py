"""Four runs that train for a day, seen in the lab: journals are written as fast as possible."""

from __future__ import annotations

import asyncio
import math
import os
import tempfile
from pathlib import Path

from textual.pilot import Pilot

from rnnlab.runs.journal import Journal
from rnnlab.runs.records import EvalRecord, LayersRecord, Record, TrainRecord
from rnnlab.runs.run import Run
from rnnlab.runs.store import RunStore
from rnnlab.tui.app import LabApp
from tests.soak.flat import Measured
from tests.soak.rows import Check, Row, Tell
from tests.toys.app_lab import WORLD, Lab, home, until
from tests.toys.painted_at_rest import paint

RUNS = ("one", "two", "three", "four")
_PER_MINUTE = 60
"""Train records per run and minute: one per second."""
_MINUTES = 10
"""Minutes of a day between two looks at the screen."""
_KEYS = ("j", "k", "m", "enter", "escape", "f2")


def check(number: int, seed: int, tell: Tell) -> Row:
    """Stream N hours of four runs through the lab; its memory, descriptors, threads stay flat."""
    return asyncio.run(_stream(number, tell))


async def _stream(hours: int, tell: Tell) -> Row:
    row = Row(f"{hours} hours of four runs in the lab, one record per second and run")
    with tempfile.TemporaryDirectory(prefix="rnnlab-soak-") as name:
        os.environ["XDG_CONFIG_HOME"] = str(Path(name, "config"))
        os.environ["XDG_STATE_HOME"] = str(Path(name, "state"))
        lab = Lab(RunStore(Path(name, "checkpoints")))
        runs = [lab.add(run, "running", steps=10) for run in RUNS]
        app = LabApp(lab.store, outside=WORLD)
        measured = Measured()
        async with app.run_test(size=(120, 40)) as pilot:
            await until(pilot, lambda: home(app).table.row_count == len(RUNS))
            step = 10
            for minute in range(0, 60 * hours, _MINUTES):
                step = await _pass(lab, runs, pilot, app, step)
                await pilot.press(_KEYS[minute // _MINUTES % len(_KEYS)])
                measured.measure()
                row.faults += len(RUNS) * _PER_MINUTE * _MINUTES
                row.survived += len(RUNS) * _PER_MINUTE * _MINUTES
                if (minute + _MINUTES) % 240 == 0:
                    tell(f"{(minute + _MINUTES) // 60} hours: {measured.note}")
    row.note, row.problems = measured.note, measured.problems()
    return row


async def _pass(lab: Lab, runs: list[Run], pilot: Pilot[None], app: LabApp, step: int) -> int:
    """Write the records of some minutes, and show them; return the last step."""
    last = step + _PER_MINUTE * _MINUTES
    for run in runs:
        with Journal(run.paths.journal) as journal:
            journal.append(*(record for n in range(step + 1, last + 1) for record in _records(n)))
        lab.say(run, state="running", step=last)
    app.poll_now()
    await until(pilot, lambda: all(one.step == last for one in app.state.summaries.values()))
    paint(app)
    return last


def _records(step: int) -> list[Record]:
    loss = 1.0 + 3.0 / math.sqrt(step)
    train = TrainRecord(step, step / 1e4, float(step), loss, 0.5, 0.9, 0.1, 0, 0.002, 1000.0)
    records: list[Record] = [train, LayersRecord(step, {"rnn": 0.5}, {"rnn": 3.0})]
    if step % 600 == 0:
        records.append(EvalRecord(step, step / 1e4, float(step), loss, True))
    return records


CHECK = Check(check, full=24, quick=4)

"""Power cuts: all folders that one can leave, at any moment of a run's life."""

from __future__ import annotations

import tempfile
from pathlib import Path

from rnnlab.runs.mailbox import Command
from tests.soak.rows import Check, Row, Tell
from tests.toys.power_cut import cuts
from tests.toys.recorded_runs import record, short_run

SCRIPT = [
    {5: [Command("pause"), Command("resume")], 8: [Command("checkpoint")], 12: [Command("stop")]},
    {4: [Command("set", values={"lr": 0.01, "steps": 28.0})], 9: [Command("stop")]},
    {},
]


def check(number: int, seed: int, tell: Tell) -> Row:
    """Simulate power cuts at N random moments of a run that pauses, stops, and is changed."""
    row = Row("power cuts, simulated: data and names stored in any order, or in part", lost=0)
    with tempfile.TemporaryDirectory(prefix="rnnlab-soak-") as name:
        folder = Path(name)
        story = record(folder, short_run(folder), SCRIPT)
        scratch, place = folder / "scratch", -1
        for cut in cuts(story.operations, seed, num_random=4, most=number):
            problems = [f"{cut.place}: {one}" for one in story.problems(cut, scratch)]
            row.faults += 1
            row.survived += not problems
            row.lost = (row.lost or 0) + sum("lost" in one for one in problems)
            row.problems += problems
            if cut.place // 100 > place:
                place = cut.place // 100
                tell(f"{row.faults} folders, {cut.place} of {len(story.operations)} operations")
    row.note = f"of {len(story.operations)} recorded operations"
    return row


CHECK = Check(check, full=10_000, quick=40)

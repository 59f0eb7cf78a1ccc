"""Events of runs that are marked on the x axis: spikes, resumes, changes, checkpoints."""

from __future__ import annotations

from collections.abc import Sequence

from rnnlab.plots._axis_lookup import places
from rnnlab.plots._chart import Axis, Landmark, NamedHistory

_MARKED = frozenset({"spike", "diverged", "rollback", "resumed", "set", "checkpoint"})


def landmarks(runs: Sequence[NamedHistory], axis: Axis) -> tuple[Landmark, ...]:
    """Return the marked events of the runs, and the step of each run's best validation."""
    marks: list[Landmark] = []
    for run in runs:
        events = [(event.step, event.event) for event in run.history.events]
        named = [(step, name) for step, name in events if name in _MARKED]
        best = [record.step for record in run.history.evals if record.is_best]
        named += [(step, "best") for step in best[-1:]]
        positions = places(run.history, [step for step, _ in named], axis)
        marks += [
            Landmark(x, name, run.color) for x, (_, name) in zip(positions, named, strict=False)
        ]
    return tuple(marks)

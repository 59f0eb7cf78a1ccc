"""Change the settings of a run that has begun, and continue runs that have finished.

The command line and the app use this. Everything is checked before anything is sent or written;
the worker checks again, because the run may have come further. Never imports torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from rnnlab.base.errors import BadInputError
from rnnlab.runs import control, launch
from rnnlab.runs.pending import read_pending, write_pending
from rnnlab.runs.records import Status
from rnnlab.runs.run import Run
from rnnlab.runs.run_end import completed, is_at_end
from rnnlab.settings.changes import (
    ENDS,
    Progress,
    changed,
    check_changes,
    differences,
    merged,
    numbers,
)
from rnnlab.settings.doubts import doubts_of_change
from rnnlab.settings.problems import Problem
from rnnlab.settings.run_config import RunConfig
from rnnlab.settings.schedule import learning_rate

Written = Mapping[str, float | str]
"""Setting -> new value, as a number or as the user's text."""


class Steered(NamedTuple):
    """A run at one moment: its state, its present settings and its progress."""

    run: Run
    status: Status
    config: RunConfig
    """The settings of config.toml, with the changes that wait for a worker."""

    @classmethod
    def of(cls, run: Run) -> Steered:
        """Read a run; raises BadInputError if its settings are unreadable."""
        config = RunConfig.from_toml(run.paths.config)
        pending, _ = check_changes(config, read_pending(run.paths))
        return cls(run, run.status(), pending or config)

    @property
    def progress(self) -> Progress:
        """How far the run has come, in the unit of each end."""
        return Progress(self.status.step, self.status.epoch, self.status.elapsed_s / 60)

    def outcome(self, changes: Written) -> str:
        """Return the old and new value of each changed setting, and the next learning rate.

        Raises BadInputError if a change is invalid.
        """
        new = changed(self.config, changes, self.progress)
        text = differences(self.config, new) or "the same settings; patience counts from now"
        now = self.status.lr
        if now is None:
            return text
        rate = learning_rate(new, min(1.0, completed(new.model_dump(), self.status)))
        if "lr" not in changes:  # plateaus and rollbacks have lowered the rate by this factor
            past = completed(self.config.model_dump(), self.status)
            rate *= now / (learning_rate(self.config, min(1.0, past)) or now)
        new_rate, old_rate = f"{rate:.3g}", f"{now:.3g}"
        if new_rate == old_rate:
            return f"{text}; the rate stays {new_rate}"
        return f"{text}; the rate is {new_rate} (was {old_rate})"

    def doubts(self, changes: Written) -> list[str]:
        """Return a line for each change that is probably mistyped; none if a change is invalid."""
        new, _ = check_changes(self.config, changes, self.progress)
        if new is None:
            return []
        seconds = {}
        for name, done in zip(ENDS, self.progress, strict=True):
            end = getattr(new, name)
            if end is not None and done > 0:
                seconds[name] = self.status.elapsed_s * (end - done) / done
        return doubts_of_change(self.config, new, seconds)

    def problem(self, changes: Written) -> Problem | None:
        """Return the first problem of changes for this run; None if they are valid."""
        new, problems = check_changes(self.config, changes, self.progress)
        if new is None:
            return problems[0]
        is_over = self.status.state == "finished" and is_at_end(new.model_dump(), self.status)
        if not is_over:
            return None
        error = BadInputError(*control.refusal_of_finished(self.run))
        return Problem("steps", "the run has completed all its steps: enter a later end", error)


def check_settable(steered: Steered, changes: Written) -> None:
    """Raise BadInputError unless a worker of the run can take these changes."""
    run, status = steered.run, steered.status
    problem = steered.problem(changes)
    if problem is not None:
        raise BadInputError(f"{run.name}: {problem.error.what}", problem.error.hint)
    if not run.is_alive():
        options = " ".join(f"--{name} {value}" for name, value in changes.items())
        raise BadInputError(
            f"{run.name!r} is {status.state}: no worker can change it",
            f"`rnnlab resume {run.name} {options}` changes and continues it",
        )


def change_settings(run: Run, changes: Written) -> str:
    """Ask the worker of a run to continue with changed settings; return one line for the user.

    Raises BadInputError if a change is invalid or the run has no worker, RnnlabError if the worker
    does not respond: it continues with the change if it responds again.
    """
    steered = Steered.of(run)
    check_settable(steered, changes)
    new = changed(steered.config, changes, steered.progress)
    control.change(run, numbers(new, changes))
    return f"{run.name}: {steered.outcome(changes)}"


def resume_run(
    run: Run,
    changes: Written | None = None,
    *,
    is_queued: bool = False,
    launch_worker: launch.Launch | None = None,
) -> str:
    """Resume a run, also a finished one, with changed settings; return one line for the user.

    Optimiser, random generators and position in the data are kept. The arguments and errors are
    those of `control.resume`; also raises BadInputError if a change is invalid.
    """
    if not changes:
        return control.resume(run, is_queued=is_queued, launch_worker=launch_worker)
    steered = Steered.of(run)
    _check_resumable(steered, changes)
    new = changed(steered.config, changes, steered.progress)
    if steered.status.state == "paused":
        change_settings(run, changes)
    else:
        write_pending(run.paths, merged(read_pending(run.paths), numbers(new, changes)))
    message = control.resume(run, is_queued=is_queued, launch_worker=launch_worker)
    return f"{message}: {steered.outcome(changes)}"


def _check_resumable(steered: Steered, changes: Written) -> None:
    """Raise BadInputError if the run is active or has nothing to continue from."""
    run, state = steered.run, steered.status.state
    if run.is_shipped:
        raise BadInputError(*control.refusal_of_finished(run))
    if state in ("queued", "starting", "running"):
        words = " ".join(f"{name}={value}" for name, value in changes.items())
        raise BadInputError(
            f"{run.name!r} is {state} already", f"`rnnlab set {run.name} {words}` changes it"
        )
    problem = steered.problem(changes)
    if problem is not None:
        raise problem.error
    step = run.paths.read_pointer("last")
    if step is not None and not run.paths.training_state(step).exists():
        raise BadInputError(
            f"{run.name!r} has no optimiser state at step {step}",
            f"`rnnlab train CORPUS --init-from {run.name}` starts a new run from its weights",
        )

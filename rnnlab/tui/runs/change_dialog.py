"""Change the settings of runs, and continue finished runs, in one dialog."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from rnnlab.base.display import count, duration
from rnnlab.base.errors import RnnlabError
from rnnlab.runs import control
from rnnlab.runs.records import ACTIVE_STATES
from rnnlab.runs.run_end import is_at_end, suggestion
from rnnlab.tui.runs.keeping import new_run_from
from rnnlab.tui.shell.dialogs.form import Answers, Blank, FormScreen, Problem
from rnnlab.tui.shell.latest import run_latest

if TYPE_CHECKING:
    from rnnlab.submit import Steered
    from rnnlab.tui.shell.screen import BaseScreen

Texts = Mapping[str, str]
"""Setting -> its value as text; empty if it is not set, or differs between the runs."""

_NOTES = {
    "lr": "base rate: the schedule keeps its shape",
    "clip": "largest norm of the gradient (0: off)",
    "steps": "end: total number of steps",
    "epochs": "end: total passes over the text",
    "minutes": "end: total minutes of training",
    "patience": "validations without improvement (0: off)",
}


async def change_runs(screen: BaseScreen, names: Sequence[str]) -> None:
    """Ask for new settings of runs; runs without a worker then resume with them."""
    steered = await _read(screen, names)
    if not steered:
        return
    dialog = ChangeScreen(steered, is_for_end=False)
    answers = await screen.app.push_screen_wait(dialog)
    if answers is None:
        return
    changes = changes_of(answers, dialog.present)
    if changes:
        await _apply(screen, dialog.steered, changes)
    else:
        screen.toast("no setting was changed")


async def resume_runs(screen: BaseScreen, names: Sequence[str], *, is_queued: bool = False) -> None:
    """Resume runs; first ask for how long the finished ones continue.

    is_queued: whether each new worker waits for a free slot before it trains.
    """
    finished = [name for name in names if _is_finished(screen, name)]
    others = [name for name in names if name not in finished]
    resume = partial(control.resume, is_queued=is_queued, launch_worker=screen.state.outside.launch)
    await _do(screen, {name: partial(_with_run, screen, name, resume) for name in others})
    await continue_runs(screen, finished, is_queued=is_queued)


async def continue_runs(
    screen: BaseScreen, names: Sequence[str], *, is_queued: bool = False
) -> None:
    """Ask for how long finished runs continue, then start their workers."""
    steered = await _read(screen, names)
    if not steered:
        return
    dialog = ChangeScreen(steered, is_for_end=True)
    answers = await screen.app.push_screen_wait(dialog)
    if dialog.is_other_chosen:
        await new_run_from(screen, steered[0].run.name, has_weights=True)
    elif answers is not None:
        changes = changes_of(answers, dialog.present, is_for_end=True)
        await _apply(screen, dialog.steered, changes, is_queued=is_queued)


def present_texts(steered: Sequence[Steered]) -> dict[str, str]:
    """Return the settings that can change, with their present values as text."""
    from rnnlab.settings.changes import CHANGEABLE
    from rnnlab.settings.command_line import as_text

    texts = {}
    for name in CHANGEABLE:
        values = {as_text(getattr(run.config, name)) for run in steered}
        texts[name] = values.pop() if len(values) == 1 else ""
    return texts


def changes_of(answers: Texts, present: Texts, *, is_for_end: bool = False) -> dict[str, str]:
    """Return the settings that a user has changed, as text.

    An empty field leaves its setting unchanged, but a new end replaces all earlier ones.
    is_for_end: whether finished runs continue: then the patience, even unchanged, is a change,
    because its count begins again.
    """
    from rnnlab.settings.changes import ENDS

    changes = {
        name: text
        for name, text in answers.items()
        if name not in ENDS and text not in ("", present[name])
    }
    ends = {name: answers[name] for name in ENDS if answers[name]}
    if ends != {name: present[name] for name in ENDS if present[name]}:
        # A new end replaces all earlier ones; if one was only emptied, the others remain.
        new = {name: text for name, text in ends.items() if text != present[name]}
        changes |= new or ends
    if is_for_end and not changes and answers["patience"]:
        changes["patience"] = answers["patience"]
    return changes


def problem_of(
    steered: Sequence[Steered], present: Texts, answers: Answers, *, is_for_end: bool
) -> Problem | None:
    """Return the first problem of the answers for any of the runs; None if they are valid."""
    changes = changes_of(answers, present, is_for_end=is_for_end)
    for run in steered if changes or is_for_end else ():
        problem = run.problem(changes)
        if problem is not None:
            name = problem.name or "lr"
            where = f"{run.run.name}: " if len(steered) > 1 else ""
            return Problem(name, f"{where}{name}: {problem.text}")
    return None


class ChangeScreen(FormScreen):
    """The dialog with the settings of runs; it follows their progress while it is open."""

    def __init__(self, steered: Sequence[Steered], *, is_for_end: bool) -> None:
        """is_for_end: whether it asks for how long finished runs continue, and suggests that."""
        from rnnlab.settings.command_line import as_text

        self.steered = steered
        """The runs as they were read last."""
        self.present = present_texts(steered)
        self._is_for_end = is_for_end
        suggested: dict[str, str] = {}
        if is_for_end:
            first = steered[0]
            changes = suggestion(first.config.model_dump(), first.status)
            suggested = {name: as_text(value) for name, value in changes.items()}
        notes = _notes(steered)
        has_best = len(steered) == 1 and steered[0].run.paths.read_pointer("best") is not None
        blanks = [
            Blank(
                name,
                name,
                "no limit" if name in ("steps", "epochs", "minutes") else "unchanged",
                suggested.get(name, text),
                notes[name],
            )
            for name, text in self.present.items()
        ]
        subject = steered[0].run.name if len(steered) == 1 else f"{len(steered)} runs"
        will_train = all(run.status.state in ACTIVE_STATES for run in steered)
        verb = "Continue" if is_for_end else "Change"
        super().__init__(
            f"{verb} {subject}",
            _about(steered, is_for_end=is_for_end),
            blanks,
            verb if is_for_end or will_train else "Change and resume",
            lambda answers: problem_of(self.steered, self.present, answers, is_for_end=is_for_end),
            preview=lambda answers: _preview(self.steered, self.present, is_for_end, answers),
            doubt=lambda answers: _doubt(self.steered, self.present, is_for_end, answers),
            other="New run from best" if is_for_end and has_best else "",
            first=next(iter(suggested), ""),  # what ended the run, and has a new value
        )

    def show_state(self) -> None:
        """Read the runs again, and show how far they have come."""
        run_latest(self, self._read_again, "runs")

    async def _read_again(self) -> None:
        from rnnlab.submit import Steered

        try:
            steered = [await asyncio.to_thread(Steered.of, one.run) for one in self.steered]
        except RnnlabError:
            return  # a run was deleted elsewhere: the answers will be refused
        if self.is_current and [one.status for one in steered] != [
            one.status for one in self.steered
        ]:
            self.steered = steered
            self.tell(_about(steered, is_for_end=self._is_for_end), _notes(steered))


def _notes(steered: Sequence[Steered]) -> dict[str, str]:
    """Return the notes of the fields; for a single run, with its progress."""
    if len(steered) > 1:
        return dict(_NOTES)
    return {name: note + _so_far(name, steered[0]) for name, note in _NOTES.items()}


def _preview(steered: Sequence[Steered], present: Texts, is_for_end: bool, answers: Answers) -> str:
    """Return the effect of valid answers in one line."""
    changes = changes_of(answers, present, is_for_end=is_for_end)
    if not changes:
        return "no setting is changed"
    if len(steered) == 1:
        return steered[0].outcome(changes)
    return ", ".join(f"{name} {value}" for name, value in changes.items())


def _doubt(steered: Sequence[Steered], present: Texts, is_for_end: bool, answers: Answers) -> str:
    """Return the strange values of valid answers, with their reasons; empty if there are none."""
    changes = changes_of(answers, present, is_for_end=is_for_end)
    return "; ".join(
        f"{run.run.name}: {doubt}" if len(steered) > 1 else doubt
        for run in steered
        for doubt in run.doubts(changes)
    )


def _about(steered: Sequence[Steered], *, is_for_end: bool) -> str:
    """Return the text above the fields: where the runs are."""
    if len(steered) > 1:
        return f"{', '.join(run.run.name for run in steered)}. Empty fields: unchanged."
    status, config = steered[0].status, steered[0].config
    if is_for_end and not is_at_end(config.model_dump(), status):
        return f"It stopped early at step {status.step:,}. Patience counts from the beginning."
    if is_for_end:
        return f"It has completed its {status.step:,} steps. Optimiser and curve continue."
    total = f" of {status.total_steps:,}" if status.total_steps else ""
    left = f", {duration(status.eta_s)} left" if status.eta_s is not None else ""
    return f"{status.state} at step {status.step:,}{total}{left}. Schedule: {config.schedule}."


def _so_far(name: str, run: Steered) -> str:
    """Return the progress in the unit of an end, for the note of its field."""
    progress = run.progress
    match name:
        case "steps":
            return f"; now {count(progress.steps)}"
        case "epochs":
            return f"; now {progress.epochs:.2f}"
        case "minutes":
            return f"; now {progress.minutes:.1f}"
        case _:
            return ""


async def _read(screen: BaseScreen, names: Sequence[str]) -> list[Steered]:
    """Read runs in a thread; show a toast for one that cannot be changed."""
    from rnnlab.submit import Steered

    steered = []
    for name in names:
        try:
            run = await asyncio.to_thread(screen.state.store.open, name)
            if run.is_shipped:
                raise RnnlabError(*control.refusal_of_finished(run))
            steered.append(await asyncio.to_thread(Steered.of, run))
        except RnnlabError as error:
            screen.toast(str(error), "warning")
    return steered


async def _apply(
    screen: BaseScreen, steered: Sequence[Steered], changes: Texts, *, is_queued: bool = False
) -> None:
    from rnnlab.submit import change_settings, resume_run

    launch = screen.state.outside.launch
    acts = {}
    for one in steered:
        if one.status.state in ACTIVE_STATES:
            acts[one.run.name] = partial(change_settings, one.run, changes)
        else:
            acts[one.run.name] = partial(
                resume_run, one.run, changes, is_queued=is_queued, launch_worker=launch
            )
    await _do(screen, acts)


async def _do(screen: BaseScreen, acts: Mapping[str, partial[str]]) -> None:
    """Call a function per run in a thread; show the results in one toast, the errors in another."""
    results, errors = [], []
    for act in acts.values():
        try:
            results.append(await asyncio.to_thread(act))
        except RnnlabError as error:
            errors.append(str(error))
    if results:
        screen.toast("\n".join(results))
    if errors:
        screen.toast("\n".join(errors), "warning")


def _with_run(screen: BaseScreen, name: str, act: partial[str]) -> str:
    return act(screen.state.store.open(name))


def _is_finished(screen: BaseScreen, name: str) -> bool:
    summary = screen.state.summaries.get(name)
    return summary is not None and summary.state == "finished"

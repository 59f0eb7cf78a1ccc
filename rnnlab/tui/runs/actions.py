"""Actions on the chosen run."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from rnnlab.runs import control
from rnnlab.runs.records import State
from rnnlab.runs.store import Run
from rnnlab.tui.runs.change_dialog import change_runs, resume_runs
from rnnlab.tui.runs.steering import do_with_chosen, do_with_run
from rnnlab.tui.shell.actions import Action, Group
from rnnlab.tui.shell.dialogs.choice import ChoiceScreen

if TYPE_CHECKING:
    from rnnlab.tui.shell.screen import BaseScreen


async def _pause(screen: BaseScreen) -> None:
    chosen = screen.state.chosen
    is_paused = chosen is not None and chosen.state == "paused"
    await do_with_chosen(screen, _resuming(screen) if is_paused else control.pause)


async def _resume(screen: BaseScreen) -> None:
    if screen.state.chosen is not None:
        await resume_runs(screen, [screen.state.chosen.name])


async def _change(screen: BaseScreen) -> None:
    if screen.state.chosen is not None:
        await change_runs(screen, [screen.state.chosen.name])


def _resuming(screen: BaseScreen, *, is_queued: bool = False) -> Callable[[Run], str]:
    return partial(control.resume, is_queued=is_queued, launch_worker=screen.state.outside.launch)


async def _stop(screen: BaseScreen) -> None:
    """Stop the chosen run; ask first if it is training."""
    chosen = screen.state.chosen
    if chosen is not None and chosen.state in ("starting", "running"):
        question = f"Stop {chosen.name}? It saves a checkpoint first; `r` resumes it later."
        answers = [("cancel", "Keep training"), ("stop", "Save and stop")]
        if await screen.app.push_screen_wait(ChoiceScreen(question, answers)) != "stop":
            return
        await do_with_run(screen, control.stop, chosen.name)
    else:
        await do_with_chosen(screen, control.stop)


async def _checkpoint(screen: BaseScreen) -> None:
    await do_with_chosen(screen, control.checkpoint)


async def _delete(screen: BaseScreen) -> None:
    """Delete the chosen run, after a confirmation."""
    chosen = screen.state.chosen
    if chosen is None:
        return
    if chosen.is_shipped:
        screen.toast(f"{chosen.name} is shipped with rnnlab and cannot be deleted", "warning")
        return

    def remove(run: Run) -> str:
        screen.state.store.remove(run)
        return f"{run.name} is deleted"

    question = f"Delete {chosen.name} for good, with its checkpoints?"
    answers = [("cancel", "Keep it"), ("delete", "Delete it")]
    if await screen.app.push_screen_wait(ChoiceScreen(question, answers)) == "delete":
        await do_with_run(screen, remove, chosen.name)


async def _sooner(screen: BaseScreen) -> None:
    await do_with_chosen(screen, partial(control.move_in_queue, by=-1))


async def _later(screen: BaseScreen) -> None:
    await do_with_chosen(screen, partial(control.move_in_queue, by=1))


async def _queue(screen: BaseScreen) -> None:
    await do_with_chosen(screen, _resuming(screen, is_queued=True))


def _in(*states: State) -> Callable[[BaseScreen], bool]:
    """Return a function that returns True if the chosen run is in one of these states."""

    def is_in_one(screen: BaseScreen) -> bool:
        chosen = screen.state.chosen
        return chosen is not None and chosen.state in states

    return is_in_one


_HAS_WORKER = _in("starting", "running", "paused")
_CAN_STOP = _in("starting", "running", "paused", "queued")
_ENDED = _in("paused", "stopped", "failed", "lost", "finished")
_CAN_QUEUE = _in("stopped", "failed", "lost")
_IS_QUEUED = _in("queued")
_IS_PAUSED = _in("paused")


def _is_own(screen: BaseScreen) -> bool:
    """Return True if the chosen run may be changed: it is not shipped with rnnlab."""
    return screen.state.chosen is not None and not screen.state.chosen.is_shipped


def _can_resume(screen: BaseScreen) -> bool:
    return _is_own(screen) and _ENDED(screen)


def _pause_label(screen: BaseScreen) -> str:
    return "Resume" if _IS_PAUSED(screen) else "Pause"


def _resume_label(screen: BaseScreen) -> str:
    """Return an empty label for a paused run, which `p` resumes, too."""
    return "" if _IS_PAUSED(screen) else "Resume"


def _set_label(screen: BaseScreen) -> str:
    """Return an empty label for a run without a worker, which `r` also changes."""
    return "Set" if _CAN_STOP(screen) else ""


STEERING = Group["BaseScreen"](
    "The chosen run",
    (
        Action(
            "p", "pause", _pause, "Pause", "Pause the run, or resume it if it is paused", True,
            is_possible=_HAS_WORKER, label_now=_pause_label,
        ),
        Action(
            "s", "stop", _stop, "Stop", "Stop the run after saving a checkpoint", True,
            is_possible=_CAN_STOP, opens=True,
        ),
        Action(
            "r", "resume", _resume, "Resume",
            "Resume the run now; a finished run asks for how long", True,
            is_possible=_can_resume, label_now=_resume_label, opens=True,
        ),
        Action(
            "S", "set", _change, "Set", "Change lr, clip, the end or the patience of the run", True,
            is_possible=_is_own, label_now=_set_label, opens=True,
        ),
        Action(
            "m", "checkpoint", _checkpoint, "Save", "Save a checkpoint of the run now",
            is_possible=_HAS_WORKER,
        ),
        Action(
            "e", "enqueue", _queue, "Queue", "Queue the run: it resumes when a slot is free",
            is_possible=_CAN_QUEUE,
        ),
        Action(
            "less_than_sign", "sooner", _sooner, "Sooner", "Move the run up in the queue",
            is_repeatable=True, is_possible=_IS_QUEUED,
        ),
        Action(
            "greater_than_sign", "later", _later, "Later", "Move the run down in the queue",
            is_repeatable=True, is_possible=_IS_QUEUED,
        ),
        Action("delete", "delete", _delete, "Delete", "Delete the run for good", opens=True),
    ),
)  # fmt: skip

"""What can be done with the chosen run."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from rnnlab.runs import control
from rnnlab.runs.records import State
from rnnlab.runs.store import Run
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
    await do_with_chosen(screen, _resuming(screen))


def _resuming(screen: BaseScreen, *, is_queued: bool = False) -> Callable[[Run], str]:
    return partial(control.resume, is_queued=is_queued, launch_worker=screen.state.outside.launch)


async def _stop(screen: BaseScreen) -> None:
    await do_with_chosen(screen, control.stop)


async def _checkpoint(screen: BaseScreen) -> None:
    await do_with_chosen(screen, control.checkpoint)


async def _delete(screen: BaseScreen) -> None:
    """Delete the chosen run, after asking."""
    chosen = screen.state.chosen
    if chosen is None:
        return
    if chosen.is_shipped:
        screen.toast(f"{chosen.name} is shipped with rnnlab: it stays", "warning")
        return

    def remove(run: Run) -> str:
        screen.state.store.remove(run)
        return f"{run.name} is gone"

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
    """Return whether the chosen run is in one of some states, as a question to a screen."""

    def is_in_one(screen: BaseScreen) -> bool:
        chosen = screen.state.chosen
        return chosen is not None and chosen.state in states

    return is_in_one


_HAS_WORKER = _in("starting", "running", "paused")
_HAS_WORKER_OR_PLACE = _in("starting", "running", "paused", "queued")
_CAN_GO_ON = _in("paused", "stopped", "failed", "lost")
_IS_WITHOUT_WORKER = _in("stopped", "failed", "lost")
_IS_QUEUED = _in("queued")
_IS_PAUSED = _in("paused")


def _wait_or_wake(screen: BaseScreen) -> str:
    return "Wake" if _IS_PAUSED(screen) else "Wait"


def _resume_where_stopped(screen: BaseScreen) -> str:
    """Leave it out of the footer where `w` does the same."""
    return "" if _IS_PAUSED(screen) else "Resume"


STEERING = Group["BaseScreen"](
    "The chosen run",
    (
        Action(
            "w", "pause", _pause, "Wait", "Let the run wait (pause), or wake it", True,
            is_possible=_HAS_WORKER, label_now=_wait_or_wake,
        ),
        Action(
            "s", "stop", _stop, "Stop", "Save the run and end its worker", True,
            is_possible=_HAS_WORKER_OR_PLACE,
        ),
        Action(
            "r", "resume", _resume, "Resume", "Go on with a paused, stopped, failed or lost run",
            True, is_possible=_CAN_GO_ON, label_now=_resume_where_stopped,
        ),
        Action(
            "m", "checkpoint", _checkpoint, "Save", "Save a checkpoint of the run now",
            is_possible=_HAS_WORKER,
        ),
        Action(
            "e", "enqueue", _queue, "Queue", "Go on with the run once a slot is free",
            is_possible=_IS_WITHOUT_WORKER,
        ),
        Action(
            "less_than_sign", "sooner", _sooner, "Sooner", "Train sooner: up in the queue",
            is_repeatable=True, is_possible=_IS_QUEUED,
        ),
        Action(
            "greater_than_sign", "later", _later, "Later", "Train later: down in the queue",
            is_repeatable=True, is_possible=_IS_QUEUED,
        ),
        Action("delete", "delete", _delete, "Delete", "Delete the run for good", opens=True),
    ),
)  # fmt: skip

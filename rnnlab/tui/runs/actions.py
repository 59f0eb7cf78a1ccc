"""Actions on the chosen run."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from rnnlab.runs import control
from rnnlab.runs.records import State
from rnnlab.runs.store import Run
from rnnlab.tui.runs.steering import do_with_chosen
from rnnlab.tui.shell.actions import Action, Group

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
_CAN_RESUME = _in("paused", "stopped", "failed", "lost")
_CAN_QUEUE = _in("stopped", "failed", "lost")
_IS_QUEUED = _in("queued")
_IS_PAUSED = _in("paused")


def _pause_label(screen: BaseScreen) -> str:
    return "Resume" if _IS_PAUSED(screen) else "Pause"


def _resume_label(screen: BaseScreen) -> str:
    """Return an empty label for a paused run, which `w` resumes, too."""
    return "" if _IS_PAUSED(screen) else "Resume"


STEERING = Group["BaseScreen"](
    "The chosen run",
    (
        Action(
            "w", "pause", _pause, "Pause", "Pause the run, or resume it if it is paused", True,
            is_possible=_HAS_WORKER, label_now=_pause_label,
        ),
        Action(
            "s", "stop", _stop, "Stop", "Stop the run after saving a checkpoint", True,
            is_possible=_CAN_STOP,
        ),
        Action(
            "r", "resume", _resume, "Resume", "Resume a paused, stopped, failed or lost run now",
            True, is_possible=_CAN_RESUME, label_now=_resume_label,
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
    ),
)  # fmt: skip

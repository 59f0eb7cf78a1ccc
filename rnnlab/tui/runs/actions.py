"""Actions on the selected runs, or without a selection on the chosen run."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from rnnlab.base.names import first_of
from rnnlab.runs import control
from rnnlab.runs.records import State
from rnnlab.runs.run import Run
from rnnlab.tui.messages import RunChosen
from rnnlab.tui.runs.change_dialog import change_runs, resume_runs
from rnnlab.tui.runs.steering import Asks, any_target, counted, do_with_run, do_with_selected
from rnnlab.tui.shell.actions import Action, Group

if TYPE_CHECKING:
    from rnnlab.tui.shell.screen import BaseScreen

_MOST_NAMED = 3
"""Maximum number of runs that a question names."""


async def _pause(screen: BaseScreen) -> None:
    if _pause_verb(screen) == "Resume":
        await _resume(screen)
    else:
        await do_with_selected(screen, control.pause, "Pause", "paused")


async def _resume(screen: BaseScreen) -> None:
    if any_target(screen, lambda s: s.state == "finished"):
        await resume_runs(screen, [summary.name for summary in screen.targets()])
    else:
        await do_with_selected(screen, _resuming(screen), "Resume", "resumed")


async def _change(screen: BaseScreen) -> None:
    await change_runs(screen, [summary.name for summary in screen.targets()])


def _resuming(screen: BaseScreen, *, is_queued: bool = False) -> Callable[[Run], str]:
    return partial(control.resume, is_queued=is_queued, launch_worker=screen.state.outside.launch)


async def _stop(screen: BaseScreen) -> None:
    """Stop the runs, after a question if one of them is training; kill those that are silent."""
    is_training = any_target(screen, lambda s: s.state in ("starting", "running"))
    silent = [summary.name for summary in screen.targets() if summary.silent_s is not None]
    about = "A stopped run is saved, and r resumes it." if is_training else ""
    if silent:
        about = (
            f"Not responding, so killed: {first_of(silent, _MOST_NAMED)}. r resumes a killed run "
            "from its last checkpoint."
        )

    def stop(run: Run) -> str:
        return control.kill(run) if run.name in silent else control.stop(run)

    asks: Asks = "always" if is_training or silent else "several"
    verb = "Kill" if len(silent) == len(screen.targets()) > 0 else "Stop"
    await do_with_selected(screen, stop, verb, "stopped", asks=asks, about=about)


async def _checkpoint(screen: BaseScreen) -> None:
    await do_with_selected(screen, control.checkpoint, "Save", "saved", asks="never")


async def _sooner(screen: BaseScreen) -> None:
    await _move(screen, -1)


async def _later(screen: BaseScreen) -> None:
    await _move(screen, 1)


async def _move(screen: BaseScreen, by: int) -> None:
    """Move the chosen run in the queue, whatever is selected: the others keep their order."""
    if screen.state.chosen is not None:
        await do_with_run(screen, partial(control.move_in_queue, by=by), screen.state.chosen.name)


async def _queue(screen: BaseScreen) -> None:
    await do_with_selected(screen, _resuming(screen, is_queued=True), "Queue", "queued")


def _unselect(screen: BaseScreen) -> None:
    screen.state.selected = ()
    screen.show_state()
    screen.post_message(RunChosen())


def _has_selection(screen: BaseScreen) -> bool:
    return bool(screen.state.selected)


def _in(*states: State) -> Callable[[BaseScreen], bool]:
    """Return a function that returns True if a run to act on is in one of these states."""
    return lambda screen: any_target(screen, lambda summary: summary.state in states)


_HAS_WORKER = _in("starting", "running", "paused")
_CAN_STOP = _in("starting", "running", "paused", "queued")
_ENDED = _in("paused", "stopped", "failed", "lost", "finished")
_CAN_QUEUE = _in("stopped", "failed", "lost")
_CAN_PAUSE = _in("starting", "running")
_IS_PAUSED = _in("paused")


def _is_queued(screen: BaseScreen) -> bool:
    chosen = screen.state.chosen
    return chosen is not None and chosen.state == "queued"


def _is_own(screen: BaseScreen) -> bool:
    """Return True if a run may be changed: it is not shipped with rnnlab."""
    return any_target(screen, lambda s: not s.is_shipped)


def _can_resume(screen: BaseScreen) -> bool:
    return _is_own(screen) and _ENDED(screen)


def _pause_verb(screen: BaseScreen) -> str:
    return "Resume" if _IS_PAUSED(screen) and not _CAN_PAUSE(screen) else "Pause"


def _pause_label(screen: BaseScreen) -> str:
    return counted(screen, _pause_verb(screen))


def _resume_label(screen: BaseScreen) -> str:
    """Return an empty label for paused runs, which the pause key resumes, too."""
    return "" if _pause_verb(screen) == "Resume" else counted(screen, "Resume")


def _stop_label(screen: BaseScreen) -> str:
    return counted(screen, "Stop")


def _set_label(screen: BaseScreen) -> str:
    """Return an empty label for a run without a worker, which `r` also changes."""
    return "Set" if _CAN_STOP(screen) else ""


STEERING = Group["BaseScreen"](
    "Selected or chosen",
    (
        Action(
            "p", "pause", _pause, "Pause", "Pause the run, or resume it if it is paused", True,
            is_possible=_HAS_WORKER, label_now=_pause_label, opens=True,
        ),
        Action(
            "s", "stop", _stop, "Stop", "Stop the run after saving a checkpoint", True,
            is_possible=_CAN_STOP, label_now=_stop_label, opens=True,
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
            is_possible=_CAN_QUEUE, opens=True,
        ),
        Action(
            "less_than_sign", "sooner", _sooner, "Sooner", "Move the run up in the queue",
            is_repeatable=True, is_possible=_is_queued,
        ),
        Action(
            "greater_than_sign", "later", _later, "Later", "Move the run down in the queue",
            is_repeatable=True, is_possible=_is_queued,
        ),
    ),
)  # fmt: skip
SELECTION = Group["BaseScreen"](
    "The selection",
    (
        Action(
            "U", "unselect", _unselect, "Unselect", "Clear the selection of runs", True,
            is_possible=_has_selection,
        ),
    ),
)  # fmt: skip

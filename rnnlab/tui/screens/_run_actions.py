"""What can be done with the chosen run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnlab.runs import steer
from rnnlab.runs.store import Run
from rnnlab.tui.actions import Action, Group
from rnnlab.tui.screens._choice import ChoiceScreen
from rnnlab.tui.screens._steering import do_with_chosen, do_with_run

if TYPE_CHECKING:
    from rnnlab.tui.screens._base import BaseScreen


async def _pause(screen: BaseScreen) -> None:
    chosen = screen.desk.chosen
    is_paused = chosen is not None and chosen.state == "paused"
    await do_with_chosen(screen, steer.resume if is_paused else steer.pause)


async def _resume(screen: BaseScreen) -> None:
    await do_with_chosen(screen, steer.resume)


async def _stop(screen: BaseScreen) -> None:
    await do_with_chosen(screen, steer.stop)


async def _checkpoint(screen: BaseScreen) -> None:
    await do_with_chosen(screen, steer.checkpoint)


async def _delete(screen: BaseScreen) -> None:
    """Delete the chosen run, after asking."""
    chosen = screen.desk.chosen
    if chosen is None:
        return

    def remove(run: Run) -> str:
        screen.desk.store.remove(run)
        return f"{run.name} is gone"

    question = f"Delete {chosen.name} for good, with its checkpoints?"
    answers = [("cancel", "Keep it"), ("delete", "Delete it")]
    if await screen.app.push_screen_wait(ChoiceScreen(question, answers)) == "delete":
        await do_with_run(screen, remove, chosen.name)


STEERING = Group["BaseScreen"](
    "The chosen run",
    (
        Action("w", "pause", _pause, "Wait", "Let the run wait (pause), or wake it", True),
        Action("s", "stop", _stop, "Stop", "Save the run and end its worker", True),
        Action("r", "resume", _resume, "Resume", "Go on with a stopped, failed or lost run", True),
        Action("m", "checkpoint", _checkpoint, "Save", "Save a checkpoint of the run now"),
        Action("delete", "delete", _delete, "Delete", "Delete the run for good"),
    ),
)

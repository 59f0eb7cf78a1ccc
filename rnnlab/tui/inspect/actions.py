"""Actions of the inspect screen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from textual.widgets import Input

from rnnlab.base.errors import RnnlabError
from rnnlab.runs.checkpoint import NAMES
from rnnlab.tui.inspect.screen import InspectingScreen
from rnnlab.tui.inspect.views import VANISHING, view_names
from rnnlab.tui.shell.actions import Action, Group
from rnnlab.tui.shell.dialogs.choice import ChoiceScreen


def _chooser(view: str) -> Callable[[InspectingScreen], None]:
    def choose(screen: InspectingScreen) -> None:
        screen.choose(view)

    return choose


def _next_view(screen: InspectingScreen) -> None:
    screen.choose(screen.tabs.neighbour(1))


def _previous_view(screen: InspectingScreen) -> None:
    screen.choose(screen.tabs.neighbour(-1))


def _next_unit(screen: InspectingScreen) -> None:
    screen.turn(1)


def _previous_unit(screen: InspectingScreen) -> None:
    screen.turn(-1)


def _checkpoint(screen: InspectingScreen) -> None:
    place = NAMES.index(screen.checkpoint) + 1
    screen.checkpoint = NAMES[place % len(NAMES)]
    screen.ask()


def _compare(screen: InspectingScreen) -> None:
    """Compare with the next of these: selected runs, older checkpoints, other runs, nothing."""
    state = screen.state
    older = [f"{state.chosen_name}@{step}" for step in screen.kept_steps()[-2::-1]]
    names: list[str | None] = [None, *state.selected, *older, *state.summaries]
    names = [name for name in dict.fromkeys(names) if name != state.chosen_name]
    here = names.index(screen.other) if screen.other in names else 0
    screen.other = names[(here + 1) % len(names)]
    screen.ask()


def _refresh(screen: InspectingScreen) -> None:
    screen.ask()


def _text(screen: InspectingScreen) -> None:
    screen.query_one("#inspect-text", Input).focus()


async def _train_lab(screen: InspectingScreen) -> None:
    """Queue the missing runs of the vanishing-gradient lab, after a confirmation."""
    question = (
        "Train the vanishing lab? It has one run for each of RNN, GRU and LSTM at "
        "several depths; the missing runs are added to the queue."
    )
    answers = [("queue", "Queue them"), ("cancel", "Not now")]
    dialog = ChoiceScreen(question, answers, default="cancel")
    if await screen.app.push_screen_wait(dialog) != "queue":
        return

    def queue() -> list[str]:
        from rnnlab import recipes
        from rnnlab.submit import queue_recipe

        state = screen.state
        recipe = recipes.load(VANISHING)
        return queue_recipe(recipe, state.store, state.data, state.outside.launch)

    try:
        names = await asyncio.to_thread(queue)
    except RnnlabError as error:
        screen.toast(str(error), "warning")
        return
    if names:
        screen.toast(f"{len(names)} runs are queued; press F2 to see them, s there to remove one")
    else:
        screen.toast("all runs of the vanishing lab are trained, running or queued")


INSIGHT = Group[InspectingScreen](
    "Insight",
    (
        *(
            Action("", f"view-{name}", _chooser(name), name.title(), f"Show the {name} view")
            for name in view_names()
        ),
        Action(
            "i", "text", _text, "Write", "Enter the text to inspect the model on", True, opens=True,
        ),
        Action(
            "full_stop", "next-unit", _next_unit, "Next", "Show the next unit in the ranking", True,
        ),
        Action(
            "comma", "unit-before", _previous_unit, "Previous",
            "Show the previous unit in the ranking",
        ),
        Action(
            "w", "checkpoint", _checkpoint, "Weights",
            "Switch between last, best and live weights", True,
        ),
        Action(
            "V", "beside", _compare, "Versus", "Compare with the next run or checkpoint", True
        ),
        Action("R", "again", _refresh, "Refresh", "Inspect the run again", True),
        Action(
            "T", "train-lab", _train_lab, "Train lab",
            "Queue the missing runs of the vanishing lab", opens=True,
        ),
    ),
)  # fmt: skip
VIEWS = Group[InspectingScreen](
    "Views",
    (
        Action("right", "next-view", _next_view, "Next view", "Show the next view"),
        Action("left", "view-before", _previous_view, "Previous view", "Show the previous view"),
    ),
    pane="findings",
)
"""Keys of the page; in a chart of the page, the arrows move the cursor."""

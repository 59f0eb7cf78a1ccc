"""Act on the selected runs, or without a selection on the chosen run.

The functions work in a thread, because a call may have to wait until a worker has ended.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from rnnlab.base.errors import RnnlabError, one_line
from rnnlab.base.names import first_of
from rnnlab.runs.run import Run
from rnnlab.runs.summary import RunSummary
from rnnlab.tui.shell.dialogs.choice import ChoiceScreen
from rnnlab.tui.state.remedy import with_keys

if TYPE_CHECKING:
    from rnnlab.tui.shell.screen import BaseScreen

Asks = Literal["never", "several", "always"]
"""When an action asks first: never, if it applies to several runs, always."""

_MOST_NAMED = 3
"""Maximum number of runs that a question names: it must fit above its buttons."""


class _Outcome(NamedTuple):
    """The result of one call for one run."""

    message: str
    """Line for the user: the result or the reason of the refusal."""
    is_done: bool


def problem_of(error: RnnlabError | OSError) -> str:
    """Return the line about an error, such as that of a folder without write permission."""
    if isinstance(error, RnnlabError):
        return str(error)
    return one_line(f"{error.strerror or error}: {error.filename or 'the folder of runs'}")


async def do_with_run(screen: BaseScreen, act: Callable[[Run], str], name: str) -> None:
    """Call a function with a run; show its result or its error as a toast."""
    _show(screen, await _call(screen, act, [name]), "")


async def do_with_selected(
    screen: BaseScreen,
    act: Callable[[Run], str],
    verb: str,
    done: str,
    *,
    asks: Asks = "several",
    about: str = "",
    leaves_shipped: bool = False,
) -> None:
    """Call a function with each selected run, or with the chosen run if none is selected.

    A question names the runs, and one toast sums up the results: `2 paused, 1 refused: REASON`.

    act: returns a line for the user, raises RnnlabError if it refuses; verb: the imperative for the
    question and its button, such as "Pause"; done: the participle for the toast, such as "paused";
    asks: when to ask; if "always", the default answer is to cancel; about: sentences that follow
    the question; leaves_shipped: whether shipped runs among others are left out, which the question
    says.
    """
    targets = screen.targets()
    names = [summary.name for summary in targets]
    own = [summary.name for summary in targets if not summary.is_shipped]
    if leaves_shipped and own and own != names:
        shipped = [name for name in names if name not in own]
        about = f"{about} Not {first_of(shipped, _MOST_NAMED)}: shipped with rnnlab.".strip()
        names = own
    is_asked = asks == "always" or (asks == "several" and len(targets) > 1)
    default = "cancel" if asks == "always" else "do"
    if not names:
        screen.toast("no run is chosen; press n to start one", "warning")
    elif not is_asked or await _is_wanted(screen, names, verb, about, default):
        _show(screen, await _call(screen, act, names), done)


def question_of(verb: str, names: Sequence[str]) -> str:
    """Return a question that names its runs: `Delete 7 runs: a, b, c and 4 more?`."""
    number = f"{len(names)} runs: " if len(names) > 1 else ""
    return f"{verb} {number}{first_of(names, _MOST_NAMED)}?"


def any_target(screen: BaseScreen, holds: Callable[[RunSummary], bool]) -> bool:
    """Return True if a condition holds for a selected run, or without any for the chosen run."""
    return any(map(holds, screen.targets()))


def counted(screen: BaseScreen, label: str) -> str:
    """Return a footer label, with the number of the selected runs if there are several."""
    num = len(screen.targets())
    return f"{label} {num}" if label and num > 1 else label


async def _is_wanted(
    screen: BaseScreen, names: Sequence[str], verb: str, about: str, default: str
) -> bool:
    """Return True if the user confirms the action; default: answer with the focus at first."""
    question = f"{question_of(verb, names)} {about}".strip()
    dialog = ChoiceScreen(question, [("do", verb), ("cancel", "Cancel")], default)
    return await screen.app.push_screen_wait(dialog) == "do"


async def _call(
    screen: BaseScreen, act: Callable[[Run], str], names: Sequence[str]
) -> list[_Outcome]:
    """Return the outcome for each run, in order; a refusal does not affect the other runs."""

    def call(name: str) -> _Outcome:
        try:
            return _Outcome(act(screen.state.store.open(name)), is_done=True)
        except (RnnlabError, OSError) as error:
            return _Outcome(with_keys(problem_of(error), name), is_done=False)

    return await asyncio.to_thread(lambda: [call(name) for name in names])


def _show(screen: BaseScreen, outcomes: Sequence[_Outcome], done: str) -> None:
    """Show one toast: the line of a single run, or the sum of several."""
    refused = [outcome.message for outcome in outcomes if not outcome.is_done]
    if len(outcomes) == 1:
        text = outcomes[0].message
    else:
        num_done = len(outcomes) - len(refused)
        parts = [f"{num_done} {done}"] if num_done or not refused else []
        if refused:
            parts.append(f"{len(refused)} refused: {first_of(refused, 1)}")
        text = ", ".join(parts)
    screen.toast(text, "warning" if refused else "information")

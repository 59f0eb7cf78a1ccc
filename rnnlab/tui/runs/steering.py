"""Control runs from a screen, in a thread: a call may have to wait until a worker has ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from rnnlab.base.errors import RnnlabError, one_line
from rnnlab.runs.store import Run

if TYPE_CHECKING:
    from rnnlab.tui.shell.screen import BaseScreen


def problem_of(error: RnnlabError | OSError) -> str:
    """Return the line about an error, such as that of a folder without write permission."""
    if isinstance(error, RnnlabError):
        return str(error)
    return one_line(f"{error.strerror or error}: {error.filename or 'the folder of runs'}")


async def do_with_run(screen: BaseScreen, act: Callable[[Run], str], name: str) -> None:
    """Call a function with a run; show its result or its error as a toast."""
    try:
        screen.toast(await asyncio.to_thread(lambda: act(screen.state.store.open(name))))
    except (RnnlabError, OSError) as error:
        screen.toast(problem_of(error), "warning")


async def do_with_chosen(screen: BaseScreen, act: Callable[[Run], str]) -> None:
    """Call a function with the chosen run; show a toast if no run is chosen."""
    chosen = screen.state.chosen
    if chosen is None:
        screen.toast("no run is chosen; press n to start one", "warning")
    else:
        await do_with_run(screen, act, chosen.name)

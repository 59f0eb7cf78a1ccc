"""Control runs from a screen, in a thread: a call may have to wait until a worker has ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from rnnlab.base.errors import RnnlabError
from rnnlab.runs.store import Run
from rnnlab.tui.state.remedy import with_keys

if TYPE_CHECKING:
    from rnnlab.tui.shell.screen import BaseScreen


async def do_with_run(screen: BaseScreen, act: Callable[[Run], str], name: str) -> None:
    """Call a function with a run; show its result or its error as a toast."""
    try:
        screen.toast(await asyncio.to_thread(lambda: act(screen.state.store.open(name))))
    except RnnlabError as error:
        screen.toast(with_keys(str(error), name), "warning")


async def do_with_chosen(screen: BaseScreen, act: Callable[[Run], str]) -> None:
    """Call a function with the chosen run; show a toast if no run is chosen."""
    chosen = screen.state.chosen
    if chosen is None:
        screen.toast("no run is chosen; press n to start one", "warning")
    else:
        await do_with_run(screen, act, chosen.name)

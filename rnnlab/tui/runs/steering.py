"""Steer runs from a screen: in a thread, since a worker that is just ending is waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from rnnlab.base.errors import RnnlabError
from rnnlab.runs.store import Run

if TYPE_CHECKING:
    from rnnlab.tui.shell.screen import BaseScreen


async def do_with_run(screen: BaseScreen, act: Callable[[Run], str], name: str) -> None:
    """Do something with a run and tell what came of it."""
    try:
        screen.toast(await asyncio.to_thread(lambda: act(screen.state.store.open(name))))
    except RnnlabError as error:
        screen.toast(str(error), "warning")


async def do_with_chosen(screen: BaseScreen, act: Callable[[Run], str]) -> None:
    """Do something with the chosen run, or say that there is none."""
    chosen = screen.state.chosen
    if chosen is None:
        screen.toast("no run is chosen; n starts one", "warning")
    else:
        await do_with_run(screen, act, chosen.name)

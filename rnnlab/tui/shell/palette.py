"""The entries of the command palette: every action of the visible screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from textual.app import SystemCommand

from rnnlab.tui.shell.screen import BaseScreen


def commands_of(page: BaseScreen) -> Iterator[SystemCommand]:
    """Yield every action of a screen as an entry of the command palette."""
    for group in page.GROUPS:
        for action in group.actions:
            yield SystemCommand(action.label, action.help, _runner(page, action.name))


def _runner(page: BaseScreen, action: str) -> Callable[[], None]:
    def run() -> None:
        page.call_later(page.action_do, action)

    return run

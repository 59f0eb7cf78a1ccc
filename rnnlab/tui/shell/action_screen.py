"""A screen with a table of actions: it runs them, and answers what is possible now."""

from __future__ import annotations

import inspect
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from textual.notifications import Notify
from textual.screen import Screen

from rnnlab.tui.messages import KeysDue, ReplaceableToast
from rnnlab.tui.shell.actions import Action, Group

if TYPE_CHECKING:
    from rnnlab.tui.state.lab_state import LabState

_ACTIONS = "actions"
"""Group of the Textual workers that run actions."""
Severity = Literal["information", "warning", "error"]


class ActionScreen(Screen[None]):
    """Runs the actions of its table: by key, by the palette, and by other parts of the app."""

    GROUPS: ClassVar[tuple[Group[Any], ...]] = ()
    """Actions of the screen. Every screen must also define `BINDINGS = bindings(GROUPS)`."""

    def __init__(self, state: LabState) -> None:
        super().__init__()
        self.state = state

    def action_named(self, name: str) -> tuple[Group[Any], Action[Any]] | None:
        """Return an action of the table and its group; None for an unknown name."""
        for group in self.GROUPS:
            for action in group.actions:
                if action.name == name:
                    return group, action
        return None

    def label_of(self, name: str) -> str:
        """Return the label of an action in the current state; empty to omit it from the footer."""
        entry = self.action_named(name)
        if entry is None:
            return ""
        _, action = entry
        return action.label if action.label_now is None else action.label_now(self)

    def opens_with(self, key: str) -> bool:
        """Return True if a key of the table may open a screen or a dialog."""
        actions = [action for group in self.GROUPS for action in group.actions if action.opens]
        return any(key in action.keys for action in actions)

    def action_do(self, name: str) -> None:
        """Run an action of the table; a coroutine runs at most once at a time."""
        entry = self.action_named(name)
        if entry is None or (self._is_running(name) and not entry[1].is_repeatable):
            return
        _, action = entry
        result = action.do(self)
        if inspect.iscoroutine(result):
            if action.opens:
                result = self._hold_keys_for(result, self.state.keys.close())
            self.run_worker(result, name=name, group=_ACTIONS)

    async def _hold_keys_for(self, coroutine: Coroutine[Any, Any, None], ticket: int) -> None:
        """Run an action that opens a dialog; release the keys if it has not opened one."""
        try:
            await coroutine
        finally:
            self.post_message(KeysDue(ticket))

    def _is_running(self, name: str) -> bool:
        return any(
            worker.node is self and worker.group == _ACTIONS and worker.name == name
            and not worker.is_finished
            for worker in self.workers
        )  # fmt: skip

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable the actions of panes without the focus, and those that have no effect now."""
        if action != "do":
            return True
        entry = self.action_named(str(parameters[0]))
        if entry is None or (entry[0].pane and not self.has_focus_in(entry[0].pane)):
            return False
        return entry[1].is_possible(self)

    def has_focus_in(self, pane: str) -> bool:
        """Return True if the focus is in a widget with that id or that CSS class."""
        return self.focused is not None and any(
            widget.id == pane or widget.has_class(pane)
            for widget in self.focused.ancestors_with_self
        )

    def groups_of_focus_first(self) -> list[Group[Any]]:
        """Return the groups of the focused pane, then of the whole screen, then of other panes."""

        def order(group: Group[Any]) -> tuple[bool, bool]:
            is_of_other_pane = bool(group.pane) and not self.has_focus_in(group.pane)
            return is_of_other_pane, not group.pane

        return sorted(self.GROUPS, key=order)

    def toast(self, message: str, severity: Severity = "information") -> None:
        """Show a toast, replacing the previous one of the same severity."""
        timeout_s = self.state.outside.toast_s
        toast = ReplaceableToast(message, severity=severity, markup=False, timeout=timeout_s)
        self.app.post_message(Notify(toast))

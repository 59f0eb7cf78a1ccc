"""The screens of the app: each is made once, and at most one is above the home screen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from textual.app import App

from rnnlab.tui.messages import ScreenAsked
from rnnlab.tui.shell.dialogs.dialog import Dialog
from rnnlab.tui.shell.screen import HOME, BaseScreen
from rnnlab.tui.shell.screen_factory import make_screen
from rnnlab.tui.shell.screen_registry import ScreenEntry, entry
from rnnlab.tui.shell.toasts import remove_toasts

if TYPE_CHECKING:
    from rnnlab.tui.state.lab_state import LabState


@runtime_checkable
class Following(Protocol):
    """A dialog that shows runs and follows them while it is open."""

    def show_state(self) -> None:
        """Show the changes of the runs; called after every poll."""


class Pages:
    """The screens made so far; shows one of them directly above the home screen."""

    def __init__(self, app: App[None]) -> None:
        self._app = app
        self._pages: dict[str, BaseScreen] = {}

    def __iter__(self) -> Iterator[BaseScreen]:
        """Yield every screen made so far."""
        return iter(self._pages.values())

    def make_home(self, state: LabState) -> None:
        """Make the home screen."""
        self._pages[HOME] = make_screen(HOME, state)

    @property
    def has_home(self) -> bool:
        """Whether the home screen has been made."""
        return HOME in self._pages

    @property
    def home(self) -> BaseScreen:
        """The home screen, once it has been made."""
        return self._pages[HOME]

    @property
    def visible(self) -> BaseScreen:
        """The visible screen, below any dialog."""
        pages = [screen for screen in self._app.screen_stack if isinstance(screen, BaseScreen)]
        return pages[-1]

    def refresh_state(self) -> None:
        """Show the state after a poll: on the visible screen, and in a dialog above it."""
        self.visible.refresh_state()
        top = self._app.screen
        if top is not self.visible and isinstance(top, Following):
            top.show_state()

    async def open(self, message: ScreenAsked, state: LabState) -> None:
        """Show the screen that is asked for, with its toast, and run its action there."""
        target, shown = entry(message.name), self.visible
        if target.needs_run and state.chosen is None:
            shown.toast(f"{target.title} needs a run; choose one in the lab (F2)", "warning")
        elif target.name == shown.entry_name:
            shown.panes.leave_full()  # else a pane in full screen could be taken for another screen
        else:
            remove_toasts(self._app)
            page = await self.show(target, state)
            if message.toast:
                page.toast(message.toast)
            if message.action:
                page.call_after_refresh(page.action_do, message.action)

    async def show(self, target: ScreenEntry, state: LabState) -> BaseScreen:
        """Show a screen in place of the visible one; return it."""
        self.visible.keep_view()  # the next screen begins with the settings of this one
        page = self._pages.get(target.name)
        if page is None:
            page = self._pages[target.name] = make_screen(target.name, state)
            self._app.install_screen(page, target.name)
        state.trail.opened(target.name)
        page.arrive()
        with self._app.batch_update():  # between two others, the home screen is not drawn
            while len(self._app.screen_stack) > 1:
                top = self._app.screen
                # The action that has opened a dialog waits for its answer.
                await (top.withdraw() if isinstance(top, Dialog) else self._app.pop_screen())
            state.also_watched = ()
            opening = self._app.push_screen(page) if target.name != HOME else None
        if opening is not None:
            await opening
        return page

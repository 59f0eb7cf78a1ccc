"""Passes keys to the widgets, and holds them while a screen or a dialog opens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from textual import events
from textual.app import App
from textual.screen import Screen
from textual.widget import Widget

from rnnlab.tui.messages import KeysDue
from rnnlab.tui.shell.screen import BaseScreen
from rnnlab.tui.shell.text_fields import is_text_field
from rnnlab.tui.state.key_buffer import KeyBuffer, Pressed, after_all

_ANSWERS = ("enter", "space", "escape", "y", "n")
"""Keys that complete or cancel a field, a list, a button or a dialog."""


class KeyDispatcher:
    """Receives every key of an app before the widgets do."""

    def __init__(self, app: App[None], deliver: Callable[[events.Event], Awaitable[None]]) -> None:
        """deliver: passes a key to the focused widget."""
        self.buffer = KeyBuffer()
        self._app = app
        self._deliver = deliver

    async def dispatch(self, event: Pressed) -> None:
        """Pass a key on; hold it while a screen opens, because it is meant for the new screen."""
        if not self._app.screen_stack:
            return  # the lab is closing
        if event.is_forwarded:
            await self._deliver(event)
        elif not self.buffer.holds(event):
            await self._press(event)

    async def _press(self, event: Pressed) -> None:
        """Pass a key on; if later keys could overtake this key, hold them until it is processed."""
        if not self._app.screen_stack:
            return  # the lab is closing
        page = self._app.screen
        if (
            isinstance(page, BaseScreen)
            and page.go_keys.is_waiting
            and isinstance(event, events.Key)
            and page.take_go_key(event)
        ):
            return
        target = self._app.focused or self._app.screen
        if isinstance(event, events.Paste) or not self._takes_a_while(event, target):
            await self._deliver(event)
            return
        ticket = self.buffer.close()
        await self._deliver(event)
        # A key bubbles up from widget to widget until one handles it; then the message that a field
        # or a button posts in response bubbles up. So `after_all` has to follow the path twice.
        path = target.ancestors_with_self * (2 if event.is_forwarded else 0)
        after_all(path, lambda: self._app.post_message(KeysDue(ticket)))

    def _takes_a_while(self, event: events.Key, target: Widget) -> bool:
        """Return True if a key takes effect through further messages, as in a field or a dialog."""
        if target.check_consume_key(event.key, event.character):
            return False  # the key is a character, typed into a text field
        if is_text_field(target):
            return True  # any other key, such as escape, bubbles up and may run an action
        page = self._app.screen
        return event.key in _ANSWERS or (
            isinstance(page, BaseScreen) and page.opens_with(event.key)
        )

    def hold_for_screens(self) -> None:
        """From now on, hold keys whenever a screen opens."""
        self._app.screen_change_signal.subscribe(self._app, self._wait_for_screen, immediate=True)

    def _wait_for_screen(self, screen: Screen[object]) -> None:
        """Hold keys until a screen has opened and set its focus."""
        ticket = self.buffer.close()
        after_all([screen], lambda: self._app.post_message(KeysDue(ticket)))

    async def release(self, ticket: int) -> None:
        """Pass the held keys to the screen that has opened."""
        self.buffer.open(ticket)
        while (event := self.buffer.next()) is not None:
            await self._press(event)

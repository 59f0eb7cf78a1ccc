"""An app that holds key presses while a screen or a dialog opens."""

from __future__ import annotations

from textual import events, on
from textual.app import App
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input, TextArea

from rnnlab.tui.messages import KeysDue
from rnnlab.tui.shell.key_buffer import KeyBuffer, Pressed, after_all
from rnnlab.tui.shell.screen import BaseScreen

_ANSWERS = ("enter", "space", "escape", "y", "n")
"""Keys that complete or cancel a field, a list, a button or a dialog."""


class KeyedApp(App[None]):
    """Receives every key before the widgets do."""

    def __init__(self) -> None:
        super().__init__()
        self._keys = KeyBuffer()

    async def on_event(self, event: events.Event) -> None:
        """Pass keys on, or hold them: `s` after a key that opens a screen is for that screen."""
        if not isinstance(event, events.Key | events.Paste):
            await super().on_event(event)
        elif not self.screen_stack:
            return  # the lab is closing
        elif event.is_forwarded:
            await super().on_event(event)
        elif not self._keys.holds(event):
            await self._press(event)

    async def _press(self, event: Pressed) -> None:
        """Pass a key on; if later keys could overtake it, hold them until it is processed."""
        if not self.screen_stack:
            return  # the lab is closing
        target = self.focused or self.screen
        if isinstance(event, events.Paste) or not self._takes_a_while(event, target):
            await super().on_event(event)
            return
        ticket = self._keys.close()
        await super().on_event(event)
        # A key bubbles up from widget to widget until one handles it, and the message that a field
        # or a button posts in response bubbles up again. The end marker takes the same two ways.
        path = target.ancestors_with_self * (2 if event.is_forwarded else 0)
        after_all(path, lambda: self.post_message(KeysDue(ticket)))

    def _takes_a_while(self, event: events.Key, target: Widget) -> bool:
        """Return True if a key is processed after more messages: it edits a field or opens one."""
        if target.check_consume_key(event.key, event.character):
            return False  # a character of a text
        if isinstance(target, Input | TextArea):
            return True  # a key such as "clear" bubbles up to a command; a character does not
        page = self.screen
        return event.key in _ANSWERS or (
            isinstance(page, BaseScreen) and page.opens_with(event.key)
        )

    def hold_keys_for_screens(self) -> None:
        """From now on, hold keys whenever a screen opens."""
        self.screen_change_signal.subscribe(self, self._wait_for_screen, immediate=True)

    def _wait_for_screen(self, screen: Screen[object]) -> None:
        """Hold keys until a screen has opened and set its focus."""
        ticket = self._keys.close()
        after_all([screen], lambda: self.post_message(KeysDue(ticket)))

    @on(KeysDue)
    async def give_keys(self, message: KeysDue) -> None:
        """Pass the held keys to the screen that has opened."""
        self._keys.open(message.ticket)
        while (event := self._keys.next()) is not None:
            await self._press(event)

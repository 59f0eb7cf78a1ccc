"""An app whose keys wait at the gate while a screen or a dialog comes."""

from __future__ import annotations

from textual import events, on
from textual.app import App
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input, TextArea

from rnnlab.tui.messages import KeysDue
from rnnlab.tui.shell.key_buffer import KeyBuffer, Pressed, follow
from rnnlab.tui.shell.screen import BaseScreen

_ANSWERS = ("enter", "space", "escape", "y", "n")
"""Keys by which a field, a list, a button or a dialog is done with."""


class KeyedApp(App[None]):
    """Every key goes through here before it goes to a widget."""

    def __init__(self) -> None:
        super().__init__()
        self._keys = KeyBuffer()

    async def on_event(self, event: events.Event) -> None:
        """Let keys through or hold them: `s` after a key that opens a screen is for that screen."""
        if not isinstance(event, events.Key | events.Paste):
            await super().on_event(event)
        elif not self.screen_stack:
            return  # the lab is closing
        elif event.is_forwarded:
            await super().on_event(event)
        elif not self._keys.holds(event):
            await self._press(event)

    async def _press(self, event: Pressed) -> None:
        """Hand a key on; where the next ones could overtake it, hold them back until it is done."""
        if not self.screen_stack:
            return  # the lab is closing
        target = self.focused or self.screen
        if isinstance(event, events.Paste) or not self._takes_a_while(event, target):
            await super().on_event(event)
            return
        ticket = self._keys.close()
        await super().on_event(event)
        # A key goes up from widget to widget until it is a command, and what a field or a button
        # says to it goes up again: its end goes the same ways behind it.
        path = target.ancestors_with_self * (2 if event.is_forwarded else 0)
        follow(path, lambda: self.post_message(KeysDue(ticket)))

    def _takes_a_while(self, event: events.Key, target: Widget) -> bool:
        """Tell whether a key is done later than it is pressed: a command to a field, a screen."""
        if target.check_consume_key(event.key, event.character):
            return False  # a letter of a text
        if isinstance(target, Input | TextArea):
            return True  # "clear" goes up to where it is a command, a letter after it does not
        page = self.screen
        return event.key in _ANSWERS or (
            isinstance(page, BaseScreen) and page.opens_with(event.key)
        )

    def hold_keys_for_screens(self) -> None:
        """Hold keys back from now on whenever a screen comes."""
        self.screen_change_signal.subscribe(self, self._wait_for_screen, immediate=True)

    def _wait_for_screen(self, screen: Screen[object]) -> None:
        """Hold keys back until a screen has come and put the focus where it belongs."""
        ticket = self._keys.close()
        follow([screen], lambda: self.post_message(KeysDue(ticket)))

    @on(KeysDue)
    async def give_keys(self, message: KeysDue) -> None:
        """Give the screen that has come what was pressed meanwhile."""
        self._keys.open(message.ticket)
        while (event := self._keys.next()) is not None:
            await self._press(event)

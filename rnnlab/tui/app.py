"""The app: connects the screens, the poller of the runs and the generator, and routes messages.

Modules that the first frame does not need are imported after it: first those that list the runs,
then, in `_build_state`, the screens, which take as long to import as Textual itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rnnlab.tui.terminal import has_mouse

# Textual reads these variables when it is imported. Animations would flood a slow connection.
os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
os.environ.setdefault("TEXTUAL_SMOOTH_SCROLL", "0")
os.environ.setdefault("TEXTUAL_DISABLE_KITTY_KEY", str(int(not has_mouse())))

from textual import events, on
from textual.notifications import Notify
from textual.screen import Screen

from rnnlab.base.errors import EXIT_TERMINATED
from rnnlab.base.preferences import Preferences
from rnnlab.runs.store import RunStore
from rnnlab.tui import saved_view
from rnnlab.tui.messages import (
    AskCancelled,
    Asked,
    GeneratorDied,
    GeneratorSaid,
    KeysDue,
    PreferencesChanged,
    ReplaceableToast,
    RunChosen,
    ScreenAsked,
)
from rnnlab.tui.outside import DEFAULT, Outside
from rnnlab.tui.outside.subprocesses import end_all
from rnnlab.tui.prompting.questions import Questions
from rnnlab.tui.shell.alerts import tell
from rnnlab.tui.shell.commands import actions_provider, open_palette
from rnnlab.tui.shell.key_dispatcher import KeyDispatcher
from rnnlab.tui.shell.outline import Outline
from rnnlab.tui.shell.pages import Pages
from rnnlab.tui.shell.screen import HOME, BaseScreen
from rnnlab.tui.shell.signals import handle_signals
from rnnlab.tui.shell.styled_app import StyledApp
from rnnlab.tui.shell.toasts import remove_toasts
from rnnlab.tui.state.prompt_history import PromptHistory
from rnnlab.tui.state.theme import appearance_of
from rnnlab.tui.state.view_state import load_view, prompts_file

if TYPE_CHECKING:
    from rnnlab.tui.outside.polling import RunPoller, RunsRead
    from rnnlab.tui.state.lab_state import LabState

_DEFAULT_PREFERENCES = Preferences()


class LabApp(StyledApp):
    """The app for one folder of runs."""

    TITLE = "rnnlab"
    CSS_PATH = ["outline.tcss", "lab.tcss"]
    COMMANDS = {actions_provider}
    state: LabState

    def __init__(
        self,
        store: RunStore,
        data: Path | None = None,
        *,
        preferences: Preferences = _DEFAULT_PREFERENCES,
        view_file: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
        has_outline: bool = False,
        outside: Outside = DEFAULT,
    ) -> None:
        """Show the runs in `store`.

        view_file: the file that stores the view across starts, None for no file; clock: monotonic
        time in seconds, for rate limits; has_outline: whether to draw an outline of the home screen
        before the slow imports; outside: access to processes, machine and corpora; intervals.
        """
        super().__init__(appearance_of(preferences), has_outline=has_outline)
        self._keys = KeyDispatcher(self, super().on_event)
        self._outside = outside
        self._store, self._data, self._clock = store, data, clock
        self._preferences = preferences
        self._view_file = view_file
        self._view = load_view(view_file)
        self._outline = Outline.of(self._view) if has_outline else None
        self._poller: RunPoller
        self._questions: Questions
        self._pages = Pages(self)
        self._chosen_again = asyncio.Event()
        if self._outline is None:
            self._build_state()
        else:
            self._keys.buffer.close()  # hold keys for the home screen while the outline is shown

    def _build_state(self) -> None:
        """Build the state and the home screen."""
        from rnnlab.tui.state.lab_state import LabState

        self.state = LabState(
            self._store, self._data, self._view, self._preferences, self._clock, self._keys.buffer,
            self._outside,
        )  # fmt: skip
        self.state.session.history = PromptHistory(prompts_file(self._view_file))
        generator = self._outside.make_generator(self.post_message)
        self._questions = Questions(generator, self.state)
        self._pages.make_home(self.state)

    async def on_event(self, event: events.Event) -> None:
        """Send keys and pastes to the key dispatcher, and all other events to Textual."""
        if isinstance(event, events.Key | events.Paste):
            await self._keys.dispatch(event)
        else:
            await super().on_event(event)

    @on(KeysDue)
    async def release_keys(self, message: KeysDue) -> None:
        """Send the buffered key presses to the screen that has opened."""
        await self._keys.release(message.ticket)

    @property
    def page(self) -> BaseScreen:
        """The visible screen, below any dialog."""
        return self._pages.visible

    def get_default_screen(self) -> Screen[None]:
        """Return the first screen: the outline, or without an outline the home screen."""
        return self._outline or self._pages.home

    def action_command_palette(self) -> None:
        """Open the palette."""
        open_palette(self)

    def action_help_quit(self) -> None:
        """Explain ctrl+c, which has found no selected text to copy."""
        self.page.explain_copy()

    def refresh_css(self, animate: bool = True) -> None:
        """Parse and apply the styles again; do nothing until the home screen is mounted."""
        if self._pages.has_home and self._pages.home.is_mounted:
            super().refresh_css(animate)

    async def on_load(self) -> None:
        """Read the runs before the home screen opens, unless an outline is shown meanwhile."""
        if self._outline is None:
            self._poller = self._outside.make_poller(self._store)
            self.state.update(await self._read_runs())

    def on_mount(self) -> None:
        """Handle signals; after the first frame, poll the runs and then start the generator."""
        handle_signals(self._hang_up, partial(self.exit, return_code=EXIT_TERMINATED))
        self._keys.hold_for_screens()
        self.call_after_refresh(self.run_worker, self._poll, name="poll")

    async def _open_home(self, outline: Outline, reading: asyncio.Future[RunsRead]) -> None:
        """List the runs in the outline, then replace it by the home screen.

        reading: the first poll; one that takes long delays the home screen only briefly.
        """
        from rnnlab.tui.first_list import list_runs

        if (await asyncio.wait({reading}, timeout=self._outside.first_list_within_s))[0]:
            read, root = reading.result(), self._store.root
            await list_runs(outline, read, self._view, self._preferences, root)
        self.add_styles()
        self._build_state()
        if reading.done():
            self.state.update(reading.result())
        self.add_mode(HOME, lambda: self._pages.home)
        self.switch_mode(HOME)
        # The objects that exist now live as long as the app. If they were not frozen, every
        # garbage collection would scan them, which delays a key press noticeably.
        gc.freeze()
        gc.enable()

    async def on_unmount(self) -> None:
        """Save the view and end the processes of the app; training workers keep running."""
        self._save()
        if self._pages.has_home:
            await self._questions.generator.close()
        await end_all()

    def _save(self) -> None:
        if self._pages.has_home:
            saved_view.save(self.state, self._pages, self._view_file)

    async def _poll(self) -> None:
        """Read the runs at intervals until the app closes, and at once when a run is chosen."""
        if self._outline is not None:
            self._poller = self._outside.make_poller(self._store)
            reading = asyncio.ensure_future(self._read_runs())
            await self._open_home(self._outline, reading)
            self._show_runs(await reading)
        if self._is_open():
            # Start the generator after the runs are listed: its imports keep a core busy.
            self.run_worker(self._questions.generator.start(), name="generator")
            await saved_view.restore_session(self.state, self._view_file)
        while self._is_open():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._chosen_again.wait(), self.state.preferences.refresh_s)
            self._show_runs(await self._read_runs())

    async def _read_runs(self) -> RunsRead:
        """Read the runs in a thread; the first time, no journals."""
        self._chosen_again.clear()
        watched = self.state.watched if self._pages.has_home else ()
        return await asyncio.to_thread(self._poller.read, watched)

    def _show_runs(self, read: RunsRead) -> None:
        """Store the result of a poll, show notifications and refresh the visible screen."""
        if self._is_open():
            tell(self, self.state, self.state.update(read))
            self._pages.refresh_state()

    def on_notify(self, event: Notify) -> None:
        """Remove the previous replaceable toast of the same severity before a new one."""
        if isinstance(event.notification, ReplaceableToast):
            remove_toasts(self, event.notification.severity)

    def _is_open(self) -> bool:
        return self.is_running and self._pages.home.is_attached

    @on(ScreenAsked)
    async def show_screen(self, message: ScreenAsked) -> None:
        """Show another screen directly above the home screen: at most two are stacked."""
        ticket = self._keys.buffer.close()
        await self._pages.open(message, self.state)
        self.post_message(KeysDue(ticket))  # takes effect only if no screen was opened

    @on(PreferencesChanged)
    def apply_preferences(self) -> None:
        """Apply the new appearance and draw everything again."""
        self.show_appearance(self.state.appearance)
        self.refresh_css()
        self.screen.refresh(layout=True)

    @on(RunChosen)
    def poll_now(self) -> None:
        """Read the runs now: the curves of a newly chosen run must not wait for the interval."""
        self._chosen_again.set()

    @on(Asked)
    async def ask(self, message: Asked) -> None:
        """Send a question to the generator process."""
        await self._questions.ask(message)

    @on(AskCancelled)
    async def cancel(self, message: AskCancelled) -> None:
        """Cancel a listener's question."""
        await self._questions.generator.cancel(message.listener)

    async def on_generator_said(self, message: GeneratorSaid) -> None:
        """Hand a reply to the listener of its question."""
        await self._questions.deliver(message.reply, self.state.session)

    def on_generator_died(self, message: GeneratorDied) -> None:
        """Show why the generator process has ended; the next question starts a new one.

        One that did not answer is replaced at once: its user waits already.
        """
        self.state.session.is_ready = False
        self.page.fail(f"{message.reason}; press enter to ask again")
        if message.is_replaced:
            self.run_worker(self._questions.generator.start(), name="generator")

    def _hang_up(self) -> None:
        """Save the view and end the process: the terminal is gone, so nothing can be drawn."""
        with contextlib.suppress(Exception):
            self._save()
        self._outside.leave(128 + signal.SIGHUP)

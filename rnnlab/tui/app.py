"""The lab: puts the screens, the feed and the generator together, and routes between them.

What the first frame does without is imported once that is out, in `_furnish`: the state, the feed
and the screens take as long as Textual itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

# Read when Textual is imported: no animation, nothing that a slow line would have to carry.
os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
os.environ.setdefault("TEXTUAL_SMOOTH_SCROLL", "0")

from textual import on
from textual.app import App, SystemCommand
from textual.filter import Monochrome, NoColor
from textual.notifications import Notify
from textual.screen import Screen

from rnnlab.base.errors import EXIT_TERMINATED
from rnnlab.base.preferences import Preferences, load_preferences
from rnnlab.runs.store import RunStore
from rnnlab.tui.messages import (
    AskCancelled,
    Asked,
    GeneratorDied,
    GeneratorSaid,
    KeysDue,
    PreferencesChanged,
    RunChosen,
    ScreenAsked,
    Told,
)
from rnnlab.tui.outside import DEFAULT, Outside
from rnnlab.tui.prompting.history import PromptHistory
from rnnlab.tui.prompting.questions import Questions
from rnnlab.tui.shell.keyed_app import KeyedApp
from rnnlab.tui.shell.outline import Outline
from rnnlab.tui.shell.screen import HOME, BaseScreen
from rnnlab.tui.shell.screen_bar import ScreenBar
from rnnlab.tui.shell.screen_registry import entry
from rnnlab.tui.shell.subprocesses import end_all
from rnnlab.tui.shell.theme import THEMES, AsciiFilter, HarmlessFilter, appearance_of
from rnnlab.tui.view_state import answers_file, load_view, prompts_file, save_view, state_file

if TYPE_CHECKING:
    from rnnlab.tui.runs.polling import RunPoller
    from rnnlab.tui.state import LabState

_USUAL = Preferences()


class LabApp(KeyedApp):
    """The lab over one folder of runs."""

    TITLE = "rnnlab"
    CSS_PATH = "lab.tcss"
    state: LabState

    def __init__(
        self,
        store: RunStore,
        data: Path | None = None,
        *,
        preferences: Preferences = _USUAL,
        view_file: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
        has_outline: bool = False,
        outside: Outside = DEFAULT,
    ) -> None:
        """Look at `store`.

        view_file: where the view is kept across starts, None for nowhere; clock: seconds since some
        moment, for what is done or drawn at most so often; has_outline: whether an outline comes
        first, for somebody who waits; outside: processes, the machine, and paces.
        """
        super().__init__()
        self._questions = Questions(outside.make_generator(self.post_message), store)
        self._outside = outside
        self._store, self._data, self._clock = store, data, clock
        self._preferences = preferences
        self._view_file = view_file
        self._view = load_view(view_file)
        self._outline = Outline(self._view.panes.get(HOME, {})) if has_outline else None
        appearance = appearance_of(preferences)
        for theme in THEMES:
            self.register_theme(theme)
        self._ascii = AsciiFilter(enabled=appearance.glyphs == "ascii")
        self._filters += [HarmlessFilter(), self._ascii]
        if not appearance.has_color:
            self._filters = [f for f in self._filters if not isinstance(f, Monochrome)]
            self._filters.append(NoColor())
            self.add_class("-no-color")
            self.css_path.append(Path(__file__).with_name("no_color.tcss"))
        # Before the styles are parsed: a theme that is set later has them parsed again.
        self.set_reactive(App.theme, appearance.theme)
        self.stylesheet.set_variables(self.get_css_variables())
        self._refresh_truecolor_filter(self.ansi_theme)
        self._feed: RunPoller
        self._pages: dict[str, BaseScreen] = {}
        self._chosen_again = asyncio.Event()
        if self._outline is None:
            self._furnish()
        else:
            self._keys.close()  # what is pressed while it is shown is for the home screen

    def _furnish(self) -> None:
        """Make the state and the home screen."""
        from rnnlab.tui.state import LabState

        self.state = LabState(
            self._store, self._data, self._view, self._preferences, self._clock, self._keys,
            self._outside,
        )  # fmt: skip
        self.state.writing.history = PromptHistory(prompts_file(self._view_file))
        self._feed = self._outside.make_poller(self._store)
        self._pages[HOME] = entry(HOME).make(self.state)

    @property
    def page(self) -> BaseScreen:
        """The visible screen, below any dialog."""
        pages = [screen for screen in self.screen_stack if isinstance(screen, BaseScreen)]
        return pages[-1]

    def get_default_screen(self) -> Screen[None]:
        """Open with the outline of the home screen, or with itself."""
        return self._outline or self._pages[HOME]

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Offer every action of the screen, then Textual's own."""
        yield from self.actions_of(self.page)
        yield from super().get_system_commands(screen)

    def actions_of(self, page: BaseScreen) -> Iterable[SystemCommand]:
        """Give every action of a screen as an entry of the palette."""
        for group in page.GROUPS:
            for action in group.actions:
                yield SystemCommand(action.label, action.help, _runner(page, action.name))

    def wear(self) -> None:
        """Look as it is preferred, from now on."""
        self._ascii.enabled = self.state.appearance.glyphs == "ascii"
        self.theme = self.state.appearance.theme

    def refresh_css(self, animate: bool = True) -> None:
        """Parse and apply the styles anew; a home screen that is being mounted has them already."""
        if HOME in self._pages and self._pages[HOME].is_mounted:
            super().refresh_css(animate)

    def on_mount(self) -> None:
        """Begin to read the runs and start the generator once the first frame is out."""
        if hasattr(signal, "SIGHUP"):
            loop = asyncio.get_running_loop()
            loop.add_signal_handler(signal.SIGHUP, self._hang_up)
            if signal.getsignal(signal.SIGTERM) != signal.SIG_IGN:  # inherited, it stays ignored
                # Without this the terminal would be left in raw mode.
                leave = partial(self.exit, return_code=EXIT_TERMINATED)
                loop.add_signal_handler(signal.SIGTERM, leave)
        self.hold_keys_for_screens()
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        if self._outline is not None:
            self._furnish()
            self.add_mode(HOME, lambda: self._pages[HOME])
            self.switch_mode(HOME)
            # What is here by now stays: it need not be looked through for garbage again and again,
            # which takes as long as a key press may.
            gc.freeze()
            gc.enable()
        self.run_worker(self._watch(), name="feed")

    async def on_unmount(self) -> None:
        """Keep the view and end the processes of the lab; workers that train are left alone."""
        self._keep()
        await self._questions.generator.close()
        await end_all()

    def _keep(self) -> None:
        """Write down how the lab is looked at and what was asked last, if it came to that."""
        if not self._pages or not self.state.summaries:
            return
        from rnnlab.tui.prompting import saved_session

        for page in self._pages.values():
            page.keep_view()
        save_view(self.state.view_to_keep(), self._view_file)
        saved_session.save(self.state.writing, answers_file(self._view_file))

    async def _recall(self) -> None:
        """Show what was asked at the last start, where its run is still here."""
        from rnnlab.tui.prompting import saved_session

        last = await asyncio.to_thread(saved_session.read, answers_file(self._view_file))
        if last is not None and last.request.run in self.state.summaries:
            await self.state.writing.recall(last)

    async def _watch(self) -> None:
        """Look at the runs until the lab closes; at once when another one is chosen."""
        await self._look()
        if self._is_open():
            # Not before the runs are listed: it keeps a core busy while it loads.
            self.run_worker(self._questions.generator.start(), name="generator")
            await self._recall()
        while self._is_open():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._chosen_again.wait(), self.state.preferences.refresh_s)
            await self._look()

    async def _look(self) -> None:
        """Read the runs and show what is new."""
        self._chosen_again.clear()
        read = await asyncio.to_thread(self._feed.read, self.state.watched)
        if not self._is_open():
            return
        for notice in self.state.update(read):
            self.notify(
                notice.message, severity=notice.severity, markup=False, timeout=notice.timeout_s
            )
        page = self.page
        if page.is_mounted:  # it is not while it is still being put together
            page.query_one(ScreenBar).say(self.state.news)
            page.show_state()
            page.show_keys()

    def on_notify(self, event: Notify) -> None:
        """Take away what is said in passing once there is something newer to say."""
        told = event.notification
        if isinstance(told, Told):
            self._forget_told(told.severity)

    def _forget_told(self, severity: str | None = None) -> None:
        """Take away what was said in passing, of some severity or of any."""
        for told in list(self._notifications):
            if isinstance(told, Told) and severity in (None, told.severity):
                self._unnotify(told, refresh=severity is None)

    def _is_open(self) -> bool:
        return self.is_running and self._pages[HOME].is_attached

    @on(ScreenAsked)
    async def show_screen(self, message: ScreenAsked) -> None:
        """Show another screen; it lies on the home screen, one deep."""
        ticket = self._keys.close()
        await self._show_screen(message)
        self.post_message(KeysDue(ticket))  # where none has come

    async def _show_screen(self, message: ScreenAsked) -> None:
        asked = entry(message.name)
        if asked.needs_run and self.state.chosen is None:
            self.page.toast(f"{asked.title} is about a run: choose one first", "warning")
            return
        if message.name == self.page.entry_name:
            return
        self._forget_told()
        page = self._pages.get(asked.name)
        if page is None:
            page = self._pages[asked.name] = asked.make(self.state)
            self.install_screen(page, asked.name)
        page.arrive()
        while len(self.screen_stack) > 1:
            await self.pop_screen()
        self.state.also_watched = ()
        if asked.name != HOME:
            await self.push_screen(page)
        if message.saying:
            page.toast(message.saying)

    @on(PreferencesChanged)
    def change_looks(self) -> None:
        """Look as it is preferred now."""
        self.wear()
        self.refresh_css()
        self.screen.refresh(layout=True)

    @on(RunChosen)
    def read_at_once(self) -> None:
        """Fetch the curves of a run just chosen."""
        self._chosen_again.set()

    @on(Asked)
    async def ask(self, message: Asked) -> None:
        """Send a question to the generator process."""
        await self._questions.ask(message)

    @on(AskCancelled)
    async def cancel(self, message: AskCancelled) -> None:
        """End a listener's question early."""
        await self._questions.generator.cancel(message.listener)

    @on(GeneratorSaid)
    async def receive_reply(self, message: GeneratorSaid) -> None:
        """Hand a reply to the listener of its question."""
        await self._questions.deliver(message.reply, self.state.writing)

    @on(GeneratorDied)
    def report_generator_death(self, message: GeneratorDied) -> None:
        """Show that the generator process has ended; the next prompt starts another."""
        self.state.writing.is_ready = False
        self.page.fail(f"the generator ended: {message.reason}; enter asks again")

    def _hang_up(self) -> None:
        """The terminal is gone: nothing can be drawn any more, but all is found again later."""
        with contextlib.suppress(Exception):
            self._keep()
        self._outside.leave(128 + signal.SIGHUP)


def _runner(page: BaseScreen, action: str) -> Callable[[], None]:
    def run() -> None:
        page.call_later(page.action_do, action)

    return run


def open_lab(
    checkpoints: Path | None = None, data: Path | None = None, *, is_ascii: bool = False
) -> int:
    """Open the lab in this terminal; return the exit code."""
    preferences = load_preferences()
    if is_ascii:
        preferences = replace(preferences, glyphs="ascii")
    store = RunStore.default(checkpoints)
    lab = LabApp(
        store, data, preferences=preferences, view_file=state_file(store.root), has_outline=True
    )
    lab.run()
    return lab.return_code or 0

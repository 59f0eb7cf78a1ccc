"""The corpora screen: list and profile corpora, add a file, fetch a known corpus."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.timer import Timer
from textual.widgets import DataTable, Static

from rnnlab.base.display import count, visible
from rnnlab.tui.corpora.actions import CORPORA
from rnnlab.tui.corpora.screen import CorporaListScreen
from rnnlab.tui.everywhere import EVERYWHERE, SCREENS
from rnnlab.tui.messages import ScreenAsked
from rnnlab.tui.shell.actions import bindings
from rnnlab.tui.shell.declaration import Declaration
from rnnlab.tui.shell.latest import run_latest
from rnnlab.tui.shell.pane_actions import pane_group
from rnnlab.tui.shell.panes import LEAST_COLUMNS, Pane
from rnnlab.tui.state.lab_state import LabState

if TYPE_CHECKING:
    from rnnlab.corpora import CorpusDescription

_PANES = (Pane("corpora", "Corpora", edge="right", least=30), Pane("look", "Profile"))


class CorporaScreen(CorporaListScreen):
    """The corpora at the left, the profile of the chosen one at the right."""

    PANES = _PANES
    GROUPS: ClassVar = (CORPORA, pane_group(_PANES), SCREENS, EVERYWHERE)
    BINDINGS = bindings(GROUPS)

    def __init__(self, state: LabState) -> None:
        super().__init__(state)
        self._profile = Static(id="look-text", markup=False)
        self._profiles: dict[tuple[str, int | None], Text] = {}
        """Profiles by name and size, cached because each takes seconds."""
        self._delay: Timer | None = None

    def has_room_for(self, pane: str) -> bool:
        """Return False for the profile on a very narrow screen."""
        return pane != "look" or self.app.size.width >= LEAST_COLUMNS

    def compose_body(self) -> ComposeResult:
        """Yield the two panes and the status line."""
        with Horizontal(classes="panes", id="corpora-body"):
            yield self.table
            with VerticalScroll(id="look") as pane:
                pane.border_title = "Profile"
                yield self._profile
        yield self.progress

    def on_mount(self) -> None:
        """Focus the list and read it."""
        self.table.focus()
        self._profile.update(Text("reading the list…", "dim"))
        self.run_worker(self.refresh_list(), name="list")

    @on(ScreenAsked)
    def bring_corpus(self, message: ScreenAsked) -> None:
        """Take the chosen corpus to the new-run form, unless it must be fetched first."""
        chosen = self.table.chosen
        if message.name == "new-run" and chosen is not None and chosen.state != "fetch":
            self.state.corpus_for_run = chosen.name

    async def refresh_list(self, go_to: str | None = None) -> None:
        """Read the list, then profile the chosen corpus."""
        await super().refresh_list(go_to)
        if self.is_attached:
            self._profile_soon()

    def forget_profiles(self) -> None:
        """Clear the cached profiles: the files may have changed."""
        self._profiles.clear()

    @on(DataTable.RowHighlighted)
    def _profile_soon(self) -> None:
        """Profile the chosen corpus once the cursor rests."""
        if self._delay is not None:
            self._delay.stop()
        self._delay = self.set_timer(self.state.outside.look_after_s, self._profile_now)

    def _profile_now(self) -> None:
        chosen = self.table.chosen
        if chosen is not None:
            run_latest(self, partial(self._show_profile, chosen), "profile")

    async def _show_profile(self, chosen: CorpusDescription) -> None:
        profile = self._profiles.get((chosen.name, chosen.size_bytes))
        if profile is None and chosen.state != "fetch":
            self._profile.update(_heading(chosen).append("\n\nreading…", "dim"))
            read_profile, columns = self.state.outside.look_into_corpus, self._profile.size.width
            text, is_success = await read_profile(chosen.name, self.state.data, columns)
            profile = _heading(chosen).append(f"\n\n{text}")
            if is_success:
                self._profiles[chosen.name, chosen.size_bytes] = profile
        elif profile is None:
            profile = _heading(chosen).append(
                f"\n\nNot fetched yet: {count(chosen.size_bytes)} bytes, {chosen.licence}.\n"
                "Press F to fetch it, or to import a local copy."
            )
        if self.table.chosen == chosen:
            self._profile.update(profile)


def _heading(chosen: CorpusDescription) -> Text:
    heading = Text()
    heading.append(visible(chosen.name, newline=" "), "bold")
    heading.append(f"  {visible(chosen.summary, newline=' ')}")
    if chosen.options:
        spec = ", ".join(f"{name}={value}" for name, value in chosen.options.items())
        heading.append(f"\n{chosen.name}:{spec}", "dim")
    return heading


SCREEN = Declaration(
    CorporaScreen,
    key="f11",
    go="o",
    title="Corpora",
    short="Corp",
    help="Profile, add and fetch corpora",
)

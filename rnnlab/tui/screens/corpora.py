"""Corpora: what is there, a look into it, a file taken in, a known one fetched."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import DataTable, Static

from rnnlab.base.display import count, visible
from rnnlab.tui.corpora.actions import CORPORA
from rnnlab.tui.corpora.table import CorporaTable
from rnnlab.tui.messages import ScreenAsked
from rnnlab.tui.shell.actions import bindings
from rnnlab.tui.shell.everywhere import EVERYWHERE, SCREENS
from rnnlab.tui.shell.panes import Pane, pane_group
from rnnlab.tui.shell.screen import BaseScreen
from rnnlab.tui.shell.screen_registry import Declaration
from rnnlab.tui.shell.task_progress import ErrandLine
from rnnlab.tui.state import LabState

if TYPE_CHECKING:
    from rnnlab.corpora import CorpusDescription, Progress

_PANES = (Pane("corpora", "Corpora"), Pane("look", "Look"))


class CorporaScreen(BaseScreen):
    """The corpora at the left, a look into the chosen one at the right."""

    PANES = _PANES
    GROUPS: ClassVar = (CORPORA, pane_group(_PANES), SCREENS, EVERYWHERE)
    BINDINGS = bindings(GROUPS)

    def __init__(self, state: LabState) -> None:
        super().__init__(state)
        self.table = CorporaTable()
        self._look = Static(id="look-text", markup=False)
        self.errands = ErrandLine("corpora-status")
        self.failed_answers: dict[str, str] = {}
        """What was written for a file that could not be taken in, to be mended."""
        self._seen: dict[tuple[str, int | None], Text] = {}
        """What was seen of a corpus, by name and size: looking takes a while."""
        self._rest: Timer | None = None

    def compose_body(self) -> ComposeResult:
        """Lay the panes out."""
        with Horizontal(classes="panes", id="corpora-body"):
            yield self.table
            with VerticalScroll(id="look") as look:
                look.border_title = "A look inside"
                yield self._look
        yield self.errands

    def on_mount(self) -> None:
        """Begin with the list."""
        self.table.focus()
        self._look.update(Text("reading the list…", "dim"))
        self.run_worker(self.list_again(), name="list")

    @on(ScreenAsked)
    def bring_corpus(self, message: ScreenAsked) -> None:
        """Let a new run begin with the chosen corpus, where it is here."""
        chosen = self.table.chosen
        if message.name == "new-run" and chosen is not None and chosen.state != "fetch":
            self.state.corpus_for_run = chosen.name

    async def list_again(self, go_to: str | None = None) -> None:
        """Read the list, in a thread: floors are computed the first time."""
        described = await asyncio.to_thread(self.state.outside.describe_corpora, self.state.data)
        if self.is_attached:
            self.table.show(described, go_to)
            self._look_soon()

    def forget_looks(self) -> None:
        """Look again into what has been seen: a file may have changed."""
        self._seen.clear()

    @on(DataTable.RowHighlighted)
    def _look_soon(self) -> None:
        """Look into the chosen corpus once the cursor rests."""
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(self.state.outside.look_after_s, self._look_now)

    def _look_now(self) -> None:
        chosen = self.table.chosen
        if chosen is not None:
            self.run_worker(self._show_look(chosen), name="look", group="look", exclusive=True)

    async def _show_look(self, chosen: CorpusDescription) -> None:
        known = self._seen.get((chosen.name, chosen.size_bytes))
        if known is None and chosen.state != "fetch":
            self._look.update(_heading(chosen).append("\n\nlooking…", "dim"))
            look, columns = self.state.outside.look_into_corpus, self._look.size.width
            said, is_whole = await look(chosen.name, self.state.data, columns)
            known = _heading(chosen).append(f"\n\n{said}")
            if is_whole:
                self._seen[chosen.name, chosen.size_bytes] = known
        elif known is None:
            known = _heading(chosen).append(
                f"\n\nNot here yet: {count(chosen.size_bytes)} bytes, {chosen.licence}.\n"
                "g fetches it, or reads a file that you have got elsewhere."
            )
        if self.table.chosen == chosen:
            self._look.update(known)

    def begin_errand(self, what: str, name: str, do: Callable[[Progress], str]) -> None:
        """Do something that takes long and brings a corpus, beside the action that asked for it."""
        if refused := self.errands.begin(what, name, do):
            self.toast(refused, "warning")

    @on(ErrandLine.Done)
    def show_brought(self, message: ErrandLine.Done) -> None:
        """Go to the corpus that has come."""
        self.failed_answers = {}
        self.run_worker(self.list_again(message.name), name="list")

    def main_widget(self) -> Widget:
        """Return the list."""
        return self.table

    @property
    def is_task_running(self) -> bool:
        """Whether a corpus is fetched or taken in."""
        return self.errands.is_busy

    def stop_task(self) -> bool:
        """Give up what takes long."""
        was_busy = self.errands.is_busy
        if was_busy:
            self.errands.give_up()
        return was_busy


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
    key="f11,ctrl+t",
    title="Corpora",
    help="Corpora: look inside, add, fetch (also ctrl+t)",
)

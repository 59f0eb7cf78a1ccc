"""Corpora: what is there, a look into it, a file taken in, a known one fetched."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.timer import Timer
from textual.widgets import DataTable, Static

from rnnlab.display import count, visible
from rnnlab.errors import BadInputError, RnnlabError, one_line
from rnnlab.tui.actions import Action, Group, bindings
from rnnlab.tui.desk import Desk
from rnnlab.tui.screens._base import BaseScreen
from rnnlab.tui.screens._declaration import Declaration
from rnnlab.tui.screens._everywhere import EVERYWHERE, SCREENS
from rnnlab.tui.screens._form import Blank, FormScreen
from rnnlab.tui.screens._panes import Pane, pane_group
from rnnlab.tui.widgets.corpora_table import CorporaTable

if TYPE_CHECKING:
    from rnnlab.corpora import CorpusDescription, Progress

_PANES = (Pane("corpora", "Corpora"), Pane("look", "Look"))
_SHOWN_EVERY_S = 0.25
_PAUSE_S = 0.15
"""How long the cursor rests on a corpus before it is looked into."""


class _GivenUpError(Exception):
    """The user has seen enough of something that takes long."""


class Errand:
    """Something that takes long, done in a thread: how far it is, and whether it is given up."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.done, self.total = 0, 0
        self.is_given_up = False

    def progress(self, done: int, total: int) -> None:
        """Note how far it is; stops the thread at its next step once it is given up."""
        if self.is_given_up:
            raise _GivenUpError
        self.done, self.total = done, total

    def __str__(self) -> str:
        """Say how far it is."""
        far = f" {count(self.done)} of {count(self.total)}" if self.total else ""
        return f"{self.what}…{far} (esc gives up)"


async def _add(screen: CorporaScreen) -> None:
    blanks = [
        Blank("name", "Name", "letters, digits, . _ -"),
        Blank("file", "File or folder", "txt, csv, tsv, jsonl, also .gz; a folder of texts"),
        Blank("encoding", "Encoding", "found out, unless you say it"),
        Blank("label", "Label column", "of a table", "label"),
        Blank("text", "Text column", "of a table", "text"),
    ]
    about = "Any text, or documents with labels, becomes a corpus."
    answers = await screen.app.push_screen_wait(FormScreen("Add a corpus", about, blanks, "Add"))
    if answers is not None:
        screen.begin_errand(f"taking in {answers['name']}", screen.adding(answers))


async def _fetch(screen: CorporaScreen) -> None:
    chosen = screen.table.chosen
    if chosen is None or chosen.state != "fetch":
        screen.tell("this corpus is there; choose one marked ↓", "warning")
        return
    blanks = [Blank("file", "From file", "empty: from the network")]
    if chosen.task == "vectors":
        blanks += [Blank("width", "Numbers", "50, 100, 200, 300", "100")]
    about = f"{count(chosen.size_bytes)} bytes, {chosen.licence}. A file got elsewhere will do."
    form = FormScreen(f"Fetch {chosen.name}", about, blanks, "Fetch")
    answers = await screen.app.push_screen_wait(form)
    if answers is not None:
        screen.begin_errand(f"fetching {chosen.name}", screen.fetching(chosen.name, answers))


async def _new_run(screen: CorporaScreen) -> None:
    from rnnlab.corpora import corpus_names
    from rnnlab.tui.screens._new_run import NewRunScreen

    chosen, desk = screen.table.chosen, screen.desk
    if chosen is None or chosen.state == "fetch":
        screen.tell("fetch it first: g", "warning")
        return
    form = NewRunScreen(desk.store, desk.data, corpus_names(desk.data))
    form.suggest(corpus=chosen.name)
    name = await screen.app.push_screen_wait(form)
    if name is not None:
        screen.tell(f"{name} is starting; F2 shows it")


async def _read_again(screen: CorporaScreen) -> None:
    await screen.list_again()


_CORPORA = Group["CorporaScreen"](
    "Corpora",
    (
        Action(
            "n", "new-run", _new_run, "New run", "Start a run on the chosen corpus", True,
            has_dialog=True,
        ),
        Action("a", "add", _add, "Add", "Take in a file or folder of yours", True, has_dialog=True),
        Action(
            "g", "fetch", _fetch, "Get", "Fetch the chosen corpus, or read it from a file", True,
            has_dialog=True,
        ),
        Action("r", "list", _read_again, "Read again", "Read the list of corpora again"),
    ),
)  # fmt: skip


class CorporaScreen(BaseScreen):
    """The corpora at the left, a look into the chosen one at the right."""

    PANES = _PANES
    GROUPS: ClassVar = (_CORPORA, pane_group(_PANES), SCREENS, EVERYWHERE)
    BINDINGS = bindings(GROUPS)

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.table = CorporaTable()
        self._look = Static(id="look-text", markup=False)
        self._status = Static(id="corpora-status", markup=False)
        self._seen: dict[tuple[str, int | None], Text] = {}
        """What was seen of a corpus, by name and size: looking takes a while."""
        self._rest: Timer | None = None
        self._errand: Errand | None = None
        self._went_to: str | None = None
        """Corpus that the last errand has brought."""

    def compose_body(self) -> ComposeResult:
        """Lay the panes out."""
        with Horizontal(classes="panes", id="corpora-body"):
            yield self.table
            with VerticalScroll(id="look") as look:
                look.border_title = "A look inside"
                yield self._look
        yield self._status

    def on_mount(self) -> None:
        """Begin with the list."""
        self.table.focus()
        self._look.update(Text("reading the list…", "dim"))
        self.run_worker(self.list_again(), name="list")
        self.set_interval(_SHOWN_EVERY_S, self._show_errand)

    async def list_again(self, go_to: str | None = None) -> None:
        """Read the list, in a thread: floors are computed the first time."""
        described = await asyncio.to_thread(_describe, self.desk.data)
        if self.is_attached:
            self.table.show(described, go_to)
            self._look_soon()

    @on(DataTable.RowHighlighted)
    def _look_soon(self) -> None:
        """Look into the chosen corpus once the cursor rests."""
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(_PAUSE_S, self._look_now)

    def _look_now(self) -> None:
        chosen = self.table.chosen
        if chosen is not None:
            self.run_worker(self._show_look(chosen), name="look", group="look", exclusive=True)

    async def _show_look(self, chosen: CorpusDescription) -> None:
        known = self._seen.get((chosen.name, chosen.size_bytes))
        if known is None and chosen.state != "fetch":
            self._look.update(_heading(chosen).append("\n\nlooking…", "dim"))
            said, is_whole = await _look(chosen.name, self.desk.data, self._look.size.width)
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

    # Errands

    def adding(self, answers: dict[str, str]) -> Callable[[Progress], str]:
        """Return what takes a file in."""

        def add(progress: Progress) -> str:
            from rnnlab.corpora import Columns, Wish, add_corpus

            columns = Columns(answers["label"] or "label", answers["text"] or "text")
            wish = Wish(answers["encoding"] or None, columns)
            source = _path(answers["file"] or "?")
            _, notes = add_corpus(answers["name"], source, self.desk.data, wish, progress)
            self._went_to = answers["name"]
            return f"{answers['name']} is there ({'; '.join(notes)})"

        return add

    def fetching(self, name: str, answers: dict[str, str]) -> Callable[[Progress], str]:
        """Return what fetches a corpus."""

        def fetch(progress: Progress) -> str:
            from rnnlab.corpora import Request, fetch_corpus, wanted_words

            request = Request()
            if width := answers.get("width"):
                if not width.isdecimal():
                    raise BadInputError(f"{width!r} is no number", "write 50, 100, 200 or 300")
                request = Request(int(width), wanted_words(self.desk.data)[0])
            given = _path(answers["file"]) if answers["file"] else None
            fetched = fetch_corpus(name, self.desk.data, given, request, progress)
            self._went_to = name
            return f"{name} is there ({fetched.file})"

        return fetch

    def begin_errand(self, what: str, do: Callable[[Progress], str]) -> None:
        """Do something that takes long beside the action that asked for it, which is done."""
        self.run_worker(self.run_errand(what, do), name="errand", group="errand")

    async def run_errand(self, what: str, do: Callable[[Progress], str]) -> None:
        """Do something that takes long in a thread, one at a time."""
        if self._errand is not None:
            self.tell(f"still {self._errand.what}; esc gives that up", "warning")
            return
        self._errand = Errand(what)
        self._went_to = None
        self._show_errand()
        try:
            said = await asyncio.to_thread(do, self._errand.progress)
        except RnnlabError as error:
            self._end_errand(str(error), "bold red")
        except OSError as error:
            self._end_errand(one_line(f"{what}: {error}"), "bold red")
        except _GivenUpError:
            self._end_errand(f"{what}: given up", "dim")
        else:
            self._end_errand(said, "green")
            await self.list_again(self._went_to)

    def on_unmount(self) -> None:
        """Give up what takes long when the lab closes: its thread would hold the shell."""
        if self._errand is not None:
            self._errand.is_given_up = True

    def out(self) -> None:
        """Give up what takes long, or leave."""
        if self._errand is not None:
            self._errand.is_given_up = True
            return
        super().out()

    def _show_errand(self) -> None:
        if self._errand is not None:
            self._status.update(Text(visible(str(self._errand), newline=" "), "bold"))

    def _end_errand(self, said: str, style: str) -> None:
        self._errand = None
        self._status.update(Text(visible(said, newline=" "), style))


def _path(written: str) -> Path:
    """Return the path that was written; raises BadInputError for a `~name` that nobody has."""
    try:
        return Path(written).expanduser()
    except RuntimeError:
        raise BadInputError(f"no home folder for {written!r}", "write the whole path") from None


def _describe(data: Path | None) -> list[CorpusDescription]:
    from rnnlab.corpora import describe_corpora

    return describe_corpora(data)


async def _look(name: str, data: Path | None, columns: int = 80) -> tuple[str, bool]:
    """Return what `rnnlab corpora show` says in so many columns, and whether it could look.

    A process of its own: it counts for seconds, and typing must not wait for it.
    """
    command = [sys.executable, "-m", "rnnlab", "corpora", "show", name]
    if data is not None:
        command += ["--data", str(data)]
    pipe, null = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=null,
        stdout=pipe,
        stderr=pipe,
        start_new_session=True,
        env={**os.environ, "COLUMNS": str(columns)},
    )
    try:
        out, err = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.communicate()  # so that nothing of it outlives the loop
        raise
    is_whole = process.returncode == 0
    said = (out if is_whole else err).decode("utf-8", "replace")
    return visible(said.removeprefix("rnnlab: ").strip()), is_whole


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
    title="Corpora",
    help="Corpora: list, look inside, add a file, fetch",
)

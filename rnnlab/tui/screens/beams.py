"""The beam board: the candidates of a search as they grow, and its pruned hypotheses."""

from __future__ import annotations

from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.widget import Widget
from textual.widgets import Input, TextArea

from rnnlab.protocol.messages import Ended, Failed, Progress, Reply, Started, Trace
from rnnlab.tui.beams.pruned_list import PrunedList
from rnnlab.tui.beams.search_tree import SearchTree
from rnnlab.tui.everywhere import EVERYWHERE, SCREENS
from rnnlab.tui.messages import RunChosen
from rnnlab.tui.prompting.actions import CANDIDATES, PAGES, PROMPTING
from rnnlab.tui.prompting.board import CandidateBoard
from rnnlab.tui.prompting.form import PromptForm
from rnnlab.tui.prompting.screen import PromptingScreen
from rnnlab.tui.runs.pick_run import RUN_CHOICE
from rnnlab.tui.shell.actions import Action, Group, bindings
from rnnlab.tui.shell.declaration import Declaration
from rnnlab.tui.shell.status_line import StatusLine
from rnnlab.tui.state.lab_state import LabState
from rnnlab.tui.state.prompt_session import PromptRequest
from rnnlab.tui.state.search_trace import SearchTrace

_HINT = "no request yet: write a text, set a decoder such as beam:k=5, press enter"


def _tree(screen: BeamsScreen) -> None:
    screen.toggle_tree()


def _next_search(screen: BeamsScreen) -> None:
    screen.choose_search(screen.shown + 1)


_BEAMS = Group["BeamsScreen"](
    "Beams",
    (
        Action(
            "b", "tree", _tree, "Tree", "Show the tree of the search, or the candidates", True,
            is_possible=lambda screen: bool(screen.session.specs),
        ),
        Action(
            "D", "next-search", _next_search, "Next decoder", "Show the next decoder", True,
            is_possible=lambda screen: len(screen.session.specs) > 1,
        ),
    ),
)  # fmt: skip


class BeamsScreen(PromptingScreen):
    """The fields of the prompt and, below them, one search at a time."""

    GROUPS: ClassVar = (_BEAMS, PROMPTING, PAGES, CANDIDATES, RUN_CHOICE, SCREENS, EVERYWHERE)
    BINDINGS = bindings(GROUPS)

    def __init__(self, state: LabState) -> None:
        super().__init__(state)
        self.add_class("prompting")
        self.form = PromptForm(self.session)
        self.board = CandidateBoard("shade", has_story=True)
        self.pruned = PrunedList()
        self.tree_view = SearchTree()
        self.shown = 0
        """Index of the decoder that is shown."""
        self._request: PromptRequest | None = None
        """The request for which `shown` was chosen."""
        self.view = self
        self.status = StatusLine("beam-status")
        self.tree_view.display = False

    def compose_body(self) -> ComposeResult:
        """Lay out the fields, the candidates or the tree, and the pruned hypotheses."""
        yield self.form
        yield self.status
        yield self.board
        yield self.tree_view
        yield self.pruned

    def on_mount(self) -> None:
        """Show marks in place of shades if there is no colour."""
        if self.app.no_color:
            self.board.set_look("marks")
        self.show_status()

    async def catch_up(self) -> None:
        """Show the session after replies that arrived while the screen was hidden."""
        if self.session.request is not self._request:
            self._choose_first_beam()
        await self._begin()
        await self.board.show_end(self.session)
        self.mark_stale()

    def main_widget(self) -> Widget:
        """Return the candidates if there are any, else the text."""
        return self.widget_after_fields() if self.session.answers else super().main_widget()

    def widget_after_fields(self) -> Widget:
        """Return the tree or the candidates, whichever is visible."""
        return self.tree_view if self.tree_view.display else self.board.reading_place()

    @on(RunChosen)
    def show_state(self) -> None:
        """Show the chosen run in the fields, and whether it has newer weights than the answers."""
        self.choose_run(self.state.chosen)
        if self.is_mounted:
            self.mark_stale()

    @on(Input.Changed)
    @on(TextArea.Changed)
    def mark_stale(self) -> None:
        """Dim the answers and name their request while the fields hold another request."""
        if self.board.mark_stale(self.form.origin_of_answers()):
            self.show_status()

    @property
    def search(self) -> SearchTrace:
        """The trace of the search that is shown."""
        return self.session.searches.get(self.shown, _EMPTY)

    def choose_search(self, number: int) -> None:
        """Show another decoder's search."""
        num = len(self.session.specs)
        self.shown = number % num if num else 0
        self._begin_again()

    def toggle_tree(self) -> None:
        """Show the tree instead of the candidates, or the candidates again."""
        is_tree = not self.tree_view.display
        self.tree_view.display, self.board.display = is_tree, not is_tree
        if is_tree:
            self._show_tree()
        self.set_focus(self.widget_after_fields())

    async def on_reply(self, reply: Reply) -> None:
        """Show a reply to the newest request."""
        match reply:
            case Started():
                self.mark_stale()
                self._choose_first_beam()
                await self._begin()
            case Progress() if reply.decoder == self.shown:
                self.board.grow(reply.decoder, reply.answers, is_last=reply.is_last)
                self.show_status()
            case Trace() if reply.decoder == self.shown:
                self._show_pruned()
            case Failed():
                self.mark_stale()
                self.show_status()
                await self.board.show_end(self.session)
            case Ended() if not self.session.problem:
                await self.board.show_end(self.session)
                self._show_pruned()
                self.show_status()
                self.mark_stale()
                if self.tree_view.display:
                    self._show_tree()
            case _:
                pass

    async def submit(self, request: PromptRequest) -> None:
        """Prompt the chosen run, unless it is a classifier."""
        if self.form.is_classifier:
            self.status.show_text(
                "a classifier does not write text; press ^n for another run", is_problem=True
            )
        else:
            await super().submit(request)

    def _choose_first_beam(self) -> None:
        """Show the first decoder with several candidates, or else the first decoder with any."""
        self._request = self.session.request
        session, specs = self.session, self.session.specs
        # A cancelled request may have answers of some decoders only.
        shown = sorted(session.answers) if session.is_cancelled else range(len(specs))
        beams = [i for i in shown if specs[i].options.num_answers() > 1]
        self.shown = next(iter(beams or shown), 0)

    @work(group="begin", exclusive=True)
    async def _begin_again(self) -> None:
        await self._begin()
        await self.board.show_end(self.session)

    async def _begin(self) -> None:
        """Show a search from its beginning."""
        session = self.session
        if session.step is not None and session.specs:
            await self.board.show_answers(session, {self.shown})
            self._show_pruned()
            if self.tree_view.display:
                self._show_tree()
        self.show_status()

    def _best(self) -> list[str]:
        answers = self.session.answers.get(self.shown)
        return answers[0].tokens if answers else []

    def _show_pruned(self) -> None:
        self.pruned.show(self.search, self._best())

    def _show_tree(self) -> None:
        request = self.session.request
        self.tree_view.show(request.prompt if request else "", self.search.tree())

    def show_status(self) -> None:
        """Show in one line the search: state, length, run, step, and chain of filters."""
        session = self.session
        note = self.form.note_before_answers(_HINT)
        if note is not None:
            self.status.show_text(note.text, is_problem=note.is_problem)
        elif self.board.origin:
            self.status.show_text(self.board.origin)
        elif session.request is None or not session.specs:
            self.status.show_text(_HINT)
        elif session.request is not self._request:
            self.status.show_text(self.form.waiting_note())
        else:
            spec, answers = session.specs[self.shown], session.answers.get(self.shown, [])
            length = max((len(answer.tokens) for answer in answers), default=0)
            chain = " → ".join(answers[0].chain if answers else spec.chain)
            end = "cancelled" if session.is_cancelled else "done"
            state = end if session.is_over else "growing"
            of = f" ({self.shown + 1} of {len(session.specs)}, D next)" * (len(session.specs) > 1)
            cut = ", trace truncated" * self.search.is_cut
            self.status.show_text(
                f"{state}, {length} tokens{cut}; {session.request.run} at {self.form.weights()}; "
                f"{chain}{of}"
            )


_EMPTY = SearchTrace()

SCREEN = Declaration(
    BeamsScreen,
    key="f4",
    go="b",
    title="Beams",
    help="Watch a search grow, with its pruned hypotheses",
    needs_run=True,
)

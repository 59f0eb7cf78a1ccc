"""The beam board: a search's candidates side by side as they grow, and what it gave up."""

from __future__ import annotations

from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.widget import Widget
from textual.widgets import Input

from rnnlab.protocol.messages import Ended, Failed, Progress, Reply, Started, Trace
from rnnlab.tui.beams.pruned_list import GivenUpList
from rnnlab.tui.beams.search_tree import SearchTree
from rnnlab.tui.messages import RunChosen
from rnnlab.tui.prompting.actions import CANDIDATES, PROMPTING, is_task_running, prompt, stop_task
from rnnlab.tui.prompting.board import CandidateBoard
from rnnlab.tui.prompting.form import PromptForm
from rnnlab.tui.prompting.search_trace import SearchTrace
from rnnlab.tui.runs.pick_run import RUN_CHOICE
from rnnlab.tui.shell.actions import Action, Group, bindings
from rnnlab.tui.shell.everywhere import EVERYWHERE, SCREENS
from rnnlab.tui.shell.screen import BaseScreen
from rnnlab.tui.shell.screen_registry import Declaration
from rnnlab.tui.shell.status_line import StatusLine
from rnnlab.tui.state import LabState

_NOTHING = "nothing was asked yet: write a text above, with a decoder such as beam:k=5, then enter"


def _tree(screen: BeamsScreen) -> None:
    screen.toggle_tree()


def _next_search(screen: BeamsScreen) -> None:
    screen.choose_search(screen.shown + 1)


_BEAMS = Group["BeamsScreen"](
    "Beams",
    (
        Action("slash", "write", prompt, "Write", "Go to the text"),
        Action(
            "b", "tree", _tree, "Tree", "The tree of the search, or the candidates", True,
            is_possible=lambda screen: bool(screen.state.writing.specs),
        ),
        Action(
            "s", "next-search", _next_search, "Next decoder", "Show the next decoder", True,
            is_possible=lambda screen: len(screen.state.writing.specs) > 1,
        ),
    ),
)  # fmt: skip


class BeamsScreen(BaseScreen):
    """One search at a time; the fields above are those of the prompt."""

    GROUPS: ClassVar = (_BEAMS, PROMPTING, CANDIDATES, RUN_CHOICE, SCREENS, EVERYWHERE)
    BINDINGS = bindings(GROUPS)

    def __init__(self, state: LabState) -> None:
        super().__init__(state)
        self.form = PromptForm(state.writing)
        self.board = CandidateBoard("shade", has_story=True)
        self.given_up = GivenUpList()
        self.tree_view = SearchTree()
        self.shown = 0
        """Number of the decoder that is shown."""
        self._status = StatusLine("beam-status")
        self.tree_view.display = False

    def compose_body(self) -> ComposeResult:
        """Lay out the fields, the candidates, and what was given up."""
        yield self.form
        yield self._status
        yield self.board
        yield self.tree_view
        yield self.given_up

    async def on_mount(self) -> None:
        """Show what was asked on another screen, and listen; without colour by marks."""
        self.state.writing.show_on(self)
        if self.app.no_color:
            self.board.look_so("marks")
        self.shown = self._first_beam()
        await self._begin()

    def on_screen_resume(self) -> None:
        """Take over what stands in the fields."""
        self.form.load()
        super().on_screen_resume()
        self.mark_old()

    def main_widget(self) -> Widget:
        """Return the candidates where there are some, else the text."""
        return self.widget_after_fields() if self.state.writing.answers else self.form.prompt

    def widget_after_fields(self) -> Widget:
        """Return the tree or the candidates, whichever is shown."""
        return self.tree_view if self.tree_view.display else self.board.reading_place()

    @property
    def is_task_running(self) -> bool:
        """Whether a search goes on."""
        return is_task_running(self)

    def stop_task(self) -> bool:
        """End the search."""
        return stop_task(self)

    @on(RunChosen)
    def show_state(self) -> None:
        """Show the run that will answer."""
        chosen = self.state.chosen
        self.form.choose(chosen, self.state.opened(chosen.name) if chosen else None)

    @on(RunChosen)
    @on(Input.Changed)
    def mark_old(self) -> None:
        """Say where what is shown is not what the fields ask for, or is so again."""
        if self.board.mark_old(self.form.origin_of_answers()):
            self._say_state()

    @property
    def search(self) -> SearchTrace:
        """What is known of the search that is shown."""
        return self.state.writing.searches.get(self.shown, _EMPTY)

    def choose_search(self, number: int) -> None:
        """Show another decoder's search."""
        num = len(self.state.writing.specs)
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
                self.mark_old()
                self.shown = self._first_beam()
                await self._begin()
            case Progress() if reply.decoder == self.shown:
                self.board.grow(reply.decoder, reply.answers, is_last=reply.is_last)
                self._say_state()
            case Trace() if reply.decoder == self.shown:
                self._show_given_up()
            case Failed():
                self.mark_old()
                self._status.show_text(self.form.remedy_of(reply), is_problem=True)
                is_begun = self.state.writing.step is not None
                await self.board.refuse(reply.message, is_begun=is_begun)
            case Ended() if not self.state.writing.problem:
                self.board.finish()
                self._show_given_up()
                self._say_state()
                self.mark_old()
                if self.tree_view.display:
                    self._show_tree()
            case _:
                pass

    def on_prompt_form_wanted(self, message: PromptForm.Wanted) -> None:
        """Ask the chosen run, if it can write."""
        if self.form.is_classifier:
            self._status.show_text(
                "a classifier writes nothing: ^n chooses another run", is_problem=True
            )
        else:
            self.post_message(message.question())

    def on_prompt_form_said(self, message: PromptForm.Said) -> None:
        """Say what the fields have to say."""
        self._status.show_text(message.text, is_problem=message.is_problem)

    def fail(self, reason: str) -> None:
        """Say that nothing will come."""
        self._status.show_text(reason, is_problem=True)

    def _first_beam(self) -> int:
        """Return the first decoder that has several candidates, or the first one."""
        specs = self.state.writing.specs
        beams = [i for i, spec in enumerate(specs) if spec.options.num_answers() > 1]
        return beams[0] if beams else 0

    @work(group="begin", exclusive=True)
    async def _begin_again(self) -> None:
        await self._begin()

    async def _begin(self) -> None:
        """Show a search from its beginning."""
        writing = self.state.writing
        if writing.step is not None and writing.specs:
            await self.board.begin(writing.specs, {self.shown})
            if self.shown in writing.answers:
                self.board.grow(self.shown, writing.answers[self.shown], is_last=True)
            self._show_given_up()
            if self.tree_view.display:
                self._show_tree()
        self._say_state()

    def _best(self) -> list[str]:
        answers = self.state.writing.answers.get(self.shown)
        return answers[0].tokens if answers else []

    def _show_given_up(self) -> None:
        self.given_up.show(self.search, self._best())

    def _show_tree(self) -> None:
        request = self.state.writing.request
        self.tree_view.show(request.prompt if request else "", self.search.tree())

    def _say_state(self) -> None:
        """Say how far the search has come, and by what chain."""
        writing = self.state.writing
        if self.board.origin:
            self._status.show_text(self.board.origin)
        elif writing.problem:
            self._status.show_text(writing.problem, is_problem=True)
        elif writing.step is None or not writing.specs:
            self._status.show_text(_NOTHING)
        else:
            spec, answers = writing.specs[self.shown], writing.answers.get(self.shown, [])
            length = max((len(answer.tokens) for answer in answers), default=0)
            chain = " → ".join(answers[0].chain if answers else spec.chain)
            state = "done" if writing.is_over else "growing"
            of = f" ({self.shown + 1} of {len(writing.specs)}, s next)" * (len(writing.specs) > 1)
            cut = ", the trace is cut" * self.search.is_cut
            self._status.show_text(
                f"{state} at {length}{cut}; {writing.run} at step {writing.step:,}; {chain}{of}"
            )


_EMPTY = SearchTrace()

SCREEN = Declaration(
    BeamsScreen,
    key="f4",
    title="Beams",
    help="A search as it grows, and what it gave up",
    needs_run=True,
)

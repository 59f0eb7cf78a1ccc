"""The prompt: a text, some decoders, and what they make of it."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input

from rnnlab.protocol.messages import Ended, Failed, Progress, Reply, Started
from rnnlab.runs.store import Run
from rnnlab.runs.summary import RunSummary
from rnnlab.tui.prompting.board import CandidateBoard
from rnnlab.tui.prompting.form import PromptForm
from rnnlab.tui.prompting.session import PromptSession
from rnnlab.tui.shell.status_line import StatusLine


class PromptPane(Vertical):
    """The fields, a line that says what goes on, and the candidates side by side."""

    BORDER_TITLE = "Prompt"

    def __init__(self, writing: PromptSession) -> None:
        super().__init__(id="prompt-pane")
        self.board = CandidateBoard()
        self.form = PromptForm(writing)
        self._writing = writing
        self._status = StatusLine("prompt-status")
        self._run: RunSummary | None = None
        self._has_failed = False
        self._said_at_end = ""

    def compose(self) -> ComposeResult:
        """Lay them out."""
        yield self.form
        yield self._status
        yield self.board

    async def on_mount(self) -> None:
        """Say how to begin, and listen: nothing could be shown before."""
        self._status.show_text("write, then enter; several decoders are set apart by blanks")
        self._writing.show_on(self)
        await self._catch_up()

    def choose(self, run: RunSummary | None, opened: Run | None = None) -> None:
        """Set the run that will answer; `opened` tells which checkpoints it has."""
        self._run = run
        self.form.choose(run, opened)
        title = "Prompt"
        if run is not None:
            title = f"{'Classify with' if run.task == 'classify' else title} {run.name}"
        if title != self.border_title:  # setting it paints the whole pane
            self.border_title = title
        self._mark_old()

    def load(self) -> None:
        """Show what stands in the fields of the other screens."""
        self.form.load()
        self._mark_old()

    @on(Input.Changed)
    def _mark_old(self) -> None:
        """Say where what stands below is not what the fields ask for, or is so again."""
        is_news = self.board.mark_old(self.form.origin_of_answers())
        if is_news and not self._has_failed:
            self._status.show_text(self.board.origin or self._said_at_end)

    async def _catch_up(self) -> None:
        """Show what was written while this pane was not there."""
        writing = self._writing
        if writing.step is not None:
            await self.board.begin(writing.specs)
            for number, answers in writing.answers.items():
                self.board.grow(number, answers, is_last=True)
            if writing.is_over and not writing.problem:
                self._say_end(was_cancelled=writing.is_cancelled)

    def focus_prompt(self) -> None:
        """Put the cursor into the prompt, at once: the next key is for it."""
        self.form.focus_prompt()

    @on(PromptForm.Said)
    def say_of_form(self, message: PromptForm.Said) -> None:
        """Say what the form has to say."""
        self._status.show_text(message.text, is_problem=message.is_problem)

    @on(PromptForm.Wanted)
    def ask(self, message: PromptForm.Wanted) -> None:
        """Ask the chosen run."""
        self.post_message(message.question())

    async def on_reply(self, reply: Reply) -> None:
        """Show a reply to the newest request."""
        writing = self._writing
        match reply:
            case Started():
                self._has_failed = False
                self._mark_old()
                await self.board.begin(writing.specs)
                chains = "; ".join(" → ".join(spec.chain) for spec in writing.specs)
                doing = f"writing with step {reply.step:,} (esc ends it): {chains}"
                self._status.show_text(doing if chains else f"reading with step {reply.step:,}")
            case Progress():
                self.board.grow(reply.decoder, reply.answers, is_last=reply.is_last)
            case Failed():
                self._status.show_text(self.form.remedy_of(reply), is_problem=True)
                self._has_failed = True
                self._mark_old()
                await self.board.refuse(reply.message, is_begun=writing.step is not None)
            case Ended() if reply.was_cancelled and writing.step is None:
                self._status.show_text("given up; enter asks again")
            case Ended() if not self._has_failed and writing.step is not None:
                self.board.finish()
                self._say_end(was_cancelled=reply.was_cancelled)
            case _:
                pass

    def _say_end(self, *, was_cancelled: bool) -> None:
        how = "cancelled" if was_cancelled else "done"
        shown = self.board.focused_answer()
        note = f"{shown.prompt_note}; " if shown and shown.prompt_note else ""
        since = "at the last start: " if self._writing.is_recalled else ""
        self._said_at_end = (
            f"{since}{note}{how} in {self._writing.elapsed_s:.1f}s with the weights of step "
            f"{self._writing.step:,}; esc goes to the candidates"
        )
        self._status.show_text(self._said_at_end)
        self._mark_old()

    def fail(self, reason: str) -> None:
        """Say that the generator has died."""
        self._status.show_text(reason, is_problem=True)

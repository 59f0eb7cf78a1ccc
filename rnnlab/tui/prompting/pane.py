"""The prompt pane: the fields, the status line and the candidates."""

from __future__ import annotations

from typing import Self

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.geometry import Region
from textual.message import Message
from textual.widgets import Input, TextArea

from rnnlab.protocol.messages import Ended, Failed, Progress, Reply, Started
from rnnlab.runs.summary import RunSummary
from rnnlab.tui.prompting.board import CandidateBoard
from rnnlab.tui.prompting.form import PromptForm
from rnnlab.tui.prompting.prompt_text import MOST_ROWS, PromptText
from rnnlab.tui.shell.status_line import StatusLine
from rnnlab.tui.state.prompt_session import PromptSession

_HINT = "enter in a field submits the prompt; separate several decoders by blanks"
_CLASSIFIER_HINT = "enter in a field classifies the document"

_EMPTY_ROWS, _LOW_ROWS = 4, 9
"""Rows of the pane without and with answers, on a low terminal."""


class PromptPane(Vertical):
    """Shows the session: its fields, its state in one line, its candidates side by side."""

    BORDER_TITLE = "Prompt"
    _is_new_title = False

    class Fitted(Message):
        """The pane needs another number of rows."""

    def __init__(self, session: PromptSession) -> None:
        super().__init__(id="prompt-pane", classes="prompting")
        self._num_text = 1
        self.board = CandidateBoard()
        self.form = PromptForm(session)
        self.status = StatusLine("prompt-status")
        self._session = session
        self._fit_to_answers()  # before the styles of all fields are computed

    def compose(self) -> ComposeResult:
        """Lay out the fields, the status line and the candidates."""
        yield self.form
        yield self.status
        yield self.board

    def on_mount(self) -> None:
        """Show the first hint."""
        self.show_status()

    def show_run(self, run: RunSummary | None) -> None:
        """Show the chosen run in the title, and whether it has written the answers."""
        title = "Prompt"
        if run is not None:
            title = f"{'Classify with' if run.task == 'classify' else title} {run.name}"
        if title != self.border_title:
            self._is_new_title = True
            self.border_title = title
            self._is_new_title = False
            self.show_status()
        self.mark_stale()

    def refresh(self, *regions: Region, **options: bool) -> Self:
        """Repaint; for a new title, the upper border alone: all fields would delay the next key."""
        if self._is_new_title:
            left, top = self.content_offset
            regions = (Region(-left, -top, self.outer_size.width, 1),)
        return super().refresh(*regions, **options)

    @on(PromptText.Resized)
    def grow(self, message: PromptText.Resized) -> None:
        """Set the CSS class of the text's number of rows: a low pane grows with it."""
        for num_rows in range(2, MOST_ROWS + 1):
            self.set_class(message.num_rows == num_rows, f"-text-{num_rows}")
        self._num_text = message.num_rows
        self.post_message(self.Fitted())

    @on(Input.Changed)
    @on(TextArea.Changed)
    def mark_stale(self) -> None:
        """Dim the answers, and name their request, while the fields hold another request."""
        if self.board.mark_stale(self.form.origin_of_answers()):
            self.show_status()

    @property
    def num_low_rows(self) -> int:
        """Number of rows of the pane on a low terminal; the style sheet has the same ones."""
        if self.has_class("-empty"):
            return _EMPTY_ROWS + self._num_text - 1
        return _LOW_ROWS + (self._num_text if self._num_text > 1 else 0)

    async def catch_up(self) -> None:
        """Show the session after replies that arrived while the screen was hidden."""
        if self._session.step is not None:
            await self.board.show_answers(self._session)
        await self.board.show_end(self._session)
        self.mark_stale()
        self.show_status()

    async def on_reply(self, reply: Reply) -> None:
        """Show a reply to the session's request."""
        match reply:
            case Started():
                self.mark_stale()
                await self.board.begin(self._session.specs)
                self.show_status()
            case Progress():
                self.board.grow(reply.decoder, reply.answers, is_last=reply.is_last)
            case Failed() | Ended():
                await self.board.show_end(self._session)
                self.mark_stale()
                self.show_status()
            case _:
                pass

    def show_status(self) -> None:
        """Show the state of the session in one line."""
        session = self._session
        self._fit_to_answers()
        hint = _CLASSIFIER_HINT if self.form.is_classifier else _HINT
        note = self.form.note_before_answers(hint)
        if note is not None:
            self.status.show_text(note.text, is_problem=note.is_problem)
        elif not session.is_over:
            chains = "; ".join(" → ".join(spec.chain) for spec in session.specs)
            step = self.form.weights()
            doing = f"writing with {step} (esc stops): {chains}"
            self.status.show_text(doing if chains else f"classifying with {step}")
        else:
            self.status.show_text(self.board.origin or self._end_note())

    def _fit_to_answers(self) -> None:
        """Set the CSS class of a pane without answers, which is small."""
        session, was_empty = self._session, self.has_class("-empty")
        has_columns = session.step is not None and not session.is_given_up
        self.set_class(not (has_columns or session.answers), "-empty")
        if self.has_class("-empty") != was_empty:
            self.post_message(self.Fitted())

    def _end_note(self) -> str:
        session = self._session
        how = "cancelled" if session.is_cancelled else "done"
        if session.elapsed_s:  # unknown until the process has ended a cancelled request
            how += f" in {session.elapsed_s:.1f}s"
        answer = self.board.focused_answer()
        note = f"{answer.prompt_note}; " if answer and answer.prompt_note else ""
        since = "previous session: " if session.is_recalled else ""
        end = f"{how} at {self.form.weights()}; esc: candidates"
        return since + note + end

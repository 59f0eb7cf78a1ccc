"""The base class of the screens with a prompt: lab, prompt, beams and compare."""

from __future__ import annotations

from typing import Protocol

from textual import on
from textual.widget import Widget

from rnnlab.protocol.messages import Ended, Reply
from rnnlab.runs.stored_checkpoints import NO_STEPS
from rnnlab.runs.summary import RunSummary
from rnnlab.tui.messages import AskCancelled, Asked
from rnnlab.tui.prompting.board import CandidateBoard
from rnnlab.tui.prompting.form import PromptForm
from rnnlab.tui.prompting.text_field import TextField
from rnnlab.tui.shell.screen import BaseScreen
from rnnlab.tui.shell.status_line import StatusLine
from rnnlab.tui.state.prompt_session import PromptRequest, PromptSession


class SessionView(Protocol):
    """A view of the session, which shows its replies while the view's screen is visible."""

    async def on_reply(self, reply: Reply) -> None:
        """Show a reply to the session's request."""

    async def catch_up(self) -> None:
        """Show the session after replies that arrived while the screen was hidden."""

    def mark_stale(self) -> None:
        """Dim the answers while the fields hold another request."""

    def show_status(self) -> None:
        """Show the state of the session in one line."""


class PromptingScreen(BaseScreen):
    """A screen with the fields of the prompt; while it is visible, its view gets the replies."""

    form: PromptForm
    board: CandidateBoard
    status: StatusLine
    """The line for errors and for the state of the request."""
    view: SessionView | None = None
    """The view of the session; None for a screen with requests of its own."""

    @property
    def session(self) -> PromptSession:
        """The session that all screens share."""
        return self.state.session

    @property
    def is_shown(self) -> bool:
        """True if this screen is visible, even if a dialog covers it."""
        shown = [screen for screen in self.app.screen_stack if isinstance(screen, BaseScreen)]
        return bool(shown) and shown[-1] is self

    def main_widget(self) -> Widget:
        """Return the text field of the prompt."""
        return self.form.prompt

    def text_field(self) -> TextField:
        """Return the field for the text that the run continues or classifies."""
        return self.form.prompt

    def widget_after_fields(self) -> Widget | None:
        """Return the candidate to read, or the board if there is none."""
        return self.board.reading_place()

    @property
    def needs_decoders(self) -> bool:
        """True unless the chosen run is a classifier, which writes no text."""
        return not self.form.is_classifier

    def focus_text(self) -> None:
        """Focus the text field of the prompt."""
        self.form.focus_prompt()

    def choose_run(self, run: RunSummary | None) -> None:
        """Set the run to prompt, with its checkpoints; None for no run."""
        self.form.choose(run, NO_STEPS if run is None else self.state.stored(run.name))

    def resumed(self) -> None:
        """Show the fields as another screen has left them, and the replies received meanwhile."""
        self.form.load()
        super().resumed()
        if self.view is not None and self.is_shown:
            if self.session.attach(self.view):
                self.call_later(self.view.catch_up)
            else:
                self.view.mark_stale()

    def suspended(self) -> None:
        """Stop receiving replies, unless only a dialog covers this screen."""
        super().suspended()
        if self.view is not None and not self.is_shown:
            self.session.detach(self.view)

    @on(PromptForm.Submitted)
    async def begin_request(self, message: PromptForm.Submitted) -> None:
        """Submit the request of the fields; subclasses override `submit` instead."""
        await self.submit(message.request)

    async def submit(self, request: PromptRequest) -> None:
        """Cancel the previous request, begin this one in the session and ask the generator."""
        self.stop_task()
        self.session.submit(request)
        self.post_message(Asked(self.session.listener, request.run, request.question))
        if self.view is not None:
            self.view.mark_stale()

    @on(PromptForm.Said)
    def show_note(self, message: PromptForm.Said) -> None:
        """Show an error or a hint of the fields, or again the state of the request."""
        if message.text:
            self.status.show_text(message.text, is_problem=message.is_problem)
        else:
            self.show_status()

    def show_status(self) -> None:
        """Show the state of the request."""
        if self.view is not None:
            self.view.show_status()

    def fail(self, reason: str) -> None:
        """Show that the generator process has ended."""
        self.status.show_text(reason, is_problem=True)

    @property
    def is_task_running(self) -> bool:
        """True while a request is being answered and not cancelled."""
        return not (self.session.is_over or self.session.is_cancelled)

    def stop_task(self) -> bool:
        """Cancel the request; return True if one was being answered."""
        was_writing = self.is_task_running
        if was_writing:
            self.post_message(AskCancelled(self.session.cancel()))
            if self.view is not None and self.is_shown:
                # Shown at once: the process answers only when it has loaded or read.
                end = Ended(0, was_cancelled=True, elapsed_s=0.0)
                self.call_later(self.view.on_reply, end)
        return was_writing

"""The token view: a text token by token, the distribution at each place, and branches."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input, Label

from rnnlab.base.display import unescaped
from rnnlab.protocol.messages import (
    EOS,
    Distributions,
    DistributionsFound,
    Ended,
    Failed,
    Generate,
    Progress,
    Reply,
    Started,
)
from rnnlab.tui.everywhere import EVERYWHERE, SCREENS
from rnnlab.tui.messages import AskCancelled, Asked
from rnnlab.tui.shell.actions import Action, Group, bindings
from rnnlab.tui.shell.declaration import Declaration
from rnnlab.tui.shell.screen import BaseScreen
from rnnlab.tui.shell.status_line import StatusLine
from rnnlab.tui.state.lab_state import LabState
from rnnlab.tui.state.prompt_session import ChosenAnswer
from rnnlab.tui.tokens.distribution import DistributionPane
from rnnlab.tui.tokens.token_cursor import TokenCursor
from rnnlab.tui.tokens.token_editor import TokenEditor

if TYPE_CHECKING:
    from rnnlab.decoding import TracedRow, TracedToken

_MORE = 40
"""Number of tokens that the decoder appends per key press."""


def _mover(by: int) -> Callable[[TokensScreen], None]:
    def move(screen: TokensScreen) -> None:
        screen.editor.move(by)
        screen.show_place()

    return move


def _first(screen: TokensScreen) -> None:
    screen.editor.go_to(0)
    screen.show_place()


def _last(screen: TokensScreen) -> None:
    screen.editor.go_to(len(screen.editor.now.all_tokens))
    screen.show_place()


def _up(screen: TokensScreen) -> None:
    screen.distribution.move(-1)


def _down(screen: TokensScreen) -> None:
    screen.distribution.move(1)


def _take(screen: TokensScreen) -> None:
    token = screen.distribution.under_cursor
    if token is not None and screen.editor.put(token):
        screen.ask_distributions()
    else:
        screen.show_place()


def _cut(screen: TokensScreen) -> None:
    screen.editor.cut()
    screen.ask_distributions()


def _undo(screen: TokensScreen) -> None:
    if screen.editor.undo():
        screen.ask_distributions()
    else:
        screen.toast("there is nothing to undo", "warning")


def _go_on(screen: TokensScreen) -> None:
    screen.write_on()


def _copy(screen: TokensScreen) -> None:
    screen.copy(screen.editor.now.text)


def _marks(screen: TokensScreen) -> None:
    screen.text.has_marks = not screen.text.has_marks
    screen.show_place()


def _write(screen: TokensScreen) -> None:
    screen.query_one("#own-text", Input).focus()


_STEPPING = Group["TokensScreen"](
    "Tokens",
    (
        Action("left", "before", _mover(-1), "Previous", "Go to the previous token"),
        Action("right", "after", _mover(1), "Next", "Go to the next token"),
        Action("home", "first", _first, "First", "Go to the first token"),
        Action("end", "last", _last, "End", "Go to the place after the last token"),
        Action("up", "up", _up, "Up", "Choose a more probable token"),
        Action("down", "down", _down, "Down", "Choose a less probable token"),
        Action("enter", "take", _take, "Take", "Put the chosen token here, as a new branch", True),
        Action(
            "backspace", "cut", _cut, "Delete", "Delete all from here on; at the end, one token"
        ),
        Action("u", "undo", _undo, "Undo", "Undo the last change of the text", True),
        Action("X", "go-on", _go_on, "Go on", "Let the decoder continue the text", True),
        Action("c", "copy", _copy, "Copy", "Copy the text"),
        Action("d", "marks", _marks, "View", "Switch between shades and marks"),
        Action("i", "write", _write, "Write", "Write a text of your own", True, opens=True),
    ),
    pane="walk",
)


class TokensScreen(BaseScreen):
    """The text at the left or above, the distribution at the right or below."""

    GROUPS: ClassVar = (_STEPPING, SCREENS, EVERYWHERE)
    BINDINGS = bindings(GROUPS)

    def __init__(self, state: LabState) -> None:
        super().__init__(state)
        self.editor = TokenEditor()
        self.text = TokenCursor()
        self.distribution = DistributionPane()
        self._status = StatusLine("token-status")
        self._rows: dict[int, TracedRow] = {}
        self._read: dict[int, TracedToken] = {}
        """The tokens of the text by place, as far as their distributions are known."""
        self._run = ""
        self._checkpoint = "last"
        self._is_task_running = False
        self._why_empty = "computing…"
        self._subject: ChosenAnswer | None = None

    def compose_body(self) -> ComposeResult:
        """Lay out the fields, the text and the distribution."""
        with Horizontal(classes="row"):
            yield Label("text ", classes="name")
            yield Input(id="own-text", compact=True, placeholder="write a text, press enter")
            yield Label(" filters ", classes="name")
            yield Input("greedy", id="own-filters", compact=True)
        yield self._status
        with Horizontal(id="walk"):
            yield self.text
            yield self.distribution

    def on_mount(self) -> None:
        """Show marks in place of shades if there is no colour."""
        self.text.has_marks = self.app.no_color

    def on_screen_resume(self) -> None:
        """Open the candidate that was chosen, or the best one of the session."""
        super().on_screen_resume()
        session = self.state.session
        subject = session.subject or session.best()
        is_classifier = self.state.chosen is not None and self.state.chosen.task == "classify"
        if subject is not None and subject != self._subject:
            self._subject, answer = subject, subject.answer
            self._run, self._checkpoint = subject.run, str(subject.step)
            self.query_one("#own-filters", Input).value = answer.decoder
            self.editor.begin(answer.prompt, answer.tokens, is_behind_prompt=True)
            self.ask_distributions()
            self.set_focus(self.text)
        elif is_classifier:
            why = "a classifier does not write text; choose another run in the lab (F2)"
            self._status.show_text(why, is_problem=True)
        elif not self.editor.now.all_tokens:
            self._status.show_text(
                "write a text above and press enter, or open a candidate from Prompt (F3)"
            )

    def main_widget(self) -> Widget:
        """Return the text; while there is no text, the field for a text of one's own."""
        return self.text if self.editor.now.all_tokens else self.query_one("#own-text", Input)

    def widget_after_fields(self) -> Widget:
        """Return the text."""
        return self.text

    @on(Input.Submitted)
    def look_at_own_text(self) -> None:
        """Open the text of the field, with the newest weights of the chosen run."""
        field = self.query_one("#own-text", Input)
        if field.value and self.state.chosen is not None:
            self._run, self._checkpoint = self.state.chosen.name, "live"
            self.editor.begin(unescaped(field.value), ())
        self.text.focus()
        self.ask_distributions()

    def ask_distributions(self) -> None:
        """Ask the generator for the distribution at each place of the text."""
        now = self.editor.now
        if not self._run:
            return
        chosen = self.state.summaries.get(self._run)
        if chosen is not None and chosen.state == "starting":
            self._is_task_running = True  # so that escape can end the wait
            self._status.show_text(f"waiting for the first weights of {self._run}…")
        self.post_message(
            Asked(
                self,
                self._run,
                partial(
                    Distributions,
                    0,
                    prompt=now.prompt,
                    tokens=list(now.tokens),
                    decoder=self._filters(),
                    checkpoint=self._checkpoint,
                    unknown="nearest",
                ),
            )
        )

    def write_on(self) -> None:
        """Let the decoder continue after the last token."""
        now = self.editor.now
        if EOS in now.tokens:
            self.toast("the text has ended (∎): nothing can follow", "warning")
        elif self._run:
            self._is_task_running = True
            decoders, checkpoint = [self._filters()], self._checkpoint
            self.post_message(
                Asked(
                    self,
                    self._run,
                    lambda path: Generate(0, path, now.text, decoders, checkpoint, _MORE, num=1),
                )
            )

    @on(TokenCursor.Chosen)
    def go_to_letter(self, message: TokenCursor.Chosen) -> None:
        """Move the cursor to the clicked token."""
        self.editor.go_to(message.place)
        self.show_place()

    async def on_reply(self, reply: Reply) -> None:
        """Show a reply."""
        match reply:
            case Started():
                # Keep using these weights, even if the run continues to train.
                self._checkpoint = str(reply.step)
            case DistributionsFound():
                self._show_distributions(reply)
            case Ended():
                self._is_task_running = False
                if reply.was_cancelled:
                    self._status.show_text("cancelled; press enter in the text field to ask again")
            case Progress() if reply.is_last:
                if reply.answers and reply.answers[0].tokens:
                    self.editor.append(reply.answers[0].tokens)
                    self.ask_distributions()
                else:
                    self.toast("the decoder cannot continue this text", "warning")
            case Failed():
                if reply.is_checkpoint_missing and self._checkpoint != "last":
                    self._checkpoint = "last"
                    why = f"{reply.message}; using the last checkpoint"
                    self._status.show_text(why, is_problem=True)
                    self.ask_distributions()
                else:
                    self._status.show_text(reply.message, is_problem=True)
            case _:
                pass

    def _show_distributions(self, looked: DistributionsFound) -> None:
        from rnnlab.decoding import read_row

        self.editor.read(looked.tokens, looked.num_prompt)
        self._rows = {
            place: read_row(row) for place, row in enumerate(looked.rows, looked.first_place)
        }
        self._read = {
            place: token
            for place, row in self._rows.items()
            for token in row.tokens
            if looked.tokens[place : place + 1] == [token.token]
        }
        note = f"{looked.prompt_note}; " if looked.prompt_note else ""
        chain = " → ".join(looked.chain)
        self._status.show_text(f"{note}{self._run} at step {looked.step:,}; {chain}")
        self.show_place()

    def show_place(self) -> None:
        """Show the text and the distribution at the cursor."""
        now = self.editor.now
        tokens = now.all_tokens
        # A changed token has no log-prob until its distribution arrives.
        logprobs = {
            place: token.logprob
            for place, token in self._read.items()
            if tokens[place : place + 1] == (token.token,)
        }
        self.text.show(tokens, len(now.prompt_tokens), logprobs, now.place)
        where = f"token {now.place + 1} of {len(tokens)}"
        self.text.border_title = f"Text: {where if now.chosen is not None else 'next token'}"
        why = "the filters drop every token here" if self._rows else self._why_empty
        self.distribution.show(self._rows.get(now.place), now.chosen, why)

    def fail(self, reason: str) -> None:
        """Show why the generator process has ended."""
        self._status.show_text(reason, is_problem=True)

    @property
    def is_task_running(self) -> bool:
        """True while the decoder writes or the run has no weights yet."""
        return self._is_task_running

    def stop_task(self) -> bool:
        """Cancel the request; return True if there was one."""
        was_running, self._is_task_running = self._is_task_running, False
        if was_running:
            self.post_message(AskCancelled(self))
        return was_running

    def _filters(self) -> str:
        return self.query_one("#own-filters", Input).value.strip() or "greedy"


SCREEN = Declaration(
    TokensScreen,
    key="f5",
    go="t",
    title="Tokens",
    help="Read a text token by token, and branch from it",
    needs_run=True,
)

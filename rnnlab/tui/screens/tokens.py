"""The token view: a tree of texts, token by token, with the distribution at each place."""

from __future__ import annotations

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Input

from rnnlab.base.display import unescaped
from rnnlab.base.errors import BadInputError
from rnnlab.tui.everywhere import EVERYWHERE, SCREENS
from rnnlab.tui.shell.actions import bindings
from rnnlab.tui.shell.declaration import Declaration
from rnnlab.tui.shell.status_line import StatusLine
from rnnlab.tui.state.lab_state import LabState
from rnnlab.tui.state.prompt_session import ChosenAnswer
from rnnlab.tui.state.weights import WEIGHTS_HINT
from rnnlab.tui.tokens.actions import TOKENS, TokensView
from rnnlab.tui.tokens.choices import choices_at
from rnnlab.tui.tokens.distribution import DistributionPane
from rnnlab.tui.tokens.fields import TokenFields
from rnnlab.tui.tokens.notes import newer_step, status_of, title_of, why_empty, why_not_text
from rnnlab.tui.tokens.token_cursor import TokenCursor
from rnnlab.tui.tokens.token_session import TokenSession
from rnnlab.tui.tokens.tree_pane import TreePane

_STALE = "-stale"


class TokensScreen(TokensView):
    """The tree and the text at the left or above, the distribution at the right or below."""

    GROUPS: ClassVar = (TOKENS, SCREENS, EVERYWHERE)
    BINDINGS = bindings(GROUPS)

    def __init__(self, state: LabState) -> None:
        super().__init__(state)
        self.tokens = TokenSession(
            self.post_message, self._show_all, lambda why: self.toast(why, "warning")
        )
        self._fields = TokenFields()
        self.text = TokenCursor(self.editor)
        self.tree_pane = TreePane(self.editor)
        self.distribution = DistributionPane()
        self._status = StatusLine("token-status")
        self._subject: ChosenAnswer | None = None
        self._own_text = ""
        """The text of the field when it was opened."""
        self._line = ""
        """The text of the field for decoders when it was parsed."""
        self._place: tuple[object, str | None] | None = None
        """The node at the cursor and the token after it, as they were last shown."""
        self._said = ("", False)
        self._possible = (False, False)
        """Whether there is a text, and a token to take, as the footer shows it."""

    def compose_body(self) -> ComposeResult:
        """Lay out the fields, the tree, the text and the distribution."""
        yield self._fields
        yield self._status
        with Horizontal(id="walk"):
            with Vertical(id="walk-text"):
                yield self.text
                yield self.tree_pane
            yield self.distribution

    def on_mount(self) -> None:
        """Show marks in place of shades if there is no colour."""
        self.text.has_marks = self.app.no_color
        self.add_class("-tree")

    def resumed(self) -> None:
        """Open the candidate that was chosen, or the best one of the session."""
        super().resumed()
        if self.editor.is_empty:
            self.tokens.problem = ""  # that of another run
        session = self.state.session
        is_explored = bool(self._own_text) or len(self.editor.leaves()) > 1
        subject = session.subject or (None if is_explored else session.best())
        if subject is not None and subject != self._subject:
            self._subject, self._own_text, answer = subject, "", subject.answer
            self._fields.fill(answer.decoder, str(subject.step))
            if self._read_fields():
                self.tokens.begin(subject.run, answer.prompt, answer.tokens, is_behind_prompt=True)
                self.tokens.read(is_newest=True)
                self.set_focus(self._reading_pane)
        self._show_all()

    def main_widget(self) -> Widget:
        """Return the tree; without a text, the text field."""
        return self._fields.text if self.editor.is_empty else self._reading_pane

    def widget_after_fields(self) -> Widget:
        """Return the tree, or the text if the tree is hidden."""
        return self._reading_pane

    @property
    def _reading_pane(self) -> Widget:
        return self.tree_pane if self.has_class("-tree") else self.text

    def toggle_tree(self) -> None:
        """Show the text instead of the tree, or the tree again."""
        self.toggle_class("-tree")
        self.set_focus(self._reading_pane)
        self.call_after_refresh(self.show_place, is_same=True)

    @on(Input.Submitted)
    def read_own_text(self, event: Input.Submitted) -> None:
        """Open the text of the field, or read the current text with other decoders or weights."""
        event.stop()
        if not self._read_fields():
            return
        field = self._fields.text
        chosen = self.state.chosen
        is_other = field.value != self._own_text or (chosen and chosen.name != self.tokens.run)
        if field.value and chosen is not None and (event.input is field or self.editor.is_empty):
            if chosen.task == "classify":
                self._refuse(why_not_text(chosen))
                return
            if is_other or self.editor.is_empty:
                self._own_text = field.value
                text = unescaped(field.value)
                self.tokens.begin(chosen.name, text, (), is_behind_prompt=True)
        self.read_again()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Show what the field for the weights takes."""
        if event.widget.id == "own-weights":
            self._said = WEIGHTS_HINT, False
            self._status.show_text(WEIGHTS_HINT)

    def read_again(self) -> None:
        """Read the text with the weights and the decoders of the fields."""
        if self._read_fields():
            self.tokens.read(is_newest=True)
            self._show_all()

    def _read_fields(self) -> bool:
        """Take decoders and weights from their fields; show the first error."""
        line = self._fields.decoders
        try:
            specs = self._fields.specs()
        except BadInputError as error:
            self._refuse(str(error))
            return False
        self.tokens.problem = ""
        if line != self._line:
            self._line = line
            self.tokens.choose_decoders(specs)
        self.tokens.checkpoint = self._fields.checkpoint
        return True

    def _refuse(self, problem: str) -> None:
        self.tokens.problem = problem
        self._show_all()

    async def choose_decoders(self) -> bool:
        """Choose decoders in a dialog; return False if it was cancelled."""
        from rnnlab.tui.prompting.decoders_dialog import (
            DecodersScreen,  # importing it takes 0.4 s
        )

        chosen = await self.app.push_screen_wait(DecodersScreen(self._fields.decoders))
        if not chosen:
            return False
        self._fields.fill(" ".join(chosen))
        if not self._read_fields():
            return False
        if not self.tokens.rows:  # other filters: the distributions have to be read again
            self.tokens.read()
        self._show_all()
        return True

    def go_on(self) -> None:
        """Let the decoders continue the text before the cursor."""
        if not self._read_fields():
            return
        if why_not := self.tokens.go_on():
            self.toast(why_not, "warning")
        self._show_all()

    @on(TokenCursor.Chosen)
    def go_to_letter(self, message: TokenCursor.Chosen) -> None:
        """Move the cursor to the clicked token."""
        self.editor.go_to(message.place)
        self.show_place()

    @on(TreePane.Chosen)
    def go_to_branch(self, message: TreePane.Chosen) -> None:
        """Go to the clicked branch, or take the clicked token."""
        node = message.node
        if node.is_explored:
            self.editor.choose(node)
        else:
            self.editor.put(node.token)
        self.show_place()

    def _show_all(self) -> None:
        """Show what is known by now; the cursor of the distribution stays."""
        if self.is_mounted:
            self.show_place(is_same=True)

    def show_place(self, *, is_same: bool = False) -> None:
        """Show the tree, the text and the distribution at the cursor, and ask for its neighbours.

        is_same: whether the cursor of the distribution stays on its token.
        """
        session, tree = self.tokens, self.editor
        session.expand()
        place = (tree.current, tree.now.chosen)
        is_kept = is_same and self._place is not None and place[0] is self._place[0]
        self._place = place
        why = self._why_empty()
        shown = session.shown_row()
        stays_on = self.distribution.under_cursor if is_kept else None
        waiting = "" if why else "computing…"
        self.distribution.show(shown, tree.now.chosen, waiting, stays_on)
        is_alone = not self.has_class("-tree")  # else the tree shows why there is no text
        self.text.show(why if is_alone and not tree.path else "")
        self.show_choice()
        tokens, at = len(tree.path), tree.current.depth
        self.text.border_title = "Text: " + (
            f"token {at + 1} of {tokens}" if tree.now.chosen is not None else "next token"
        )
        self.distribution.entitle(title_of(session))
        status = status_of(self.state, session)
        if status != self._said:
            self._said = status
            self._status.show_text(status[0], is_problem=status[1])
        possible = not tree.is_empty, self.distribution.under_cursor is not None
        if possible != self._possible:
            self._possible = possible
            self.show_keys()

    def show_choice(self) -> None:
        """Show the tree with the token that is chosen at the cursor."""
        session, tree = self.tokens, self.editor
        shown, token = session.shown_row(), self.distribution.under_cursor
        choices = choices_at(tree.current, shown.row if shown else None, token, session.step)
        chosen = next((node for node in choices if node.token == token), None)
        why = self._why_empty() if not tree.path and shown is None else ""
        self.tree_pane.show(choices, chosen, session.step, why)

    def _why_empty(self) -> str:
        return why_empty(self.state, self.tokens)

    def show_state(self) -> None:
        """Dim the distributions while the run has newer weights than they come from."""
        session = self.tokens
        newer = newer_step(self.state, session.run, session.checkpoint, session.step)
        why = f"step {session.step:,}; the run is at {newer:,}: R reads it" if newer else ""
        if self.distribution.border_subtitle != why:
            self.distribution.border_subtitle = why
            for pane in (self.tree_pane, self.text, self.distribution):
                pane.set_class(bool(why), _STALE)
        if self.editor.is_empty:
            self._show_all()

    def fail(self, reason: str) -> None:
        """Show why the generator process has ended."""
        self._refuse(reason)

    @property
    def is_task_running(self) -> bool:
        """True while the decoders write or the run has no weights yet."""
        run = self.state.summaries.get(self.tokens.run)
        is_waiting = self.tokens.is_reading and run is not None and run.state == "starting"
        return is_waiting or self.tokens.is_continuing

    def stop_task(self) -> bool:
        """Cancel the questions; return True if there were any to wait for."""
        return self.is_task_running and self.tokens.stop()


SCREEN = Declaration(
    TokensScreen,
    key="f5",
    go="t",
    title="Tokens",
    help="Explore a tree of texts token by token",
    needs_run=True,
)

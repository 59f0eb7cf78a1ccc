"""The actions of the token view."""

from __future__ import annotations

from collections.abc import Callable

from textual.widgets import Input

from rnnlab.tui.shell.actions import Action, Group
from rnnlab.tui.shell.screen import BaseScreen
from rnnlab.tui.tokens.distribution import DistributionPane
from rnnlab.tui.tokens.token_cursor import TokenCursor
from rnnlab.tui.tokens.token_session import TokenSession
from rnnlab.tui.tokens.token_tree import TokenTree


class TokensView(BaseScreen):
    """What the actions need of the screen."""

    tokens: TokenSession
    text: TokenCursor
    distribution: DistributionPane

    @property
    def editor(self) -> TokenTree:
        """The tree of texts."""
        return self.tokens.tree

    def show_place(self, *, is_same: bool = False) -> None:
        """Show the tree, the text and the distribution at the cursor.

        is_same: whether the cursor of the distribution stays on its token.
        """
        raise NotImplementedError

    def show_choice(self) -> None:
        """Show another choice among the tokens at the cursor."""
        raise NotImplementedError

    def read_again(self) -> None:
        """Read the text with the weights and the decoders of the fields."""
        raise NotImplementedError

    def go_on(self) -> None:
        """Let the decoders continue the text before the cursor."""
        raise NotImplementedError

    async def choose_decoders(self) -> bool:
        """Choose decoders in a dialog; return False if it was cancelled."""
        raise NotImplementedError

    def toggle_tree(self) -> None:
        """Show the text instead of the tree, or the tree again."""
        raise NotImplementedError


def _mover(by: int) -> Callable[[TokensView], None]:
    def move(screen: TokensView) -> None:
        screen.editor.move(by)
        screen.show_place()

    return move


def _chooser(by: int) -> Callable[[TokensView], None]:
    def choose(screen: TokensView) -> None:
        screen.distribution.move(by)
        screen.show_choice()

    return choose


def _first(screen: TokensView) -> None:
    screen.editor.go_to(0)
    screen.show_place()


def _last(screen: TokensView) -> None:
    screen.editor.go_to(len(screen.editor.path))
    screen.show_place()


def _take(screen: TokensView) -> None:
    """Go to the chosen token: along the text, into a branch, or into a new one."""
    token = screen.distribution.under_cursor
    if token is not None:
        screen.editor.put(token)
    else:
        screen.editor.move(1)  # the distribution is not known yet
    screen.show_place()


def _cut(screen: TokensView) -> None:
    screen.editor.cut()
    screen.show_place()


def _undo(screen: TokensView) -> None:
    if screen.editor.undo():
        screen.show_place()
    else:
        screen.toast("there is nothing to undo", "warning")


def _branch_chooser(by: int) -> Callable[[TokensView], None]:
    def choose(screen: TokensView) -> None:
        if screen.editor.choose_leaf(by):
            screen.show_place()
        else:
            screen.toast("there is only one branch: ↑ ↓ and enter begin another", "warning")

    return choose


def _go_on(screen: TokensView) -> None:
    screen.go_on()


async def _decoders(screen: TokensView) -> None:
    await screen.choose_decoders()


async def _pass_on(screen: TokensView) -> None:
    if await screen.choose_decoders():
        screen.go_on()


def _next_decoder(screen: TokensView) -> None:
    session = screen.tokens
    session.choose_decoders(session.specs, (session.shown + 1) % len(session.specs))
    session.read()
    screen.show_place()


def _refresh(screen: TokensView) -> None:
    screen.read_again()


def _copy(screen: TokensView) -> None:
    screen.copy(screen.editor.now.text)


def _marks(screen: TokensView) -> None:
    screen.text.has_marks = not screen.text.has_marks
    screen.show_place()


def _tree(screen: TokensView) -> None:
    screen.toggle_tree()


def _write(screen: TokensView) -> None:
    screen.query_one("#own-text", Input).focus()


def _has_text(screen: TokensView) -> bool:
    return not screen.editor.is_empty


TOKENS = Group["TokensView"](
    "Tokens",
    (
        Action("left,h", "before", _mover(-1), "Previous", "Go to the previous token"),
        Action("right,l", "after", _take, "Next", "Go to the chosen token"),
        Action("home", "first", _first, "First", "Go to the first token"),
        Action("end", "last", _last, "End", "Go to the place after the last token"),
        Action("up,k", "up", _chooser(-1), "Up", "Choose a more probable token"),
        Action("down,j", "down", _chooser(1), "Down", "Choose a less probable token"),
        Action(
            "enter", "take", _take, "Take", "Go to the chosen token, as a new branch", True,
            is_possible=lambda screen: screen.distribution.under_cursor is not None,
        ),
        Action(
            "backspace", "cut", _cut, "Delete", "Delete all from here on; at the end, one token"
        ),
        Action("u", "undo", _undo, "Undo", "Undo the last change of the text", True),
        Action(
            "X", "go-on", _go_on, "Continue", "Let the decoders continue here, as branches", True,
            is_possible=_has_text,
        ),
        Action(
            "B", "pass-on", _pass_on, "Pass on", "Choose decoders and let them continue here",
            opens=True, is_possible=_has_text,
        ),
        Action(
            "full_stop", "next-branch", _branch_chooser(1), "Next", "Go to the next branch"
        ),
        Action(
            "comma", "branch-before", _branch_chooser(-1), "Previous",
            "Go to the previous branch",
        ),
        Action("b", "tree", _tree, "Tree", "Show the text instead of the tree, or the tree", True),
        Action("c", "copy", _copy, "Copy", "Copy the text"),
        Action("d", "marks", _marks, "View", "Switch between shades and marks"),
        Action(
            "D", "next-decoder", _next_decoder, "Next decoder",
            "Show the distribution after the filters of the next decoder",
            is_possible=lambda screen: len(screen.tokens.specs) > 1,
        ),
        Action("R", "refresh", _refresh, "Refresh", "Read the text with the newest weights"),
        Action(
            "f9", "decoders", _decoders, "Decoders", "Choose decoders and their options",
            opens=True,
        ),
        Action("i", "write", _write, "Write", "Write a text of your own", True),
    ),
    pane="walk",
)  # fmt: skip

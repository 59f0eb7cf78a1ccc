"""The actions on the prompt and its candidates, shared by all screens with a prompt."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import get_args

from textual.widgets import Input

from rnnlab.base.display import visible
from rnnlab.base.errors import BadInputError
from rnnlab.protocol.messages import Answer
from rnnlab.tui.prompting.candidate import Look
from rnnlab.tui.prompting.classes import classes_of
from rnnlab.tui.prompting.screen import PromptingScreen
from rnnlab.tui.prompting.token_text import LEGEND
from rnnlab.tui.shell.actions import Action, Group
from rnnlab.tui.shell.dialogs.ask_line import AskLineScreen
from rnnlab.tui.shell.screen import BaseScreen
from rnnlab.tui.state.prompt_session import ChosenAnswer, save_answers

_NOTES = {
    "text": "underlined: tokens with a probability below 5%",
    "shade": f"each token's {LEGEND}",
    "marks": f"each token's {LEGEND}",
    "letters": "each token with its log-prob and the sum so far, in nats; …: the common beginning",
}
"""The status line that explains each display of the candidates."""


def prompt(screen: PromptingScreen) -> None:
    """Focus the text field, and show its pane if it is hidden."""
    if any(pane.id == "prompt-pane" for pane in screen.PANES) and not screen.panes.is_shown(
        "prompt-pane"
    ):
        screen.panes.toggle("prompt-pane")
    screen.focus_text()


def _letters(screen: PromptingScreen) -> None:
    board = screen.board
    board.set_look("text" if board.look == "letters" else "letters")


def _next_look(screen: PromptingScreen) -> None:
    board, looks = screen.board, get_args(Look)
    board.set_look(looks[(looks.index(board.look) + 1) % len(looks)])
    screen.status.show_text(_NOTES[board.look])


def _copy(screen: PromptingScreen) -> None:
    answer = screen.board.focused_answer()
    if answer is None:
        screen.toast("there is no continuation to copy", "warning")
    else:
        screen.copy(answer.text)


async def _save(screen: PromptingScreen) -> None:
    """Save all candidates of the board to a file."""
    answers = screen.board.all_answers()
    if not answers:
        screen.toast("there is no continuation to save", "warning")
        return
    session = screen.session
    await save(screen, answers, session.request.run if session.request else "", session.step)


async def save(screen: BaseScreen, answers: list[Answer], run: str, step: int | None) -> None:
    """Ask for a file name, and save the answers in a new file of that name."""
    question = "File for all candidates (text, or JSON if the name ends in .json)"
    name = await screen.app.push_screen_wait(AskLineScreen(question, f"{run}-{step}.txt"))
    if name is None:
        return
    try:
        file = save_answers(Path(name), answers)
    except BadInputError as error:
        screen.toast(str(error), "error")
    else:
        count = f"{len(answers)} continuation{'s' * (len(answers) != 1)}"
        screen.toast(f"saved {count} to {visible(str(file), newline=' ')}")


async def _decoders(screen: PromptingScreen) -> None:
    """Choose decoders and their options in a dialog."""
    line = screen.query_one("#decoders", Input).value
    from rnnlab.tui.prompting.decoders_dialog import (
        DecodersScreen,  # importing it takes 0.4 s
    )

    chosen = await screen.app.push_screen_wait(DecodersScreen(line))
    if chosen:
        screen.form.set_decoders(chosen)


def _edit(screen: PromptingScreen) -> None:
    """Open the text of the field in the user's editor, and put the edited text into the field."""
    field = screen.text_field()
    try:
        text = screen.state.outside.edit(screen.app, field.text)
    except BadInputError as error:
        screen.toast(str(error), "error")
    else:
        prompt(screen)
        field.set_text(text)


def _needs_decoders(screen: PromptingScreen) -> bool:
    return screen.needs_decoders


def _pager(by: int) -> Callable[[PromptingScreen], None]:
    return lambda screen: screen.board.turn_page(by)


def _has_pages(screen: PromptingScreen) -> bool:
    return screen.board.has_pages


def _can_open(screen: PromptingScreen) -> bool:
    """Return True unless the focused answer consists of classes, which have no tokens to read."""
    answer = screen.board.focused_answer()
    return answer is None or not classes_of(answer)


def _look_into(screen: PromptingScreen) -> None:
    """Open the focused candidate in the token view."""
    candidate = screen.board.focused_candidate()
    session = screen.session
    if candidate is None or candidate.answer is None or not candidate.answer.tokens:
        screen.toast("there is no continuation to open", "warning")
        return
    run = session.request.run if session.request else ""
    run, step = candidate.source or (run, session.step or 0)
    session.subject = ChosenAnswer(run, step, candidate.answer)
    screen.open_screen("tokens")


PROMPTING = Group["PromptingScreen"](
    "Prompt",
    (
        Action("i", "write", prompt, "Write", "Go to the text field", True, opens=True),
        Action("t", "letters", _letters, "Log-probs", "Show each token's log-prob, or the text"),
        Action("c", "copy", _copy, "Copy", "Copy the focused continuation"),
        Action(
            "ctrl+g", "edit-text", _edit, "Editor", "Open the text in $VISUAL or $EDITOR",
            shown_key="^g",
        ),
        Action(
            "f9", "decoders", _decoders, "Decoders", "Choose decoders and their options", True,
            opens=True, is_possible=_needs_decoders,
        ),
    ),
)  # fmt: skip
PAGES = Group["PromptingScreen"](
    "Pages",
    (
        Action(
            "pagedown", "page-on", _pager(1), "More", "Show the next page of candidates",
            is_possible=_has_pages, is_repeatable=True, is_priority=True,
        ),
        Action(
            "pageup", "page-back", _pager(-1), "Back", "Show the previous page of candidates",
            is_possible=_has_pages, is_repeatable=True, is_priority=True,
        ),
    ),
    pane="prompting",
)  # fmt: skip
"""Keys of the text field and the candidates, whose container has the class `prompting`."""
CANDIDATES = Group["PromptingScreen"](
    "Candidates",
    (
        Action(
            "enter", "look-into", _look_into, "Open", "Open the candidate in Tokens", True,
            is_possible=_can_open,
        ),
        Action("d", "look", _next_look, "View", "Switch to text, shades, marks or log-probs", True),
        Action(
            "W", "save-texts", _save, "To file", "Save the candidates to a file", True,
            opens=True,
        ),
    ),
    pane="candidates",
)  # fmt: skip

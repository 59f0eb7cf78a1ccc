"""What can be done with the prompt and with what was written, on every screen that has them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import get_args

from textual.widgets import Input

from rnnlab.base.display import visible
from rnnlab.base.errors import BadInputError
from rnnlab.protocol.messages import Answer
from rnnlab.tui.messages import AskCancelled
from rnnlab.tui.prompting.board import CandidateBoard
from rnnlab.tui.prompting.candidate import Look
from rnnlab.tui.prompting.form import PromptForm
from rnnlab.tui.prompting.session import ChosenAnswer, save_answers
from rnnlab.tui.prompting.token_text import LEGEND
from rnnlab.tui.shell.actions import Action, Group
from rnnlab.tui.shell.dialogs.ask_line import AskLineScreen
from rnnlab.tui.shell.screen import BaseScreen

_SAID = {
    "text": "surprising letters underlined",
    "shade": f"how unexpected each letter was: {LEGEND}",
    "marks": f"how unexpected each letter was: {LEGEND}",
    "letters": "every letter with its log-prob and the sum",
}
"""What each look shows."""


def is_task_running(screen: BaseScreen) -> bool:
    """Tell whether a request is being answered that escape would end."""
    writing = screen.state.writing
    return not (writing.is_over or writing.is_cancelled)


def stop_task(screen: BaseScreen) -> bool:
    """End what is being written; tell whether anything was."""
    was_writing = is_task_running(screen)
    if was_writing:
        screen.state.writing.is_cancelled = True
        screen.post_message(AskCancelled(screen.state.writing))
    return was_writing


def prompt(screen: BaseScreen) -> None:
    """Go to the prompt."""
    if any(pane.id == "prompt-pane" for pane in screen.PANES) and not screen.panes.is_shown(
        "prompt-pane"
    ):
        screen.panes.toggle("prompt-pane")
    screen.query_one(PromptForm).focus_prompt()


def _letters(screen: BaseScreen) -> None:
    board = screen.query_one(CandidateBoard)
    board.look_so("text" if board.look == "letters" else "letters")


def _next_look(screen: BaseScreen) -> None:
    board, looks = screen.query_one(CandidateBoard), get_args(Look)
    board.look_so(looks[(looks.index(board.look) + 1) % len(looks)])
    form = screen.query_one(PromptForm)
    form.post_message(form.Said(_SAID[board.look]))


def _copy(screen: BaseScreen) -> None:
    answer = screen.query_one(CandidateBoard).focused_answer()
    if answer is None:
        screen.toast("there is no continuation to copy", "warning")
    else:
        copy(screen, answer.text)


def copy(screen: BaseScreen, text: str) -> None:
    """Copy a text over the terminal (OSC 52) and say so."""
    screen.app.copy_to_clipboard(text)
    tmux = "; tmux needs: set -g set-clipboard on" if "TMUX" in os.environ else ""
    screen.toast(f"copied {len(text)} letters{tmux}")


async def _save(screen: BaseScreen) -> None:
    """Save what was written to a file."""
    answers = screen.query_one(CandidateBoard).all_answers()
    if not answers:
        screen.toast("there is no continuation to save", "warning")
        return
    await save(screen, answers, screen.state.writing.run, screen.state.writing.step)


async def save(screen: BaseScreen, answers: list[Answer], run: str, step: int | None) -> None:
    """Ask for a file's name and save answers there."""
    question = "Save all candidates as text, or as JSON where the name ends in .json"
    wish = await screen.app.push_screen_wait(AskLineScreen(question, f"{run}-{step}.txt"))
    if wish is None:
        return
    try:
        file = save_answers(Path(wish), answers)
    except BadInputError as error:
        screen.toast(str(error), "error")
    else:
        some = f"{len(answers)} continuation{'s' * (len(answers) != 1)}"
        screen.toast(f"saved {some} to {visible(str(file), newline=' ')}")


async def _decoders(screen: BaseScreen) -> None:
    """Choose decoders and their options from a form."""
    line = screen.query_one("#decoders", Input).value
    from rnnlab.tui.prompting.decoders_dialog import (
        DecodersScreen,  # 0.4 s: decoders and their options
    )

    chosen = await screen.app.push_screen_wait(DecodersScreen(line))
    if chosen:
        screen.query_one(PromptForm).set_decoders(chosen)


def _look_into(screen: BaseScreen) -> None:
    """Open the letters of the focused candidate."""
    candidate = screen.query_one(CandidateBoard).focused_candidate()
    writing = screen.state.writing
    if candidate is None or candidate.answer is None or not candidate.answer.tokens:
        screen.toast("there is no continuation to look into", "warning")
        return
    run, step = candidate.source or (writing.run, writing.step or 0)
    writing.subject = ChosenAnswer(run, step, candidate.answer)
    screen.open_screen("tokens")


PROMPTING = Group["BaseScreen"](
    "Prompt",
    (
        Action("t", "letters", _letters, "Letters", "Every letter with its log-prob, or the text"),
        Action("c", "copy", _copy, "Copy", "Copy the focused continuation"),
        Action(
            "f9", "decoders", _decoders, "Decoders", "Decoders and their options", True,
            opens=True,
        ),
    ),
)  # fmt: skip
CANDIDATES = Group["BaseScreen"](
    "Candidates",
    (
        Action("enter", "look-into", _look_into, "Look into", "Step through the letters", True),
        Action("d", "look", _next_look, "Shade", "Text, shade, marks or letters", True),
        Action(
            "o", "save-texts", _save, "To file", "Save the candidates to a file", True,
            opens=True,
        ),
    ),
    pane="candidates",
)  # fmt: skip

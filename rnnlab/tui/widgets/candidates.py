"""Continuations side by side: one column an answer, growing as it is found.

Letters that surprised the model are underlined; the letter where a candidate leaves the best one of
its decoder is shown in reverse.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import HorizontalScroll, VerticalScroll
from textual.widgets import Static

from rnnlab.display import compact_lines, visible
from rnnlab.runs.prompts import EOS, Answer

if TYPE_CHECKING:
    from rnnlab.decoding import Spec

_SURPRISING = math.log(0.05)
_BAR = 12
_FIGURES = 18
"""Columns of a letter and its two figures."""
_MIN_WIDTH = 19
_FRAME_S = 0.08
_MAX_COLUMNS = 20
"""Candidates of one decoder shown at most, the best ones."""
END_MARK = "∎"
"""Where the model ended the sentence itself."""


class Candidate(VerticalScroll, can_focus=True):
    """One answer."""

    BINDINGS = [
        Binding("left", "app.focus_previous", "Before", show=False),
        Binding("right", "app.focus_next", "Next", show=False),
    ]

    def __init__(self, spec: str, rank: int) -> None:
        super().__init__(classes="best" if rank == 1 else "")
        self.answer: Answer | None = None
        self._are_letters = False
        self._title = f"{visible(spec, newline='⏎')} #{rank}"
        self._head = Static(Text(self._title, "bold"), classes="head")
        self._body = Static()

    def compose(self) -> ComposeResult:
        """Hold the figures, which stay, and the text, which scrolls."""
        yield self._head
        yield self._body

    def show(self, answer: Answer, *, are_letters: bool) -> None:
        """Show an answer."""
        self.answer, self._are_letters = answer, are_letters
        self._head.update(
            Text.assemble((self._title, "bold"), (f"\n{_figures(answer)}", "dim"), _noted(answer)),
            layout=bool(answer.note),
        )
        self._body.update(self._letters(answer) if are_letters else self._continuation(answer))
        if not self.has_focus:
            self.scroll_end(animate=False)

    def _letters(self, answer: Answer) -> Text:
        """Return a line for each token: log-prob, sum so far, probability as a bar."""
        bar = max(1, min(_BAR, self.content_size.width - _FIGURES))
        text = Text(no_wrap=True)
        total = 0.0
        for token, logprob in zip(answer.tokens, answer.token_logprobs, strict=True):
            total += logprob
            shown = END_MARK if token == EOS else visible(token, newline="⏎")
            text.append(f"{shown:<2}")
            text.append(f"{logprob:>6.2f}{total:>7.1f} ", "dim")
            text.append("▇" * round(math.exp(logprob) * bar) + "\n", "green")
        return text

    def _continuation(self, answer: Answer) -> Text:
        prompt = answer.text[: len(answer.text) - len(answer.continuation)]
        text = Text.assemble((compact_lines(visible(prompt)), "dim"))
        ends = [*answer.tokens[1:], ""]
        for i, (token, logprob, after) in enumerate(
            zip(answer.tokens, answer.token_logprobs, ends, strict=True)
        ):
            style = (
                "reverse" if i == answer.parts_at else "underline" if logprob < _SURPRISING else ""
            )
            text.append(_shown(token, after), style)
        return text


class CandidateBoard(HorizontalScroll):
    """All candidates of all decoders, in the order in which the decoders were given."""

    def __init__(self) -> None:
        super().__init__(id="candidates")
        self._columns: dict[tuple[int, int], Candidate] = {}
        self._answers: dict[int, Sequence[Answer]] = {}
        self._grown: set[int] = set()
        """Decoders that have answers not drawn yet."""
        self._are_letters = False

    async def begin(self, specs: Sequence[Spec]) -> None:
        """Make empty columns for what these decoders will give; without one, for a verdict."""
        await self.remove_children()
        self._answers.clear()
        self._grown.clear()
        self._columns = {
            (number, rank): Candidate(spec.text, rank)
            for number, spec in enumerate(specs)
            for rank in range(1, _num_answers(spec) + 1)
        } or {(0, 1): Candidate("classes", 1)}
        self._share_width()
        await self.mount_all(self._columns.values())
        self.scroll_home(animate=False)

    def on_resize(self, event: events.Resize) -> None:
        """Share the new width among the columns."""
        self._share_width()

    def _share_width(self) -> None:
        share = self.size.width // max(1, len(self._columns))
        for column in self._columns.values():
            column.styles.width = max(_MIN_WIDTH, share)

    def grow(self, decoder: int, answers: Sequence[Answer], *, is_last: bool) -> None:
        """Show how far a decoder has come; of frames that come faster than drawn, the newest."""
        self._answers[decoder] = answers
        self._grown.add(decoder)
        if is_last:
            self._draw()
        elif len(self._grown) == 1:
            self.set_timer(_FRAME_S, self._draw)

    def _draw(self) -> None:
        for decoder in self._grown:
            self._show(decoder, self._answers[decoder])
        self._grown.clear()

    def _show(self, decoder: int, answers: Sequence[Answer]) -> None:
        for answer in answers:
            column = self._columns.get((decoder, answer.rank))
            if column is not None:
                column.show(answer, are_letters=self._are_letters)

    def toggle_letters(self) -> bool:
        """Show letters with their log-probs, or the text; return whether letters are shown."""
        self._are_letters = not self._are_letters
        for decoder, answers in self._answers.items():
            self._show(decoder, answers)
        return self._are_letters

    def focused_answer(self) -> Answer | None:
        """Return the focused column's answer, or the first one's."""
        columns = list(self._columns.values())
        focused = [column for column in columns if column.has_focus] or columns[:1]
        return focused[0].answer if focused else None


def _num_answers(spec: Spec) -> int:
    """Return how many answers of a decoder are shown."""
    return min(_MAX_COLUMNS, spec.options.num_answers())


def _figures(answer: Answer) -> str:
    """Return the log-prob of all tokens and its mean over them, in nats."""
    mean = answer.logprob / max(1, len(answer.tokens))
    return f"Σ {answer.logprob:.1f} ø {mean:.2f}"


def _noted(answer: Answer) -> tuple[str, str]:
    """Return what there is to know of an answer, on a line of its own."""
    return (f"\n{visible(answer.note)}" if answer.note else "", "italic")


def _shown(token: str, after: str) -> str:
    """Return a token as it is written; of line ends in a row only the last breaks the line."""
    if token == "\n":
        return "⏎" if after == "\n" else "⏎\n"
    return END_MARK if token == EOS else visible(token)

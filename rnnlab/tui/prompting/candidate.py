"""One continuation: figures, which stay in place, and a text below them, which scrolls.

The first token that differs from the decoder's best candidate is shown in reverse.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.color import Color
from textual.containers import VerticalScroll
from textual.widgets import Static

from rnnlab.base.display import visible
from rnnlab.protocol.messages import END_MARK, EOS, Answer
from rnnlab.tui.prompting.candidate_head import broken, figures, story
from rnnlab.tui.prompting.token_text import Shades, letters_of, marked, plain, shaded

if TYPE_CHECKING:
    from textual.widget import Widget

Look = Literal["text", "shade", "marks", "letters"]
"""Display of a continuation: with surprising tokens underlined, with each token's probability as a
shade or as a mark below the token, or with one line per token."""

_BAR = 12
_FIGURES = 18
"""Width in columns of a token and its two figures."""
_AROUND = 4
"""Number of columns of a candidate that its text cannot use: border, padding, scroll bar."""
_ROOMY = 28
"""Minimum width in columns for the rank and the figures on one line."""


class Candidate(VerticalScroll, can_focus=True):
    """One column: the head and the text of an answer."""

    BINDINGS = [
        Binding("left", "neighbour(-1)", "Before", show=False),
        Binding("right", "neighbour(1)", "Next", show=False),
    ]

    def __init__(self, title: str, rank: int, *, has_story: bool = False) -> None:
        """Make an empty column.

        has_story: also show where the answer differs from the best one, its score, and its end.
        """
        super().__init__(classes="best" if rank == 1 else "")
        self.answer: Answer | None = None
        self._theme = ""
        self._is_whole = False
        """True once the answer is complete."""
        self.source: tuple[str, int] | None = None
        """Run and step of the weights that wrote the answer; None: those of the session."""
        self._look: Look = "text"
        self._has_story = has_story
        self._title = visible(title, newline="⏎")
        self._head = Static(Text(self._title, "bold"), classes="head")
        self._body = Static()

    def compose(self) -> ComposeResult:
        """Yield the figures, which stay in place, and the text, which scrolls."""
        yield self._head
        yield self._body

    def action_neighbour(self, by: int) -> None:
        """Focus the next candidate, or the previous one if `by` is -1."""
        candidates = list(self.screen.query(Candidate))
        place = candidates.index(self) + by
        if 0 <= place < len(candidates):
            self.screen.set_focus(candidates[place])

    def notify_style_update(self) -> None:
        """Shade the text again if the theme has changed."""
        super().notify_style_update()
        if self.answer is not None and self._look == "shade" and self._theme != self.app.theme:
            self.show(self.answer, self._look, is_whole=self._is_whole)

    def on_resize(self, event: events.Resize) -> None:
        """Wrap the head and the lines with marks at the new width."""
        if self.answer is not None:
            self.show(self.answer, self._look, is_whole=self._is_whole)
        else:
            self._head.update(Text(self._named(), "bold"))

    def refuse(self, reason: str) -> None:
        """Show an error below the answer so far."""
        text = Text() if self.answer is None else self._shown(self.answer).append("\n")
        self._body.update(text.append(visible(reason), "red"))

    def show(self, answer: Answer, look: Look, *, is_whole: bool) -> None:
        """Show an answer; scroll to its end while it grows, to its beginning once complete.

        A focused candidate is not scrolled.
        """
        is_first = self.answer is None  # the first answer adds a line of figures
        self.answer, self._look, self._theme = answer, look, self.app.theme
        self._is_whole = is_whole
        between = "  " if self._has_story and self.region.width >= _ROOMY else "\n"
        head = Text.assemble(
            (self._named(), "bold"), (f"{between}{figures(answer, self._room)}", "dim")
        )
        if self._has_story:
            head.append(f"\n{story(answer)}", "dim")
        if answer.note:
            head.append(f"\n{visible(answer.note)}", "italic")
        self._head.update(head, layout=is_first or bool(answer.note) or self._has_story)
        self._body.update(self._shown(answer))
        if not self.has_focus and is_whole:
            # After the refresh: scrolling needs the layout of the new text.
            self.call_after_refresh(self._go_to_beginning)
        elif not self.has_focus:
            self.scroll_end(animate=False)

    def _go_to_beginning(self) -> None:
        self.scroll_to(y=self._begins_at, animate=False)

    @property
    def _begins_at(self) -> int:
        """Line on which the continuation begins; 0 if the prompt fills at most half the height."""
        if self.answer is None or self._look not in ("text", "shade"):
            return 0
        prompt = self.answer.text[: len(self.answer.text) - len(self.answer.continuation)]
        shown = plain(letters_of(prompt, (), ()))
        line = len(shown.wrap(self.app.console, max(1, self._body.size.width))) - 1
        return line if line > self.size.height // 2 else 0

    def _named(self) -> str:
        """Return the title, wrapped at the width."""
        return broken(self._title, self._room)

    @property
    def _room(self) -> int:
        """Width in columns for the text; below 1 before the first layout."""
        return self.region.width - _AROUND

    def _shown(self, answer: Answer) -> Text:
        return self._lines(answer) if self._look == "letters" else self._text(answer, self._look)

    def _text(self, answer: Answer, look: Look) -> Text:
        prompt = answer.text[: len(answer.text) - len(answer.continuation)]
        letters = letters_of(prompt, answer.tokens, answer.token_logprobs, answer.parts_at)
        if look == "marks":
            # Leave room for the scroll bar, which appears only after the text is set.
            return marked(letters, max(1, self.region.width - _AROUND))
        return shaded(letters, shades_of(self)) if look == "shade" else plain(letters)

    def _lines(self, answer: Answer) -> Text:
        """Return one line per token: log-prob, cumulative log-prob, probability as a bar."""
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


def shades_of(widget: Widget) -> Shades:
    """Return the shades for a widget's background and its theme's warning colour."""
    _, background = widget.background_colors
    warning = Color.parse(widget.app.theme_variables.get("warning", "orange"))
    foreground = background.get_contrast_text(0.95)
    return Shades.of(background, foreground, warning)

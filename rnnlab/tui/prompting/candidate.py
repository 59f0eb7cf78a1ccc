"""One continuation: figures and a text below them, as a column or as a row of the board.

In a column the figures stay in place, and the text scrolls. A row has one line of figures, and
shows the text after the beginning that all candidates have in common. The first token that differs
from the decoder's best candidate is shown in reverse.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Literal

from rich.cells import cell_len, set_cell_size
from rich.text import Text
from textual import events
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import Binding
from textual.color import Color
from textual.containers import VerticalScroll
from textual.widgets import Static

from rnnlab.base.display import visible
from rnnlab.protocol.messages import END_MARK, EOS, Answer
from rnnlab.tui.prompting.beginning import num_prompt, num_skipped, rest_of
from rnnlab.tui.prompting.candidate_head import broken, figures, row_figures, story
from rnnlab.tui.prompting.classes import class_bars, classes_of
from rnnlab.tui.prompting.token_text import (
    PROMPT_END,
    Letter,
    Shades,
    letters_of,
    marked,
    plain,
    shaded,
)

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


@dataclass(frozen=True)
class Row:
    """How a candidate is shown as a row of the board."""

    start: int = 0
    """Number of characters that the board shows once, for all candidates."""
    is_compact: bool = True
    """Whether newlines of the text do not break the line."""


class Candidate(VerticalScroll, can_focus=True, inherit_bindings=False):
    """The head and the text of an answer."""

    BINDINGS = [
        Binding("left", "neighbour(-1)", "Before", show=False),
        Binding("right", "neighbour(1)", "Next", show=False),
        Binding("up", "line(-1)", "Up", show=False),
        Binding("down", "line(1)", "Down", show=False),
        Binding("home", "scroll_home", "Top", show=False),
        Binding("end", "scroll_end", "Bottom", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
    ]

    def __init__(self, title: str, rank: int, *, has_story: bool = False) -> None:
        """Make an empty candidate.

        has_story: also show where the answer differs from the best one, its score, and its end.
        """
        super().__init__(classes="best" if rank == 1 else "")
        self.answer: Answer | None = None
        self._theme = ""
        self._is_whole = False
        """True once the answer is complete."""
        self.source: tuple[str, int] | None = None
        """Run and step of the weights that wrote the answer; None: those of the session."""
        self.weights = ""
        """Name of the weights of `source`."""
        self._row: Row | None = None
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
            # The board scrolls to a row; a column is always visible.
            self.screen.set_focus(candidates[place], scroll_visible=False)

    def action_line(self, by: int) -> None:
        """Scroll the text of a column by a line; from a row, go to the next or previous row."""
        if self._row is not None:
            self.action_neighbour(by)
        else:
            self.scroll_relative(y=by, animate=False)

    def action_page(self, by: int) -> None:
        """Scroll the text of a column by a page; the pages of rows are an action of the screen."""
        if self._row is not None:
            raise SkipAction
        self.scroll_relative(y=by * self.size.height, animate=False)

    def set_row(self, row: Row | None) -> None:
        """Show the candidate as a row, or as a column if `row` is None."""
        if row != self._row:
            self._row = row
            self._redraw()

    def _redraw(self) -> None:
        if self.answer is not None:
            self.show(self.answer, self._look, is_whole=self._is_whole)
        else:
            self._head.update(Text(self._named(), "bold"))

    def notify_style_update(self) -> None:
        """Shade the text again if the theme has changed."""
        super().notify_style_update()
        if self.answer is not None and self._look == "shade" and self._theme != self.app.theme:
            self._redraw()

    def on_resize(self, event: events.Resize) -> None:
        """Wrap the head and the lines with marks at the new width."""
        self._redraw()

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
        head = self._row_head(answer) if self._row is not None else self._column_head(answer)
        if answer.note:
            head.append(f"\n{visible(answer.note)}", "italic")
        self._head.update(head, layout=is_first or bool(answer.note) or self._has_story)
        self._body.update(self._shown(answer))
        if self._row is not None or self.has_focus:
            return
        if is_whole:
            # After the refresh: scrolling needs the layout of the new text.
            self.call_after_refresh(self._go_to_beginning)
        else:
            self.scroll_end(animate=False)

    def _column_head(self, answer: Answer) -> Text:
        """Return the title and, below or next to it, the figures."""
        if classes_of(answer):
            return Text(self._named(), "bold")
        between = "  " if self._has_story and self.region.width >= _ROOMY else "\n"
        head = Text.assemble(
            (self._named(), "bold"), (f"{between}{figures(answer, self._room)}", "dim")
        )
        if self._has_story:
            head.append(f"\n{story(answer)}", "dim")
        if self.source is not None:
            head.append(f"\n{self.weights}", "dim")
        return head

    def _row_head(self, answer: Answer) -> Text:
        """Return one line: the title, truncated if the figures need its room, and the figures."""
        if classes_of(answer):
            return Text(self._title, "bold", no_wrap=True, overflow="ellipsis")
        details = row_figures(answer, has_story=self._has_story)
        if self.source is not None:
            details += f"  {self.weights}"
        room = max(8, self._room - cell_len(details) - 2)
        title = self._title
        if cell_len(title) > room > 0:
            title = f"{set_cell_size(title, room - 1)}…"
        return Text.assemble(
            (title, "bold"), (f"  {details}", "dim"), no_wrap=True, overflow="ellipsis"
        )

    def _go_to_beginning(self) -> None:
        if self._is_whole:  # the next answer may have begun to grow meanwhile
            self.scroll_to(y=self._begins_at, animate=False)

    def watch_virtual_size(self) -> None:
        """Follow the end of a growing answer once its new text has its layout."""
        if self.answer is not None and not (self._is_whole or self._row or self.has_focus):
            self.scroll_end(animate=False)

    @property
    def _begins_at(self) -> int:
        """Line on which the continuation begins; 0 if the prompt fills at most half the height."""
        if self.answer is None or self._look not in ("text", "shade"):
            return 0
        prompt = self.answer.text[: num_prompt(self.answer)]
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
        if classes := classes_of(answer):
            return class_bars(classes, self._room)
        return self._lines(answer) if self._look == "letters" else self._text(answer, self._look)

    def _text(self, answer: Answer, look: Look) -> Text:
        letters = self._letters(answer)
        if look == "marks":
            # Leave room for the scroll bar, which appears only after the text is set.
            return marked(letters, max(1, self.region.width - _AROUND))
        return shaded(letters, shades_of(self)) if look == "shade" else plain(letters)

    def _letters(self, answer: Answer) -> list[Letter]:
        if self._row is not None:
            row = self._row
            letters, _ = rest_of(answer, row.start, self._room, is_compact=row.is_compact)
            return letters
        prompt = answer.text[: num_prompt(answer)]
        letters = letters_of(prompt, answer.tokens, answer.token_logprobs, answer.parts_at)
        if prompt and answer.tokens and self.app.no_color:
            letters.insert(len(prompt), PROMPT_END)
        return letters

    def _lines(self, answer: Answer) -> Text:
        """Return one line per token: log-prob, cumulative log-prob, probability as a bar.

        A row has as many tokens side by side as fit, below each other in each of its columns. Its
        first line sums up the beginning that all rows have in common.
        """
        width = self.region.width - _AROUND if self._row is not None else self.content_size.width
        bar = max(1, min(_BAR, width - _FIGURES))
        skipped = num_skipped(answer, self._row.start) if self._row is not None else 0
        sums = list(accumulate(answer.token_logprobs))
        cells = []
        if skipped:  # else the first sum would not follow from the rows
            total = sums[skipped - 1]
            cells.append(Text.assemble("… ", (f"{total:>6.2f}{total:>7.1f} ", "dim")))
        for token, logprob, total in list(
            zip(answer.tokens, answer.token_logprobs, sums, strict=True)
        )[skipped:]:
            shown = END_MARK if token == EOS else visible(token, newline="⏎")
            filled = "▇" * round(math.exp(logprob) * bar)
            cells.append(
                Text.assemble(
                    f"{shown:<2}", (f"{logprob:>6.2f}{total:>7.1f} ", "dim"), (filled, "green")
                )
            )
        num_columns = max(1, width // (bar + _FIGURES)) if self._row is not None else 1
        num_lines = math.ceil(len(cells) / num_columns)
        text = Text(no_wrap=True)
        for line in range(num_lines):
            for cell in cells[line::num_lines]:
                if num_columns > 1:
                    cell.set_length(max(cell_len(cell.plain), bar + _FIGURES))
                text.append_text(cell)
            text.append("\n")
        return text


def shades_of(widget: Widget) -> Shades:
    """Return the shades for a widget's background and its theme's warning colour."""
    _, background = widget.background_colors
    warning = Color.parse(widget.app.theme_variables.get("warning", "orange"))
    foreground = background.get_contrast_text(0.95)
    return Shades.of(background, foreground, warning)

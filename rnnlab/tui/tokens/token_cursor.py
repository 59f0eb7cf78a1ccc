"""A text with a cursor: each token is shaded by its surprisal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.cells import cell_len
from rich.style import Style
from rich.text import Text
from textual.app import RenderResult
from textual.events import Click
from textual.message import Message
from textual.widget import Widget

from rnnlab.base.display import visible
from rnnlab.protocol.messages import END_MARK, EOS
from rnnlab.tui.prompting.candidate import shades_of
from rnnlab.tui.prompting.token_text import LEGEND, MARKS, shade

_NEXT = "▁"
"""Shown at the place after the last token."""


class TokenCursor(Widget, can_focus=True):
    """Show a text in lines of tokens, with marks below them if there are no colours."""

    BORDER_TITLE = "Text"

    class Chosen(Message):
        """The user has clicked a token."""

        def __init__(self, place: int) -> None:
            super().__init__()
            self.place = place

    def __init__(self) -> None:
        super().__init__(id="walked-text")
        self._tokens: Sequence[str] = ()
        self._logprobs: Mapping[int, float] = {}
        self._num_prompt = 0
        self._place = 0
        self.border_subtitle = LEGEND
        self.has_marks = False
        """True to show marks instead of shades."""
        self._places: list[list[tuple[int, int, int]]] = []
        """For each visible line: first column, last column and place of each of its tokens."""

    def show(
        self, tokens: Sequence[str], num_prompt: int, logprobs: Mapping[int, float], place: int
    ) -> None:
        """Show a text; logprobs: the known log-probs in nats, by place."""
        self._tokens, self._num_prompt = tokens, num_prompt
        self._logprobs, self._place = logprobs, place
        self.refresh()

    def on_click(self, event: Click) -> None:
        """Post the place of the clicked token."""
        x, y = event.x - self.gutter.left, event.y - self.gutter.top
        row = y // 2 if self.has_marks else y
        if 0 <= row < len(self._places):
            for first, last, place in self._places[row]:
                if first <= x <= last:
                    self.post_message(self.Chosen(place))

    def render(self) -> RenderResult:
        """Return the lines around the cursor."""
        width, height = self.content_size
        lines = self._lines(max(1, width))
        at = next((i for i, line in enumerate(lines) if any(p == self._place for p, _ in line)), 0)
        rows = max(1, height // 2 if self.has_marks else height)
        first = max(0, min(at - rows // 2, len(lines) - rows))
        self._places = []
        text = Text(no_wrap=True)
        shades = shades_of(self)
        for line in lines[first : first + rows]:
            marks, column, places = "", 0, []
            for place, shown in line:
                size = cell_len(shown)
                level = shade(self._logprobs[place]) if place in self._logprobs else 0
                style = Style()
                if not self.has_marks and place in self._logprobs:
                    style = shades.styles[level]
                if place < self._num_prompt:
                    style += Style(dim=True)
                if place == self._place:
                    style += Style(reverse=True, bold=True)
                text.append(shown, style)
                marks += ("^" if place == self._place else MARKS[level]) * size
                places.append((column, column + size - 1, place))
                column += size
            text.append("\n")
            self._places.append(places)
            if self.has_marks:
                text.append(f"{marks.rstrip()}\n", "bold")
        return text

    def _lines(self, width: int) -> list[list[tuple[int, str]]]:
        """Return place and text of every token, line by line, without breaking words that fit."""
        lines: list[list[tuple[int, str]]] = [[]]
        for place, token in enumerate([*self._tokens, ""]):
            shown = self._shown(place, token)
            if lines[-1] and _size(lines[-1]) + cell_len(shown) > width:
                lines.append([] if shown == " " else _cut_word(lines[-1], width))
            lines[-1].append((place, shown))
            if token.endswith("\n"):
                lines.append([])
        return lines

    def _shown(self, place: int, token: str) -> str:
        if place == len(self._tokens):
            return "" if self._tokens and self._tokens[-1] == EOS else _NEXT
        return END_MARK if token == EOS else visible(token, newline="⏎")


def _size(line: list[tuple[int, str]]) -> int:
    return sum(cell_len(shown) for _, shown in line)


def _cut_word(line: list[tuple[int, str]], width: int) -> list[tuple[int, str]]:
    """Remove and return the word at a line's end; [] if it is longer than half a line."""
    start = next((i + 1 for i in reversed(range(len(line))) if line[i][1].startswith(" ")), 0)
    if not start or len(line) - start > width // 2:
        return []
    word = line[start:]
    del line[start:]
    return word

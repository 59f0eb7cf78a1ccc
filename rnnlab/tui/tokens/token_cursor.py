"""A text with a cursor: each token is shaded by its surprisal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.style import Style
from textual.events import Click
from textual.message import Message

from rnnlab.protocol.messages import EOS
from rnnlab.tui.prompting.candidate import shades_of
from rnnlab.tui.prompting.token_text import LEGEND, MARKS, Shades, shade
from rnnlab.tui.tokens.lines_view import Line, LinesView, Part
from rnnlab.tui.tokens.token_node import Node
from rnnlab.tui.tokens.token_tree import TokenTree
from rnnlab.tui.tokens.tree_lines import shown_token

_NEXT = "▁"
"""Shown at the place after the last token."""


class TokenCursor(LinesView):
    """Show the text of the current path, with marks below it if there are no colours."""

    BORDER_TITLE = "Text"

    class Chosen(Message):
        """The user has clicked a token."""

        def __init__(self, place: int) -> None:
            super().__init__()
            self.place = place

    def __init__(self, tree: TokenTree) -> None:
        super().__init__(id="walked-text")
        self._tree = tree
        self._why_empty = ""
        self.border_subtitle = LEGEND
        self.has_marks = False
        """True to show marks instead of shades."""
        self._laid_out: tuple[int, int] = (-1, -1)
        """The version of the tree and the width of `_all`."""
        self._all: list[list[tuple[int, str]]] = []
        """Place and text of every token, line by line."""
        self._first = 0
        """Index of the first visible line."""
        self._shades: Shades | None = None

    def show(self, why_empty: str = "") -> None:
        """Show the text; why_empty: text to show if there is none."""
        self._why_empty = why_empty
        self.draw()

    def notify_style_update(self) -> None:
        """Take the shades of the new theme."""
        self._shades = None
        super().notify_style_update()

    def on_click(self, event: Click) -> None:
        """Post the place of the clicked token."""
        x, y = event.x - self.gutter.left, event.y - self.gutter.top
        row = self._first + (y // 2 if self.has_marks else y)
        if 0 <= row < len(self._all):
            column = 0
            for place, shown in self._all[row]:
                column += cell_len(shown)
                if x < column:
                    self.post_message(self.Chosen(place))
                    return

    def lines_to_show(self, width: int, height: int) -> Sequence[Line]:
        """Return the lines around the cursor."""
        if self._why_empty:
            return [(Part(self._why_empty, "dim"),)]
        tree = self._tree
        if self._laid_out != (tree.version, width):
            self._laid_out = tree.version, width
            self._all = _lines(tree.now.all_tokens, width)
        place, lines = tree.current.depth, self._all
        at = next((i for i, line in enumerate(lines) if line and line[-1][0] >= place), 0)
        rows = max(1, height // 2 if self.has_marks else height)
        self._first = max(0, min(at - rows // 2, len(lines) - rows))
        self._shades = self._shades or shades_of(self)
        shown: list[Line] = []
        for line in lines[self._first : self._first + rows]:
            parts, marks = [], ""
            for number, text in line:
                style, mark = self._look(tree.path, number, place)
                parts.append(Part(text, style))
                marks += mark * cell_len(text)
            shown.append(tuple(parts))
            if self.has_marks:
                shown.append((Part(marks.rstrip(), "bold"),))
        return shown[:height]

    def _look(self, path: Sequence[Node], number: int, place: int) -> tuple[Style, str]:
        """Return the style and the mark of a token."""
        node = path[number] if number < len(path) else None
        level = 0 if node is None or node.logprob is None else shade(node.logprob)
        style = Style()
        if not self.has_marks and node is not None and node.logprob is not None and self._shades:
            style = self._shades.styles[level]
        if node is not None and node.is_prompt:
            style += Style(dim=True)
        if number == place:
            return style + Style(reverse=True, bold=True), "^"
        return style, MARKS[level]


def _lines(tokens: Sequence[str], width: int) -> list[list[tuple[int, str]]]:
    """Return place and text of every token, line by line, without breaking words that fit."""
    lines: list[list[tuple[int, str]]] = [[]]
    size = 0
    for place, token in enumerate([*tokens, ""]):
        is_end = place == len(tokens)
        shown = shown_token(token)
        if is_end:
            shown = "" if tokens and tokens[-1] == EOS else _NEXT
        columns = cell_len(shown)
        if lines[-1] and size + columns > width:
            lines.append([] if shown == " " else _cut_word(lines[-1], width))
            size = sum(cell_len(text) for _, text in lines[-1])
        lines[-1].append((place, shown))
        size += columns
        if token.endswith("\n"):
            lines.append([])
            size = 0
    return lines


def _cut_word(line: list[tuple[int, str]], width: int) -> list[tuple[int, str]]:
    """Remove and return the word at a line's end; [] if it is longer than half a line."""
    start = next((i + 1 for i in reversed(range(len(line))) if line[i][1].startswith(" ")), 0)
    if not start or sum(cell_len(text) for _, text in line[start:]) > width // 2:
        return []
    word = line[start:]
    del line[start:]
    return word

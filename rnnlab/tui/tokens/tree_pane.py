"""The pane of the tree: the text so far, its branches, and the likely tokens at the cursor."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rich.cells import cell_len
from textual.events import Click
from textual.message import Message

from rnnlab.base.cells import beginning
from rnnlab.base.display import MISSING, visible
from rnnlab.tui.tokens.lines_view import Line, LinesView, Part
from rnnlab.tui.tokens.token_node import Node
from rnnlab.tui.tokens.token_tree import TokenTree
from rnnlab.tui.tokens.tree_lines import (
    Segments,
    TreeLine,
    head_of,
    lines_of,
    shift,
    shown_token,
    tail_of,
)

_HEADER = f"{'prob':>7}{'sum nats':>10}{'bits':>6}"
_MARGIN = 3
"""Number of lines that are kept visible above and below the chosen one."""
BITS = math.log(2.0)
"""Nats in a bit."""


class TreePane(LinesView):
    """Show the branches as indented lines, with probability, log-prob and entropy."""

    BORDER_TITLE = "Tree"

    class Chosen(Message):
        """The user has clicked a line."""

        def __init__(self, node: Node) -> None:
            super().__init__()
            self.node = node

    def __init__(self, tree: TokenTree) -> None:
        super().__init__(id="token-tree")
        self._tree = tree
        self._segments = Segments()
        self._choices: Sequence[Node] = ()
        self._highlighted: Node | None = None
        self._step: int | None = None
        self._why_empty = ""
        self._top = 0
        """Index of the first visible line."""
        self._visible: list[TreeLine] = []

    def show(
        self,
        choices: Sequence[Node],
        highlighted: Node | None,
        step: int | None,
        why_empty: str = "",
    ) -> None:
        """Show the tree.

        choices: the nodes to list at the cursor; highlighted: one of them; step: step of the
        weights in use, figures of other weights are dimmed; why_empty: text if there is no tree.
        """
        self._choices, self._highlighted, self._step = choices, highlighted, step
        self._why_empty = why_empty
        self.draw()

    def on_click(self, event: Click) -> None:
        """Post the node of the clicked line."""
        row = event.y - self.gutter.top - 1
        if 0 <= row < len(self._visible):
            self.post_message(self.Chosen(self._visible[row].first))

    def lines_to_show(self, width: int, height: int) -> Sequence[Line]:
        """Return the header and the lines around the cursor."""
        tree = self._tree
        if self._why_empty:
            self._visible = []
            return [(Part(self._why_empty, "dim"),)]
        lines = lines_of(tree.root, tree.current, self._choices, self._segments, tree.version)
        at = next(
            (
                place
                for place, line in enumerate(lines)
                if line.first is self._highlighted and line.is_choice
            ),
            0,
        )
        rows = max(1, height - 1)
        margin = min(_MARGIN, (rows - 1) // 2)
        self._top = max(at + margin + 1 - rows, min(self._top, at - margin))
        self._top = max(0, min(self._top, len(lines) - rows))
        self._visible = lines[self._top : self._top + rows]
        on_path = self._ends_on_path(lines)
        totals: dict[Node, tuple[float, bool]] = {}
        has_figures = width >= len(_HEADER) + 16
        header = f"{'token':<{max(0, width - len(_HEADER))}}{_HEADER}" if has_figures else "token"
        shown: list[Line] = [(Part(header, "dim"),)]
        for line in self._visible:
            is_on_path = line.last in on_path
            room = width - len(_HEADER) if has_figures else width
            parts = self._text(line, room - 1, is_on_path=is_on_path)
            if has_figures:
                size = sum(cell_len(part.text) for part in parts)
                parts += (Part(" " * max(0, room - size)), self._figures(line.node, totals))
                _total(line.last, totals)  # the next lines need not go through this text again
            shown.append(parts)
        return shown

    def _ends_on_path(self, lines: Sequence[TreeLine]) -> set[Node]:
        """Return the last nodes of the lines that the current text goes through."""
        ends: set[Node] = set()
        for line in lines:
            parent = line.first.parent
            if parent is None or (parent in ends and parent.next is line.first):
                ends.add(line.last)
        return ends

    def _text(self, line: TreeLine, room: int, *, is_on_path: bool) -> Line:
        guides = shift(line.guides, room // 2)
        room -= len(guides)
        labels = ", ".join(self._segments.labels_of(line))
        label = f" [{visible(labels, newline='⏎')}]" if labels else ""
        if cell_len(label) > room // 2:
            label = f"{beginning(label, room // 2 - 2)}…]" if room >= 8 else ""
        room -= cell_len(label)
        if line.is_choice:
            texts = self._choice(line, room, is_on_path=is_on_path)
        else:
            is_before = is_on_path and line.last.depth <= self._tree.current.depth
            text = tail_of(line, room) if is_before else head_of(line, room)
            texts = (Part(text or "(beginning)", "" if is_on_path and text else "dim"),)
        return (Part(guides, "dim"), *texts, Part(label, "italic"))

    def _choice(self, line: TreeLine, room: int, *, is_on_path: bool) -> Line:
        token = shown_token(line.first.token)
        token = token.replace(" ", "␣") if not token.strip() else token
        style = "bold" if is_on_path else "" if line.first.is_explored else "dim"
        if line.first is self._highlighted:
            style = f"reverse {style}".strip()
        whole = head_of(line, room)
        rest = whole[len(shown_token(line.first.token)) :] if line.last is not line.first else ""
        return Part(beginning(token, max(1, room)), style), Part(rest, "" if is_on_path else "dim")

    def _figures(self, node: Node, totals: dict[Node, tuple[float, bool]]) -> Part:
        """Return probability, log-prob of the text up to the node, and entropy after it."""
        total, is_whole = _total(node, totals)
        prob = MISSING if node.logprob is None else f"{math.exp(node.logprob):.1%}"
        has_sum = node.parent is not None and (total < 0 or is_whole)
        summed = f"{'' if is_whole else '…'}{total:.2f}" if has_sum else MISSING
        entropy = MISSING if node.entropy_nats is None else f"{node.entropy_nats / BITS:.2f}"
        is_stale = node.step is not None and node.step != self._step
        return Part(f"{prob:>7}{summed:>10}{entropy:>6}", "dim" if is_stale else "")


def _total(node: Node, totals: dict[Node, tuple[float, bool]]) -> tuple[float, bool]:
    """Return the sum of the known log-probs up to a node, and whether it has all of them."""
    total, is_whole = 0.0, True
    for one in node.ancestors():
        if one in totals:
            before, was_whole = totals[one]
            total, is_whole = total + before, is_whole and was_whole
            break
        if one.parent is not None:
            total += one.logprob or 0.0
            is_whole = is_whole and one.logprob is not None
    totals[node] = total, is_whole
    return totals[node]

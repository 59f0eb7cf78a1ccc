"""The lines of a tree of tokens: one per branch, and one per choice at the cursor.

Unbranched texts are one line, so the number of lines is the number of branches, and a line looks at
only as many tokens as fit into it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from rnnlab.base.cells import ending, truncated
from rnnlab.base.display import visible
from rnnlab.protocol.messages import END_MARK, EOS
from rnnlab.tui.tokens.token_node import Node

_STEP = 2
"""Columns by which a branch is indented."""


@dataclass(frozen=True, slots=True)
class TreeLine:
    """A line of the tree: an unbranched text, or a choice at the cursor."""

    first: Node
    last: Node
    """The last node of the text; its children, if any, follow below."""
    guides: str
    """The lines that connect the branches, two columns per level."""
    is_choice: bool = False
    """Whether the line begins with a token that can be chosen at the cursor."""

    @property
    def node(self) -> Node:
        """The node whose figures the line shows: the first one, but the last one of the trunk."""
        return self.last if self.first.parent is None else self.first


class Segments:
    """The ends and the labels of the unbranched texts, found once per version of the tree."""

    def __init__(self) -> None:
        self._version = -1
        self._ends: dict[Node, Node] = {}
        self._labels: dict[tuple[Node, Node], list[str]] = {}

    def last_of(self, first: Node, version: int) -> Node:
        """Return the last node of the unbranched text that begins with a node."""
        if version != self._version:
            self._version = version
            self._ends.clear()
            self._labels.clear()
        end = self._ends.get(first)
        if end is None:
            end = first
            while len(end.children) == 1:
                (end,) = end.children.values()
            self._ends[first] = end
        return end

    def divide(self, first: Node, current: Node, version: int) -> None:
        """Set the end of the text after a node, which is inside the text that begins with `first`.

        Without this, each move of the cursor in a text would search for its end.
        """
        end = self.last_of(first, version)
        if end is not current:
            (child,) = current.children.values()
            self._ends[child] = end

    def labels_of(self, line: TreeLine) -> list[str]:
        """Return the decoders whose continuations end in a line's text."""
        key = line.first, line.last
        if key not in self._labels:
            self._labels[key] = list(dict.fromkeys(_labels(line)))
        return self._labels[key]


def lines_of(
    root: Node, current: Node, choices: Sequence[Node], segments: Segments, version: int
) -> list[TreeLine]:
    """Return the lines from the root down; below the current node, its choices are the branches.

    choices: the nodes to list at the cursor, among them all children of the current node.
    """
    inside = _beginning(current)
    segments.divide(inside, current, version)
    lines: list[TreeLine] = []
    waiting: list[tuple[Node, str, str, bool]] = [(root, "", "", False)]
    while waiting:
        first, guides, below, is_choice = waiting.pop()
        last = current if first is inside else segments.last_of(first, version)
        if is_choice and not first.is_explored:
            last = first
        lines.append(TreeLine(first, last, guides, is_choice))
        is_here = last is current
        branches = list(choices) if is_here else list(last.children.values())
        for place in range(len(branches) - 1, -1, -1):
            is_end = place == len(branches) - 1
            waiting.append(
                (
                    branches[place],
                    below + ("└ " if is_end else "├ "),
                    below + ("  " if is_end else "│ "),
                    is_here,
                )
            )
    return lines


def _beginning(current: Node) -> Node:
    """Return the first node of the unbranched text that contains a node."""
    node = current
    while node.parent is not None and len(node.parent.children) == 1:
        node = node.parent
    return node


def shown_token(token: str) -> str:
    """Return a token on one line, safe for a terminal."""
    return END_MARK if token == EOS else visible(token, newline="⏎")


def head_of(line: TreeLine, width: int) -> str:
    """Return the beginning of a line's text, with … if more follows; it goes along `next`."""
    text, node = "", line.first
    while True:
        text += shown_token(node.token)
        if cell_len(text) > width:
            return truncated(text, width)
        if node is line.last:
            return text
        (node,) = node.children.values()


def tail_of(line: TreeLine, width: int) -> str:
    """Return the end of a line's text, with … if more comes before it."""
    parts: list[str] = []
    size, node = 0, line.last
    for node in line.last.ancestors():
        token = shown_token(node.token)
        size += cell_len(token)
        if size > width - 1 and node is not line.first:
            return "…" + ending("".join(reversed(parts)), width - 1)
        parts.append(token)
        if node is line.first:
            break
    text = "".join(reversed(parts))
    return text if cell_len(text) <= width else "…" + ending(text, width - 1)


def _labels(line: TreeLine) -> Iterator[str]:
    for node in line.last.ancestors():
        yield from node.labels
        if node is line.first:
            return


def shift(guides: str, most: int) -> str:
    """Return guides of at most `most` columns: … replaces those of the outer levels."""
    if len(guides) <= most:
        return guides
    columns = max(_STEP, (most - 1) // _STEP * _STEP)
    return f"…{guides[-columns:]}"

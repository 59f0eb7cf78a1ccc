"""The choices at the cursor: the branches of the tree, and the most probable tokens."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from rnnlab.tui.tokens.token_node import Node

if TYPE_CHECKING:
    from rnnlab.decoding import TracedRow

_MOST_NEW = 5
"""Number of tokens without a branch that are listed."""


def choices_at(
    node: Node, row: TracedRow | None, highlighted: str | None, step: int | None
) -> list[Node]:
    """Return all branches of a node, its most probable next tokens, and the highlighted token.

    The most probable one comes first. The log-probs of the row are set on its nodes.
    """
    if row is None:
        return list(node.children.values())
    choices, num_new = [], 0
    for token in row.tokens:
        is_branch = token.token in node.children
        num_new += not is_branch
        if is_branch or num_new <= _MOST_NEW or token.token == highlighted:
            choice = node.child(token.token)
            if choice.logprob is None and math.isfinite(token.logprob):
                choice.logprob, choice.step = token.logprob, step
            choices.append(choice)
    listed = set(choices)
    return [*choices, *(one for one in node.children.values() if one not in listed)]


def with_branches(row: TracedRow, node: Node) -> TracedRow:
    """Return a distribution with all branches of a node, also those that are not listed."""
    from rnnlab.decoding import TracedToken

    listed = {token.token for token in row.tokens}
    others = [
        TracedToken(
            child.token, -math.inf if child.logprob is None else child.logprob, None, "not listed"
        )
        for child in node.children.values()
        if child.token not in listed
    ]
    return replace(row, tokens=[*row.tokens, *others]) if others else row

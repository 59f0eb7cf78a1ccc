"""The distributions that the app has seen, by node of the tree: the last ones are kept."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rnnlab.tui.tokens.token_node import Node

if TYPE_CHECKING:
    from rnnlab.decoding import TracedRow

MOST_ROWS = 4096
"""Maximum number of distributions that are kept; one of 40 tokens takes about 10 kB."""


@dataclass(slots=True)
class SeenRow:
    """A distribution of the next token after a node."""

    values: Mapping[str, Any]
    """The distribution as in the reply."""
    step: int
    """Step of the weights."""
    is_whole: bool
    """Whether it has all tokens that are shown, and the filters of the decoder were applied."""
    has_neighbours: bool = False
    """Whether the distributions after its most probable tokens were asked for, too."""
    _row: TracedRow | None = None

    @property
    def row(self) -> TracedRow:
        """The distribution, parsed on first use: most rows are never shown."""
        if self._row is None:
            from rnnlab.decoding import read_row

            self._row = read_row(self.values)
        return self._row


class RowCache:
    """Distributions by node, the last used ones; a ghost goes with its distribution."""

    def __init__(self, most: int = MOST_ROWS) -> None:
        self._most = most
        self._rows: OrderedDict[Node, SeenRow] = OrderedDict()

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, node: Node) -> SeenRow | None:
        """Return the distribution after a node; None if it is not known."""
        seen = self._rows.get(node)
        if seen is not None:
            self._rows.move_to_end(node)
        return seen

    def put(self, node: Node, seen: SeenRow) -> None:
        """Keep a distribution, and set the figures of the node and of its next tokens.

        A row that is not whole does not replace a whole one from the same weights.
        """
        old = self._rows.get(node)
        if old is not None and old.step == seen.step:
            seen.has_neighbours = seen.has_neighbours or old.has_neighbours
            if old.is_whole and not seen.is_whole:
                return
        self._rows[node] = seen
        self._rows.move_to_end(node)
        node.entropy_nats = float(seen.values["entropy_nats"])
        known = {**node.ghosts, **node.children}
        for token in seen.values["tokens"] if known else ():
            child = known.get(token["token"])
            if child is not None:
                child.logprob, child.step = float(token["logprob"]), seen.step
        while len(self._rows) > self._most:
            dropped, _ = self._rows.popitem(last=False)
            dropped.forget()
            for ghost in [*dropped.ghosts.values()]:
                if ghost not in self._rows:
                    ghost.forget()

    def clear(self) -> None:
        """Forget all distributions; the figures of the nodes stay."""
        for node in self._rows:
            node.forget()
        self._rows.clear()

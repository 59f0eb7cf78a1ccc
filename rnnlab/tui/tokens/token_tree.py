"""The tree of the texts that a user has explored: the current path, the branches, and undo.

Independent of the widgets. The cursor is at a node: the text before the cursor ends with the token
of this node, and the children of the node are the branches at the cursor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rnnlab.tui.tokens.token_node import EditedText, Node, TextBefore


@dataclass
class _Change:
    """What undo needs to restore."""

    current: Node
    nexts: list[tuple[Node, Node | None]] = field(default_factory=list)
    """Nodes and the children with which their texts went on before."""
    labels: list[tuple[Node, tuple[str, ...]]] = field(default_factory=list)
    new: list[Node] = field(default_factory=list)
    """New branches, by their first node."""
    cut: Node | None = None
    """First node of the branch that was removed."""


class TokenTree:
    """The explored texts; `current` is the node at the cursor."""

    def __init__(self) -> None:
        self.version = 0
        """Changes with every change of the tree or of the path, but not with the cursor."""
        self.begin("", ())

    def begin(self, prompt: str, tokens: Sequence[str], *, is_behind_prompt: bool = False) -> None:
        """Begin with another text; it has no nodes until `read` sets the tokens of the prompt.

        is_behind_prompt: whether the cursor then moves behind the prompt, not to the first token.
        """
        self.root = self.current = Node()
        self._prompt, self._unread = prompt, tuple(tokens)
        self._num_prompt, self._is_read = 0, False
        self._is_behind_prompt = is_behind_prompt
        self._changes: list[_Change] = []
        self._set_changed()

    def read(self, tokens: Sequence[str], num_prompt: int) -> list[Node]:
        """Return the nodes of a text, given the tokens into which the model has split it.

        The first reading makes them branches. Later ones do not change the tree: the user may have
        gone on meanwhile.
        """
        is_first, self._is_read = not self._is_read, True
        node = self.root
        for depth, token in enumerate(tokens):
            child = self._branch(node, token) if is_first else node.child(token)
            if is_first:
                node.next = child
                child.is_prompt = depth < num_prompt
            node = child
        if is_first:
            self._num_prompt = num_prompt
            self._set_changed()
            self.current = self._at(num_prompt if self._is_behind_prompt else 0)
        return node.path()

    def _set_changed(self) -> None:
        self.version += 1
        self._path: list[Node] | None = None
        self._leaves: list[Node] | None = None
        self._now: EditedText | None = None

    @property
    def is_empty(self) -> bool:
        """True if there is no text, not even one that the model has yet to read."""
        return not (self._is_read or self._prompt or self._unread)

    @property
    def is_read(self) -> bool:
        """True once the model has split the text into tokens."""
        return self._is_read

    @property
    def path(self) -> list[Node]:
        """The nodes of the current text, without the root."""
        if self._path is None:
            leaf = self.current
            while leaf.next is not None:
                leaf = leaf.next
            self._path = leaf.path()
        return self._path

    @property
    def now(self) -> EditedText:
        """The current text and the place of the cursor."""
        if self._now is None:
            whole = self.before(self.path[-1] if self.path else self.root)
            names = (*whole.prompt_tokens, *whole.tokens) if self._is_read else ()
            self._now = EditedText(*whole, names)
        if self._now.place != self.current.depth:
            self._now = self._now._replace(place=self.current.depth)
        return self._now

    def before(self, node: Node) -> TextBefore:
        """Return the text from the root to a node."""
        if not self._is_read:
            return TextBefore(self._prompt, (), self._unread)
        nodes = node.path()
        num = next((i for i, one in enumerate(nodes) if not one.is_prompt), len(nodes))
        head = tuple(one.token for one in nodes[:num])
        is_whole = num == self._num_prompt  # else a token may have replaced an unknown character
        prompt = self._prompt if is_whole else "".join(head)
        return TextBefore(prompt, head, tuple(one.token for one in nodes[num:]))

    def move(self, by: int) -> None:
        """Move the cursor by `by` places along the text."""
        self.go_to(self.current.depth + by)

    def go_to(self, place: int) -> None:
        """Move the cursor to a place, or to the nearest one in the text."""
        self.current = self._at(place)

    def _at(self, place: int) -> Node:
        path = self.path
        place = max(0, min(place, len(path)))
        return path[place - 1] if place else self.root

    def put(self, token: str) -> bool:
        """Go on with a token, and move behind it; return True if the text has changed.

        A token without a branch of its own begins one; the other branches stay.
        """
        old = self.current
        if old.next is not None and old.next.token == token:
            self.current = old.next
            return False
        change = self._begin_change()
        is_new = token not in old.children
        self._link(change, old, self._branch(old, token))
        assert old.next is not None
        self.current = old.next
        if is_new:
            change.new.append(self.current)
        return True

    def grow(
        self,
        node: Node,
        continuations: Sequence[tuple[str, Sequence[str], Sequence[float]]],
        step: int | None = None,
    ) -> None:
        """Add continuations of a node as branches; the text goes on with the first of them.

        continuations: label, tokens, and the model's log-probs of the tokens in nats.
        """
        change = self._begin_change()
        end: Node | None = None
        for label, tokens, logprobs in continuations:
            at, is_inside = node, True
            for token, logprob in zip(tokens, logprobs, strict=True):
                is_new = token not in at.children
                child = self._branch(at, token)
                if is_new and is_inside:
                    change.new.append(child)
                is_inside = is_inside and not is_new
                child.logprob, child.step = logprob, step
                if end is None or (is_new and at is not end and at.next is None):
                    self._link(change, at, child)
                at = child
            if end is None:
                self._link(change, at, None)
                end = at
            change.labels.append((at, at.labels))
            at.labels = (*dict.fromkeys((*at.labels, label)),)
        self.current = node

    def cut(self) -> None:
        """Remove the branch at the cursor; at the end of the text, remove its last token."""
        if self.current.next is None:
            if self.current.parent is None:
                return
            self.current = self.current.parent
        at = self.current
        change = self._begin_change()
        change.cut = at.next
        assert at.next is not None
        del at.children[at.next.token]
        self._link(change, at, None)

    def choose(self, node: Node) -> None:
        """Go to a branch: the text goes through the node, and the cursor is at its parent."""
        links = [one for one in node.path() if one.parent and one.parent.next is not one]
        if links:
            change = self._begin_change()
            for one in links:
                assert one.parent is not None
                self._link(change, one.parent, one)
        self.current = node.parent or node

    def leaves(self) -> list[Node]:
        """Return the last nodes of all branches, in the order in which the tree shows them."""
        if self._leaves is None:
            self._leaves, waiting = [], [self.root]
            while waiting:
                node = waiting.pop()
                waiting += reversed(node.children.values())
                if not node.children:
                    self._leaves.append(node)
        return self._leaves

    def choose_leaf(self, by: int) -> bool:
        """Go to the next (1) or previous (-1) branch; return False if there is no other one.

        The cursor moves to the place where the two texts part.
        """
        leaves, old = self.leaves(), self.path
        end = old[-1] if old else self.root
        if end in leaves:
            place = leaves.index(end) + by
        else:  # the text ends where branches begin: they are the next ones
            inside = [i for i, leaf in enumerate(leaves) if end in leaf.ancestors()]
            place = inside[0] if by > 0 else inside[0] - 1
        leaf = leaves[place % len(leaves)]
        if leaf is end:
            return False
        path = leaf.path()
        parts_at = next(i for i, node in enumerate(path) if i >= len(old) or old[i] is not node)
        change = self._begin_change()
        for node in path[parts_at:]:
            assert node.parent is not None
            self._link(change, node.parent, node)
        self._link(change, leaf, None)
        self.current = path[parts_at].parent or self.root
        return True

    def undo(self) -> bool:
        """Restore the previous text and the cursor; return False if nothing has changed."""
        if not self._changes:
            return False
        change = self._changes.pop()
        for node in reversed(change.new):
            assert node.parent is not None
            del node.parent.children[node.token]
        if change.cut is not None:
            assert change.cut.parent is not None
            change.cut.parent.children[change.cut.token] = change.cut
        for node, before in reversed(change.nexts):
            node.next = before
        for node, labels in reversed(change.labels):
            node.labels = labels
        self.current = change.current
        self._set_changed()
        return True

    def _begin_change(self) -> _Change:
        change = _Change(self.current)
        self._changes.append(change)
        self._set_changed()
        return change

    def _link(self, change: _Change, node: Node, after: Node | None) -> None:
        if node.next is not after:
            change.nexts.append((node, node.next))
            node.next = after

    def _branch(self, node: Node, token: str) -> Node:
        """Return the branch of a node with a token; a new one if there is none."""
        child = node.child(token)
        node.ghosts.pop(token, None)
        node.children[token] = child
        return child

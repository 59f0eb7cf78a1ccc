"""A node of the tree of tokens, and the text from the root to it. Independent of the widgets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rnnlab.protocol.messages import EOS


class Node:
    """One token after the tokens of its ancestors; the root has no token."""

    __slots__ = (
        "children", "depth", "entropy_nats", "ghosts", "is_prompt", "labels", "logprob", "next",
        "parent", "step", "token",
    )  # fmt: skip

    def __init__(self, token: str = "", parent: Node | None = None) -> None:
        self.token = token
        self.parent = parent
        self.depth: int = 0 if parent is None else parent.depth + 1
        """Number of tokens from the root to this node."""
        self.children: dict[str, Node] = {}
        """The branches that were explored, by token, in the order in which they were made."""
        self.ghosts: dict[str, Node] = {}
        """Next tokens that nobody has chosen, with figures that came ahead of time."""
        self.next: Node | None = None
        """The child with which the text goes on, or went on when it was left."""
        self.is_prompt = False
        """True for a token of the prompt: the filters of the candidate did not apply to it."""
        self.logprob: float | None = None
        """The model's log-prob of the token in nats; None until it is known."""
        self.entropy_nats: float | None = None
        """Entropy of the model's distribution of the next token; None until it is known."""
        self.step: int | None = None
        """Step of the weights that gave the figures."""
        self.labels: tuple[str, ...] = ()
        """The decoders whose continuations end here."""

    @property
    def is_explored(self) -> bool:
        """False for a ghost: the tree does not contain it."""
        return self.parent is None or self.parent.children.get(self.token) is self

    def child(self, token: str) -> Node:
        """Return the child with a token: a branch, a ghost, or a new ghost."""
        node = self.children.get(token) or self.ghosts.get(token)
        if node is None:
            node = self.ghosts[token] = Node(token, self)
        return node

    def ancestors(self) -> Iterator[Node]:
        """Yield this node, its parent, and so on up to the root."""
        node: Node | None = self
        while node is not None:
            yield node
            node = node.parent

    def path(self) -> list[Node]:
        """Return the nodes from the first token to this one, without the root."""
        return [node for node in self.ancestors() if node.parent is not None][::-1]

    def forget(self) -> None:
        """Remove a ghost from its parent; a branch stays."""
        if self.parent is not None and self.parent.ghosts.get(self.token) is self:
            del self.parent.ghosts[self.token]


class TextBefore(NamedTuple):
    """A text as the generator reads it: the prompt, and the tokens after it."""

    prompt: str = ""
    """The beginning of the text, which the model reads; the filters do not apply to it."""
    prompt_tokens: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()
    """The tokens after the prompt."""

    @property
    def text(self) -> str:
        """The whole text, without EOS."""
        read = (token for token in self.tokens if token != EOS)
        return "".join((*(self.prompt_tokens or (self.prompt,)), *read))


class EditedText(NamedTuple):
    """The text of the current path, and the place of the cursor in it."""

    prompt: str = ""
    prompt_tokens: tuple[str, ...] = ()
    tokens: tuple[str, ...] = ()
    """The tokens after the prompt."""
    all_tokens: tuple[str, ...] = ()
    """The tokens of the prompt, followed by `tokens`; empty until the model has read the text."""
    place: int = 0
    """Index of the cursor in `all_tokens`; `len(all_tokens)` for the place after the text."""

    @property
    def text(self) -> str:
        """The whole text, without EOS."""
        return TextBefore(self.prompt, self.prompt_tokens, self.tokens).text

    @property
    def chosen(self) -> str | None:
        """The token at the cursor; None after the last one."""
        return self.all_tokens[self.place] if self.place < len(self.all_tokens) else None

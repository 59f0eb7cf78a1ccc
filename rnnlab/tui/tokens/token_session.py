"""What the generator answers about the tree of tokens: readings, neighbours, continuations.

Independent of the widgets. At most one question of each kind is open: the neighbours of the node at
the cursor are asked for again after the reply, if the cursor has moved on meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Literal

from textual.message import Message

from rnnlab.protocol.messages import (
    EOS,
    Answer,
    Distributions,
    DistributionsFound,
    Ended,
    Expand,
    Expanded,
    Failed,
    Generate,
    Progress,
    Question,
    Reply,
    RunName,
    RunPath,
    Started,
)
from rnnlab.tui.messages import AskCancelled, Asked
from rnnlab.tui.tokens.choices import with_branches
from rnnlab.tui.tokens.distribution import NUM_RANKED, ShownRow
from rnnlab.tui.tokens.reply_handler import ReplyHandler
from rnnlab.tui.tokens.row_cache import RowCache, SeenRow
from rnnlab.tui.tokens.token_node import Node
from rnnlab.tui.tokens.token_tree import TokenTree

if TYPE_CHECKING:
    from rnnlab.decoding import Spec

MORE = 40
"""Number of tokens that a decoder appends per key press."""
_AHEAD = 12
"""Number of tokens of the text after the cursor whose distributions are asked for ahead of time."""
_GREEDY = 4
"""Number of most probable tokens after the end of the text that are expanded ahead of time."""
_MOST_LISTED = 8000
"""Maximum number of tokens in the reply to a reading: a long text gets shorter lists at first."""


class TokenSession:
    """The tree, the distributions of its nodes, and the open questions about them."""

    def __init__(
        self, post: Callable[[Message], object], changed: Callable[[], None],
        toast: Callable[[str], None],
    ) -> None:  # fmt: skip
        """post: sends a message to the app; changed: called after every reply; toast: a warning."""
        self._post, self._changed, self._toast = post, changed, toast
        self.tree = TokenTree()
        self.rows = RowCache()
        self.run: RunName = ""
        self.checkpoint = "live"
        """The weights that the user has asked for."""
        self.step: int | None = None
        """Step of the weights in use; None until they are loaded."""
        self.specs: Sequence[Spec] = ()
        """The decoders: all of them continue a text, the filters of one of them are shown."""
        self.shown = 0
        """Index of the decoder whose filters are shown."""
        self.chain: Sequence[str] = ()
        self.note = ""
        """One line that names the replaced characters of the text."""
        self.problem = ""
        self.is_reading = False
        self.is_continuing = False
        self._num_listed = NUM_RANKED
        """Number of tokens per distribution that the last reading asked for."""
        self._expanding: Node | None = None
        self._given_up: Node | None = None
        """The node whose neighbours could not be computed."""
        self._continued: Node | None = None
        self._answers: dict[int, Answer] = {}
        self._listeners = {
            "read": ReplyHandler(self._on_read, self._go_on_newer),
            "expand": ReplyHandler(self._on_expanded, self._go_on_newer),
            "continue": ReplyHandler(self._on_continued, self._go_on_newer),
        }

    @property
    def spec(self) -> Spec:
        """The decoder whose filters are shown."""
        return self.specs[self.shown]

    def begin(
        self, run: RunName, prompt: str, tokens: Sequence[str], *, is_behind_prompt: bool = False
    ) -> None:
        """Begin with another text; the tree and the distributions of the previous one are gone."""
        self.run, self.step = run, None
        self.tree.begin(prompt, tokens, is_behind_prompt=is_behind_prompt)
        self.rows.clear()
        self.note = ""

    def choose_decoders(self, specs: Sequence[Spec], shown: int | None = None) -> None:
        """Set the decoders; the distributions become unknown.

        shown: index of the decoder whose filters are shown; None: the first one with filters.
        """
        if shown is None:
            with_filters = [i for i, spec in enumerate(specs) if spec.options.has_filters]
            shown = with_filters[0] if with_filters else 0
        if (tuple(specs), shown) != (tuple(self.specs), self.shown):
            self.specs, self.shown = tuple(specs), shown
            self.rows.clear()

    def read(self, *, is_newest: bool = False) -> None:
        """Ask for the distribution at each place of the text.

        is_newest: whether to load the weights of `checkpoint` again, as they may have changed.
        """
        if is_newest:
            self.step = None
        if not self.run or self.tree.is_empty or not self.specs:
            return
        now = self.tree.now
        num_tokens = len(now.prompt) + len(now.tokens)  # at most: a word is one token
        self._num_listed = max(1, min(NUM_RANKED, _MOST_LISTED // max(1, num_tokens)))
        self.is_reading, self.problem, self._given_up = True, "", None
        self._ask(
            "read",
            partial(
                Distributions, 0, prompt=now.prompt, tokens=list(now.tokens),
                decoder=self.spec.text, checkpoint=self._weights, unknown="nearest",
                num_shown=self._num_listed,
            ),
        )  # fmt: skip

    def expand(self) -> None:
        """Ask for the distributions around the cursor, unless they are known or asked for."""
        node = self.tree.current
        seen = self.rows.get(node)
        is_known = self._is_known(node) and seen is not None and seen.has_neighbours
        is_asked = self.is_reading or self._expanding is not None or node is self._given_up
        if is_known or is_asked or self.step is None or node.token == EOS or not self.specs:
            return
        self._expanding = node
        before, path = self.tree.before(node), self.tree.path[node.depth : node.depth + _AHEAD]
        unknown = [i for i, one in enumerate(path) if not self._is_known(one)]
        is_near = bool(unknown) and unknown[0] < _AHEAD // 2
        self._ask(
            "expand",
            partial(
                Expand, 0, prompt=before.prompt, tokens=list(before.tokens),
                ahead=[one.token for one in path] if is_near else [],
                num_ahead=0 if path else _GREEDY, decoder=self.spec.text,
                checkpoint=self._weights, num_shown=NUM_RANKED, unknown="nearest",
            ),
        )  # fmt: skip

    def _is_known(self, node: Node) -> bool:
        seen = self.rows.get(node)
        return seen is not None and seen.is_whole and seen.step == self.step

    def go_on(self) -> str:
        """Let all decoders continue the text before the cursor; return why they cannot, or ""."""
        node = self.tree.current
        if node.token == EOS:
            return "the text has ended (∎): nothing can follow"
        if self.step is None or not self.tree.is_read:
            return "the model has not read the text yet"
        self.is_continuing, self._continued = True, node
        self._answers.clear()
        text, decoders = self.tree.before(node).text, [spec.text for spec in self.specs]
        weights = self._weights
        self._ask("continue", lambda path: Generate(0, path, text, decoders, weights, MORE, 1))
        return ""

    def stop(self) -> bool:
        """Cancel the reading and the continuations; return True if there were any."""
        open_ones = [
            name
            for name, is_open in (("read", self.is_reading), ("continue", self.is_continuing))
            if is_open
        ]
        for name in open_ones:
            self._post(AskCancelled(self._listeners[name]))
        self.is_reading = self.is_continuing = False
        return bool(open_ones)

    def shown_row(self) -> ShownRow | None:
        """Return the distribution at the cursor, with all branches; None while it is unknown."""
        node = self.tree.current
        seen = self.rows.get(node)
        if seen is None:
            return None
        stale_step = None if seen.step == self.step else seen.step
        return ShownRow(with_branches(seen.row, node), seen.is_whole, stale_step)

    @property
    def _weights(self) -> str:
        """The pinned step: a run that trains on must not change the distributions of one tree."""
        return self.checkpoint if self.step is None else str(self.step)

    def _ask(
        self,
        kind: Literal["read", "expand", "continue"],
        question: Callable[[RunPath], Question],
    ) -> None:
        self._post(Asked(self._listeners[kind], self.run, question))

    def _go_on_newer(self) -> bool:
        """Read the text with the newest weights: the pinned ones are gone; False if none are."""
        if self.step is None:
            return False
        self._toast(f"the weights of step {self.step:,} are gone: reading with newer ones")
        self.is_continuing = False
        self.read(is_newest=True)
        self._changed()
        return True

    def _on_read(self, reply: Reply) -> None:
        match reply:
            case Started():
                self.step = reply.step
            case DistributionsFound():
                self.is_reading = False
                self.step, self.chain, self.note = reply.step, reply.chain, reply.prompt_note
                self._take(reply)
                self.expand()
            case Failed() if reply.is_checkpoint_missing and self._weights != "last":
                self.checkpoint, self.step = "last", None
                self.read()
                self.problem = f"{reply.message}; using the last checkpoint"
            case Failed():
                self.is_reading, self.problem = False, reply.message
            case Ended():
                if reply.was_cancelled:
                    self.problem = "cancelled; press R to ask again"
            case _:
                return
        self._changed()

    def _take(self, reply: DistributionsFound) -> None:
        """Put the distributions of a reading into the tree."""
        nodes = [self.tree.root, *self.tree.read(reply.tokens, reply.num_prompt)]
        has_all = self._num_listed == NUM_RANKED
        has_filters = self.spec.options.has_filters
        for place, row in enumerate(
            reply.rows[: len(nodes) - reply.first_place], reply.first_place
        ):
            is_whole = has_all and (place >= reply.num_prompt or not has_filters)
            self.rows.put(nodes[place], SeenRow(row, reply.step, is_whole))

    def _on_expanded(self, reply: Reply) -> None:
        node = self._expanding
        match reply:
            case Expanded() if node is not None:
                is_current = reply.step == self.step and self.tree.root in node.ancestors()
                for branch, row in zip(reply.branches, reply.rows, strict=True):
                    at = node
                    for token in branch:
                        at = at.child(token)
                    if is_current:
                        self.rows.put(at, SeenRow(row, reply.step, True, not branch))
            case Failed():
                self._given_up = node
                self.problem = reply.message
            case _:
                if isinstance(reply, Ended):
                    self._expanding = None
                    self.expand()
                return
        self._changed()

    def _on_continued(self, reply: Reply) -> None:
        match reply:
            case Progress() if reply.is_last and reply.answers and reply.answers[0].tokens:
                self._answers[reply.decoder] = reply.answers[0]
                return
            case Failed():
                self.problem = reply.message
            case Ended():
                self.is_continuing = False
                self._grow()
            case _:
                return
        self._changed()

    def _grow(self) -> None:
        node, answers = self._continued, [self._answers[i] for i in sorted(self._answers)]
        if node is None or self.tree.root not in node.ancestors():
            return
        if answers:
            grown = [(a.decoder, a.tokens, a.token_logprobs) for a in answers]
            self.tree.grow(node, grown, self.step)
            self.expand()
        elif not self.problem:
            self._toast("no decoder can continue this text")

"""The distributions after a text and after its likely continuations, in a few steps of the model.

The states of the last texts are kept: after the user has gone on by one token, one step is enough.
Shapes: R rows, V tokens of the vocabulary.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from rnnlab.corpora import Vocabulary
from rnnlab.decoding import (
    Expansion,
    Frame,
    Hypothesis,
    LogProbs,
    Options,
    Prompt,
    Rows,
    SearchStart,
    Spec,
    State,
    Step,
    TracedRow,
    Tracer,
    empty_hypothesis,
)
from rnnlab.decoding._numbers import NEVER, best_first
from rnnlab.inference import _whole_words
from rnnlab.inference._loaded import LoadedModel
from rnnlab.inference._prefill import prefill_prompts
from rnnlab.inference._prompt import Unknown, encode_prompt

_MOST_STATES = 256
"""Number of texts whose states are kept."""
_REACH = 16
"""Maximum number of tokens that are read after a kept state; a longer way is prefilled again."""


class Expansions(NamedTuple):
    """The distributions after a text and after some of its continuations."""

    branches: list[list[str]]
    """Tokens after the text, for each row; empty for the text itself."""
    rows: list[TracedRow]


class _Node(NamedTuple):
    """A continuation of the text, and the distribution of its next token."""

    hypothesis: Hypothesis
    log_probs_V: LogProbs
    state: State
    row: int
    """Row of `state` that has read the continuation."""


class Expander:
    """Expands texts with one model; keeps the states of the last texts."""

    def __init__(self, loaded: LoadedModel) -> None:
        self.loaded = loaded
        self._states: OrderedDict[tuple[int, ...], SearchStart] = OrderedDict()

    def expand(
        self,
        prompt: str,
        tokens: Sequence[str],
        ahead: Sequence[str],
        spec: Spec,
        *,
        num_children: int = 8,
        num_ahead: int = 4,
        num_shown: int = 40,
        unknown: Unknown = "auto",
    ) -> Expansions:
        """Return the distributions after a text, after its children, and along one continuation.

        The text is `prompt` and `tokens`; the filters of `spec` see `tokens` as the continuation.
        num_children: number of most probable next tokens that are expanded. ahead: tokens of the
        continuation that is followed; if empty, it consists of the `num_ahead` most probable
        tokens. num_shown: minimum number of tokens listed per distribution. If the filters drop all
        tokens of a distribution, `num_left` is 0. Raises BadInputError for unknown characters or
        tokens.
        """
        vocabulary = self.loaded.vocabulary
        read = encode_prompt(vocabulary, prompt, unknown)
        written = vocabulary.ids_of(list(tokens)).tolist()
        followed = vocabulary.ids_of(list(ahead)).tolist()
        start = self._read((*read.tokens.tolist(), *written))
        step: Step = self.loaded.stepper.step
        if vocabulary.kind == "words":
            whole_words = _whole_words.WholeWords(step, vocabulary)
            text = read.text + vocabulary.decode(written, after=read.text)
            start, step = whole_words.begin(start, [text]), whole_words
        hypothesis = empty_hypothesis()
        for token in written:
            hypothesis = hypothesis.extended(token, 0.0, 0.0, None)
        root = _Node(hypothesis, start.log_probs_PV[0], start.state, 0)
        nodes = [root, *_children(root, step, vocabulary.eos, followed[:1], num_children)]
        by_token = {node.hypothesis.token: node for node in nodes[1:]}
        nodes += _along(root, by_token, step, vocabulary.eos, followed, num_ahead)
        start = start._replace(prompts=[Prompt(read.tokens.tolist())])
        rows = _traced(nodes, start, spec.options, vocabulary, num_shown)
        first = len(written)
        branches = [
            [vocabulary.tokens[i] for i in node.hypothesis.tokens()[first:]] for node in nodes
        ]
        return Expansions(branches, rows)

    def _read(self, ids: tuple[int, ...]) -> SearchStart:
        """Return the state after a text: a kept one, or one or more steps after a kept one."""
        num_kept = len(ids)
        while num_kept > max(-1, len(ids) - _REACH) and ids[:num_kept] not in self._states:
            num_kept -= 1
        stepper = self.loaded.stepper
        if num_kept < 0 or ids[:num_kept] not in self._states:
            whole = [np.array(ids, dtype=np.int64)]
            start = prefill_prompts(self.loaded, stepper, whole, keep_features=False)
            return self._keep(ids, start)
        start = self._states[ids[:num_kept]]
        for num in range(num_kept, len(ids)):
            log_probs_PV, state = stepper.step(
                start.state, np.zeros(1, np.int64), np.array([ids[num]])
            )
            start = self._keep(
                ids[: num + 1], start._replace(log_probs_PV=log_probs_PV, state=state)
            )
        return start

    def _keep(self, ids: tuple[int, ...], start: SearchStart) -> SearchStart:
        self._states[ids] = start
        self._states.move_to_end(ids)
        while len(self._states) > _MOST_STATES:
            self._states.popitem(last=False)
        return start


def _children(
    root: _Node, step: Step, eos: int | None, needed: Sequence[int], num: int
) -> list[_Node]:
    """Return the most probable children of a node and those in `needed`; no text goes past EOS."""
    best = [i for i in best_first(root.log_probs_V)[:num].tolist() if root.log_probs_V[i] > NEVER]
    tokens = [token for token in dict.fromkeys([*needed, *best]) if token != eos]
    has_ended = eos is not None and root.hypothesis.token == eos
    if not tokens or has_ended:
        return []
    tokens_R = np.array(tokens)
    log_probs_RV, state = step(root.state, np.full(len(tokens), root.row), tokens_R)
    return [
        _Node(_extended(root, token), log_probs_RV[row], state, row)
        for row, token in enumerate(tokens)
    ]


def _along(
    root: _Node,
    children: dict[int, _Node],
    step: Step,
    eos: int | None,
    followed: Sequence[int],
    num: int,
) -> list[_Node]:
    """Return the nodes along `followed`, or else along the most probable tokens, from depth 2."""
    node, nodes = root, []
    for place in range(len(followed) or num):
        token = followed[place] if followed else int(node.log_probs_V.argmax())
        if token == eos or not node.log_probs_V.max() > NEVER:
            break
        if place == 0 and token in children:
            node = children[token]
            continue
        log_probs_RV, state = step(node.state, np.array([node.row]), np.array([token]))
        node = _Node(_extended(node, token), log_probs_RV[0], state, 0)
        nodes.append(node)
    return nodes


def _extended(node: _Node, token: int) -> Hypothesis:
    logprob = float(node.log_probs_V[token])
    return node.hypothesis.extended(token, logprob, logprob, None)


def _traced(
    nodes: Sequence[_Node],
    start: SearchStart,
    options: Options,
    vocabulary: Vocabulary,
    num_shown: int,
) -> list[TracedRow]:
    """Return the distribution of every node, before and after the filters."""
    hypotheses = [node.hypothesis for node in nodes]
    log_probs_RV = np.stack([node.log_probs_V for node in nodes])
    filtered_RV = options.filter(log_probs_RV, Rows(hypotheses, start, options.last))
    expansion = Expansion(lambda: hypotheses, log_probs_RV, filtered_RV)
    tracer = Tracer(options, start, vocabulary.tokens, len(hypotheses), num_shown)
    [step] = tracer.add(Frame(list, "length", (expansion,)))
    return step.rows

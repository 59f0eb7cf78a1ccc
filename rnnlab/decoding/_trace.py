"""The trace of a search: what every step looked at, what it kept, what it gave up and why.

It is made from frames, after the fact: a search whose trace nobody wants pays nothing for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rnnlab.decoding._base import Expansion, Frame, Last, SearchStart
from rnnlab.decoding._hypothesis import End, Hypothesis
from rnnlab.decoding._numbers import NEVER, best_first, entropy
from rnnlab.decoding._options import Options
from rnnlab.decoding._text import Rows


@dataclass(frozen=True)
class TracedToken:
    """A token that could have been written next."""

    token: str
    logprob: float
    """The model's own, in nats."""
    filtered_logprob: float | None
    """After the filters; None where they dropped it."""
    fate: str
    """`kept`, `dropped by FILTER`, or why the search did not take it."""


@dataclass(frozen=True)
class TracedRow:
    """A hypothesis that was to be extended, and the distribution of its next token."""

    id: int
    entropy_nats: float
    filtered_entropy_nats: float
    num_left: int
    """Tokens that the filters left."""
    tokens: list[TracedToken]
    """The most probable ones, and every one that was taken."""


@dataclass(frozen=True)
class TracedHypothesis:
    """A hypothesis that a step made."""

    id: int
    parent: int
    """Id of the one that it extends; 0 has no tokens."""
    token: str
    token_logprob: float
    logprob: float
    score: float
    fate: str
    """`kept`, `eos`, `stop`, or why it was given up."""


@dataclass(frozen=True)
class TracedAnswer:
    """A hypothesis that is an answer of the search."""

    id: int
    end: str
    """Why it goes no further: `eos`, `stop`, `length`, `time` or `stuck`."""


@dataclass(frozen=True)
class TracedStep:
    """One step of a search for one prompt (or sample).

    Where the search of one prompt was over before that of others, it has a last step without rows.
    """

    prompt: int
    """Number of the prompt's (or sample's) row."""
    step: int
    rows: list[TracedRow]
    hypotheses: list[TracedHypothesis]
    last: Last | None
    """Why the search was over after this step; None while it went on."""
    note: str
    answers: list[TracedAnswer] = field(default_factory=list)
    """Best first; there are none before the last step."""


def read_step(values: Mapping[str, Any]) -> TracedStep:
    """Return a step of which `dataclasses.asdict` made JSON."""
    return TracedStep(
        **{
            **values,
            "rows": [read_row(row) for row in values["rows"]],
            "hypotheses": [TracedHypothesis(**made) for made in values["hypotheses"]],
            "answers": [TracedAnswer(**answer) for answer in values["answers"]],
        }
    )


def read_row(values: Mapping[str, Any]) -> TracedRow:
    """Return a row of which `dataclasses.asdict` made JSON."""
    return TracedRow(**{**values, "tokens": [TracedToken(**t) for t in values["tokens"]]})


def why_over(hypothesis: Hypothesis, last: Last | None, max_length: int) -> str | None:
    """Return why a hypothesis goes no further; None where it does."""
    if hypothesis.end or last is None:
        return hypothesis.end
    if hypothesis.length >= max_length:
        return "length"
    return "time" if last == "time" else "stuck"  # the filters left it nothing


@dataclass
class Tracer:
    """Makes the steps of a trace from the frames of a search, one frame behind.

    What became of a hypothesis is only known when the next step extends it or does not.
    """

    options: Options
    start: SearchStart
    tokens: Sequence[str]
    """The name of every token."""
    max_length: int
    """Tokens that a text may have."""
    num_shown: int = 10
    """Tokens of a distribution that are listed at least."""
    has_rows: bool = True
    """Whether the distributions are wanted; without them a trace costs a tenth."""
    _ids: dict[Hypothesis, int] = field(default_factory=dict)
    _numbers: dict[tuple[int, int, int], int] = field(default_factory=dict)
    """By prompt, parent's number and token: two ways to one text are one hypothesis."""
    _listed: set[int] = field(default_factory=set)
    _waiting: Frame | None = None
    _step: int = 0

    def add(self, frame: Frame) -> list[TracedStep]:
        """Take a frame; return the steps that are complete now."""
        found = []
        if self._waiting is not None:
            live = [h for expansion in frame.expansions for h in expansion.hypotheses()]
            found = list(self._steps(self._waiting, live))
        if frame.is_last:
            found += self._steps(frame, frame.hypotheses)
        self._waiting = frame
        return found

    def _steps(self, frame: Frame, live: Sequence[Hypothesis]) -> Iterator[TracedStep]:
        self._step += 1
        given_up = [(h, reason) for choose, reason in frame.pruned for h in choose()]
        fates = dict(given_up)
        for hypothesis in [*frame.hypotheses, *live]:
            if hypothesis not in fates and hypothesis.parent is not None:
                fates[hypothesis] = hypothesis.end or "kept"
        by_parent: dict[tuple[int, int], dict[int, str]] = {}
        # Two may be alike, in groups of a beam: where one of them was kept, the text was.
        was_given_up = dict(given_up)
        in_order = sorted(fates.items(), key=lambda item: item[0] in was_given_up)
        for hypothesis, fate in in_order:
            if hypothesis.parent is not None:
                parent = hypothesis.prompt, self._id(hypothesis.parent)
                by_parent.setdefault(parent, {}).setdefault(hypothesis.token, fate)
        prompts: dict[int, tuple[list[TracedRow], list[TracedHypothesis]]] = {}
        answers: dict[int, list[TracedAnswer]] = {}
        for expansion in frame.expansions:
            if not self.has_rows:
                for made in expansion.hypotheses():
                    prompts.setdefault(made.prompt, ([], []))
                continue
            for row, made in self._rows(expansion, by_parent):
                rows, _ = prompts.setdefault(made.prompt, ([], []))
                if row.id not in {other.id for other in rows}:
                    rows.append(row)
        if frame.is_last:
            for prompt in range(len(self.start.log_probs_PV)):
                prompts.setdefault(prompt, ([], []))
        for hypothesis, fate in in_order:
            # Those that ended earlier are still among the answers, and known.
            if self._id(hypothesis) not in self._listed and hypothesis.prompt in prompts:
                self._listed.add(self._id(hypothesis))
                prompts[hypothesis.prompt][1].append(self._hypothesis(hypothesis, fate))
        for hypothesis in frame.hypotheses if frame.is_last else ():
            end = why_over(hypothesis, frame.last, self.max_length) or ""
            answer = TracedAnswer(self._id(hypothesis), end)
            answers.setdefault(hypothesis.prompt, []).append(answer)
        for prompt, (rows, hypotheses) in sorted(prompts.items(), key=lambda item: item[0]):
            found = answers.get(prompt, [])
            yield TracedStep(
                prompt, self._step, rows, hypotheses, frame.last, frame.note(prompt), found
            )

    def _rows(
        self, expansion: Expansion, taken: dict[tuple[int, int], dict[int, str]]
    ) -> Iterator[tuple[TracedRow, Hypothesis]]:
        hypotheses = expansion.hypotheses()
        context = Rows(hypotheses, self.start, self.options)
        droppers = self.options.filter_by_filter(expansion.log_probs_RV, context)
        raw_RV, left_RV = expansion.log_probs_RV, expansion.filtered_RV
        orders_RV = best_first(raw_RV)[:, : self.num_shown]
        entropies_R, left_entropies_R = entropy(raw_RV), entropy(left_RV)
        for i, hypothesis in enumerate(hypotheses):
            children = taken.get((hypothesis.prompt, self._id(hypothesis)), {})
            shown = [token for token in orders_RV[i].tolist() if raw_RV[i, token] > NEVER]
            tokens = dict.fromkeys([*shown, *children])
            listed = []
            for token in sorted(tokens, key=lambda token: (-raw_RV[i, token], token)):
                fate = children.get(token, "not taken")
                if left_RV[i, token] == NEVER:
                    fate = next(
                        (f"dropped by {name}" for name, x in droppers if x[i, token] == NEVER),
                        "not taken",
                    )
                listed.append(
                    self._token(token, raw_RV.item(i, token), left_RV.item(i, token), fate)
                )
            row = TracedRow(
                self._id(hypothesis),
                float(entropies_R[i]),
                float(left_entropies_R[i]),
                int(np.count_nonzero(left_RV[i] > NEVER)),
                listed,
            )
            yield row, hypothesis

    def _token(self, token: int, logprob: float, left: float, fate: str) -> TracedToken:
        return TracedToken(self.tokens[token], logprob, None if left == NEVER else left, fate)

    def _hypothesis(self, hypothesis: Hypothesis, fate: str | End) -> TracedHypothesis:
        assert hypothesis.parent is not None
        return TracedHypothesis(
            self._id(hypothesis),
            self._id(hypothesis.parent),
            self.tokens[hypothesis.token],
            hypothesis.token_logprob,
            hypothesis.logprob,
            hypothesis.score,
            fate,
        )

    def _id(self, hypothesis: Hypothesis) -> int:
        """Return the number of a hypothesis; the one without tokens is 0."""
        unknown: list[Hypothesis] = []
        node = hypothesis
        while node.parent is not None and node not in self._ids:
            unknown.append(node)
            node = node.parent
        number = self._ids.get(node, 0)
        for node in reversed(unknown):  # a child's number is higher than its parent's
            key = (node.prompt, number, node.token)
            number = self._ids[node] = self._numbers.setdefault(key, len(self._numbers) + 1)
        return number

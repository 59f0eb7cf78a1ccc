"""The trace of a search: each step's distributions, kept and pruned hypotheses, and the reasons.

It is computed from the frames: a search without a trace has no additional cost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rnnlab.decoding._base import Expansion, Frame, Last
from rnnlab.decoding._hypothesis import End, Hypothesis
from rnnlab.decoding._limits import why_over
from rnnlab.decoding._numbers import NEVER, best_first, entropy
from rnnlab.decoding._options import Options
from rnnlab.decoding._step import SearchStart
from rnnlab.decoding._text import Rows


@dataclass(frozen=True)
class TracedToken:
    """A possible next token of a hypothesis."""

    token: str
    logprob: float
    """Log-prob by the model, in nats."""
    filtered_logprob: float | None
    """Log-prob after the filters, in nats; None if a filter dropped the token."""
    fate: str
    """`kept`, `dropped by FILTER`, or why the search did not choose it."""


@dataclass(frozen=True)
class TracedRow:
    """A hypothesis to extend, and the distribution of its next token."""

    id: int
    entropy_nats: float
    filtered_entropy_nats: float
    num_left: int
    """Number of tokens that the filters did not drop."""
    tokens: list[TracedToken]
    """The most probable tokens and all chosen tokens, the most probable first."""


@dataclass(frozen=True)
class TracedHypothesis:
    """A hypothesis that a step created."""

    id: int
    parent: int
    """Id of the hypothesis that this one extends; 0 is the empty hypothesis."""
    token: str
    token_logprob: float
    logprob: float
    score: float
    fate: str
    """`kept`, `eos`, `stop`, or why it was pruned."""


@dataclass(frozen=True)
class TracedAnswer:
    """A hypothesis that is an answer of the search."""

    id: int
    end: str
    """Why the search did not extend the answer: `eos`, `stop`, `length`, `time` or `stuck`."""


@dataclass(frozen=True)
class TracedStep:
    """One step of a search for one prompt (or sample).

    If the search of a prompt is over before the searches of others, its last step has no rows.
    """

    prompt: int
    """Number of the prompt (or sample): its row in the initial state."""
    step: int
    rows: list[TracedRow]
    hypotheses: list[TracedHypothesis]
    last: Last | None
    """Why the search was over after this step; None if it went on."""
    note: str
    answers: list[TracedAnswer] = field(default_factory=list)
    """Answers, best first; empty before the last step."""


def read_step(values: Mapping[str, Any]) -> TracedStep:
    """Return a step from the JSON form of its `dataclasses.asdict`."""
    return TracedStep(
        **{
            **values,
            "rows": [read_row(row) for row in values["rows"]],
            "hypotheses": [TracedHypothesis(**h) for h in values["hypotheses"]],
            "answers": [TracedAnswer(**answer) for answer in values["answers"]],
        }
    )


def read_row(values: Mapping[str, Any]) -> TracedRow:
    """Return a row from the JSON form of its `dataclasses.asdict`."""
    return TracedRow(**{**values, "tokens": [TracedToken(**t) for t in values["tokens"]]})


def row_values(row: TracedRow) -> dict[str, Any]:
    """Return the JSON form of a row, as `dataclasses.asdict` does, without copies of the tokens."""
    return {**vars(row), "tokens": [vars(token) for token in row.tokens]}


@dataclass
class Tracer:
    """Converts the frames of a search to the steps of a trace, with a delay of one frame.

    Only the next frame shows whether the search extended a hypothesis.
    """

    options: Options
    start: SearchStart
    tokens: Sequence[str]
    """Name of every token, by id."""
    max_length: int
    """Maximum number of tokens of a text."""
    num_shown: int = 10
    """Minimum number of tokens listed per distribution."""
    has_rows: bool = True
    """Whether to trace the distributions; without them, a trace takes a tenth of the time."""
    _ids: dict[Hypothesis, int] = field(default_factory=dict)
    _numbers: dict[tuple[int, int, int], int] = field(default_factory=dict)
    """Ids by prompt, parent's id and token: equal texts have one id."""
    _listed: set[int] = field(default_factory=set)
    _previous: Frame | None = None
    _step: int = 0

    def add(self, frame: Frame) -> list[TracedStep]:
        """Add a frame; return the steps that are complete now."""
        steps: list[TracedStep] = []
        if self._previous is not None:
            live = [h for expansion in frame.expansions for h in expansion.hypotheses()]
            steps += self._steps(self._previous, live)
        if frame.is_last:
            steps += self._steps(frame, frame.hypotheses)
        self._previous = frame
        return steps

    def _steps(self, frame: Frame, live: Sequence[Hypothesis]) -> Iterator[TracedStep]:
        self._step += 1
        pruned = {h: reason for choose, reason in frame.pruned for h in choose()}
        fates: dict[Hypothesis, str] = dict(pruned)
        for hypothesis in [*frame.hypotheses, *live]:
            if hypothesis not in fates and hypothesis.parent is not None:
                fates[hypothesis] = hypothesis.end or "kept"
        by_parent: dict[tuple[int, int], dict[int, str]] = {}
        # Two groups of a beam may contain the same text; it was kept if one group kept it.
        in_order = sorted(fates.items(), key=lambda item: item[0] in pruned)
        for hypothesis, fate in in_order:
            if hypothesis.parent is not None:
                parent = hypothesis.prompt, self._id(hypothesis.parent)
                by_parent.setdefault(parent, {}).setdefault(hypothesis.token, fate)
        prompts: dict[int, tuple[list[TracedRow], list[TracedHypothesis]]] = {}
        answers: dict[int, list[TracedAnswer]] = {}
        for expansion in frame.expansions:
            if not self.has_rows:
                for hypothesis in expansion.hypotheses():
                    prompts.setdefault(hypothesis.prompt, ([], []))
                continue
            for row, hypothesis in self._rows(expansion, by_parent):
                rows, _ = prompts.setdefault(hypothesis.prompt, ([], []))
                if row.id not in {other.id for other in rows}:
                    rows.append(row)
        if frame.is_last:
            for prompt in range(len(self.start.log_probs_PV)):
                prompts.setdefault(prompt, ([], []))
        for hypothesis, fate in in_order:
            # Hypotheses that finished earlier are still in the frame; they are already recorded.
            if self._id(hypothesis) not in self._listed and hypothesis.prompt in prompts:
                self._listed.add(self._id(hypothesis))
                prompts[hypothesis.prompt][1].append(self._hypothesis(hypothesis, fate))
        for hypothesis in frame.hypotheses if frame.is_last else ():
            end = why_over(hypothesis, frame.last, self.max_length) or ""
            answer = TracedAnswer(self._id(hypothesis), end)
            answers.setdefault(hypothesis.prompt, []).append(answer)
        for prompt, (rows, hypotheses) in sorted(prompts.items(), key=lambda item: item[0]):
            yield TracedStep(
                prompt, self._step, rows, hypotheses, frame.last, frame.note(prompt),
                answers.get(prompt, []),
            )  # fmt: skip

    def _rows(
        self, expansion: Expansion, fates: dict[tuple[int, int], dict[int, str]]
    ) -> Iterator[tuple[TracedRow, Hypothesis]]:
        hypotheses = expansion.hypotheses()
        context = Rows(hypotheses, self.start, self.options.last)
        filtered = self.options.filter_by_filter(expansion.log_probs_RV, context)
        raw_RV, left_RV = expansion.log_probs_RV, expansion.filtered_RV
        orders_RV = best_first(raw_RV)[:, : self.num_shown]
        entropies_R, left_entropies_R = entropy(raw_RV), entropy(left_RV)
        for i, hypothesis in enumerate(hypotheses):
            children = fates.get((hypothesis.prompt, self._id(hypothesis)), {})
            shown = [token for token in orders_RV[i].tolist() if raw_RV[i, token] > NEVER]
            tokens = dict.fromkeys([*shown, *children])
            listed = []
            for token in sorted(tokens, key=lambda token: (-raw_RV[i, token], token)):
                fate = children.get(token, "not taken")
                if left_RV[i, token] == NEVER:
                    fate = next(
                        (
                            f"dropped by {name}"
                            for name, x_RV in filtered
                            if x_RV[i, token] == NEVER
                        ),
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
        """Return the id of a hypothesis; 0 for the empty hypothesis."""
        unknown: list[Hypothesis] = []
        node = hypothesis
        while node.parent is not None and node not in self._ids:
            unknown.append(node)
            node = node.parent
        number = self._ids.get(node, 0)
        for node in reversed(unknown):  # a child's id is higher than its parent's
            key = (node.prompt, number, node.token)
            number = self._ids[node] = self._numbers.setdefault(key, len(self._numbers) + 1)
        return number

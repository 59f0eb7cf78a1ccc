"""A generator that answers every question at once, always with the same frames."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict

from textual.message import Message

from rnnlab.decoding import TracedAnswer, TracedHypothesis, TracedRow, TracedStep, TracedToken
from rnnlab.plots import Chart, Curve, Finding, HeatMap, ShadedText
from rnnlab.protocol.messages import (
    Answer,
    Distributions,
    DistributionsFound,
    Ended,
    Expand,
    Expanded,
    Generate,
    Inspect,
    Inspected,
    Progress,
    Question,
    Started,
    Trace,
)
from rnnlab.tui.messages import Listener
from tests.toys.fake_generator import FakeGenerator

_STEP = 40
"""Of the checkpoint that answers."""
_WIDE = "beyond the beam's width"
TEXTS = (" upon a time [b]the mayor", " upon a night\nthe sea\x1b[31m", " more the moon was up")
"""Continuations, the best first; all but the first leave it at some letter."""


class AnsweringGenerator(FakeGenerator):
    """Answers as a worker would that has finished before the lab looks again."""

    def __init__(self, post: Callable[[Message], object], texts: tuple[str, ...] = TEXTS) -> None:
        super().__init__(post)
        self._texts = texts

    async def ask(self, listener: Listener, question: Question) -> None:
        """Answer the question."""
        await super().ask(listener, question)
        self.say(Started(self.latest, _STEP))
        match question:
            case Generate():
                for number, spec in enumerate(question.decoders):
                    self._write(question, number, spec)
            case Distributions():
                self._look(question)
            case Expand():
                self._expand(question)
            case Inspect():
                self.say(Inspected(self.latest, [_finding(question).to_json()]))
        self.say(Ended(self.latest, was_cancelled=False, elapsed_s=0.25))

    def _write(self, question: Generate, number: int, spec: str) -> None:
        """Give a beam three continuations and its search, any other decoder one."""
        is_beam = spec.startswith("beam")
        texts = self._texts if is_beam else self._texts[:1]
        prompt = question.prompt
        answers = [_answer(prompt, spec, rank, texts) for rank in range(1, len(texts) + 1)]
        if is_beam:
            self.say(Trace(self.latest, number, [asdict(step) for step in _search()]))
        self.say(Progress(self.latest, number, answers, is_last=True))

    def _expand(self, question: Expand) -> None:
        """Give the rows of the text, of its children, and of the tokens ahead."""
        place = len(question.prompt) + len(question.tokens)
        best = [token.token for token in _row(place).tokens[: question.num_children]]
        ahead = [question.ahead[: num + 1] for num in range(len(question.ahead))]
        branches = [[], *([token] for token in best), *ahead[1:]]
        rows = [asdict(_row(place + len(branch))) for branch in branches]
        self.say(Expanded(self.latest, _STEP, branches, rows))

    def _look(self, question: Distributions) -> None:
        tokens = [*question.prompt, *question.tokens]
        rows = [asdict(_row(place)) for place in range(len(tokens) + 1)]
        chain = ["top-p 0.9", "greedy"]
        self.say(
            DistributionsFound(self.latest, _STEP, tokens, len(question.prompt), 0, rows, chain)
        )


def _answer(prompt: str, spec: str, rank: int, texts: tuple[str, ...]) -> Answer:
    text = texts[rank - 1]
    logprobs = [-(1 + place * rank % 5) / 4 for place in range(len(text))]
    parts_at = None
    if rank > 1:
        same = (a == b for a, b in zip(text, texts[0], strict=False))
        parts_at = next(place for place, is_same in enumerate(same) if not is_same)
    total = sum(logprobs)
    return Answer(
        spec, [spec], rank, prompt + text, text, False, total, total / len(text), list(text),
        logprobs, prompt, end="length", parts_at=parts_at,
    )  # fmt: skip


def _search() -> tuple[TracedStep, ...]:
    """Return two steps of a beam of two: (id, parent, token, log-prob, fate) of what they made."""
    first = ((1, 0, "a", -1.0, "kept"), (2, 0, "[", -1.5, "kept"), (3, 0, "x", -4.0, _WIDE))
    second = (
        (4, 1, "b", -2.0, "kept"), (5, 1, "\x1b", -2.5, "kept"), (6, 2, "/", -9.0, _WIDE),
    )  # fmt: skip
    steps = []
    for number, made in enumerate((first, second), 1):
        is_last = number == 2
        hypotheses = [
            TracedHypothesis(node, parent, token, p, p, p, fate)
            for node, parent, token, p, fate in made
        ]
        kept = [TracedAnswer(one.id, "length") for one in hypotheses if one.fate == "kept"]
        steps.append(
            TracedStep(
                0, number, [], hypotheses, "length" if is_last else None, "",
                kept if is_last else [],
            )
        )  # fmt: skip
    return tuple(steps)


def _row(place: int) -> TracedRow:
    """Return a distribution over eight letters, the last three dropped by a filter."""
    letters = "eta[\x1b ox"
    weights = [1 / (1 + (number + place) % 8) ** 2 for number in range(8)]
    total, left = sum(weights), sum(weights[:5])
    tokens = [
        TracedToken(
            letter, math.log(weight / total), math.log(weight / left) if number < 5 else None,
            "kept" if number == 0 else "not taken" if number < 5 else "dropped by top-p",
        )
        for number, (letter, weight) in enumerate(zip(letters, weights, strict=True))
    ]  # fmt: skip
    tokens.sort(key=lambda token: -token.logprob)
    return TracedRow(0, 1.25, 0.75, 5, tokens)


def _finding(question: Inspect) -> Finding:
    """Return one picture of each of three kinds, whichever view was asked for."""
    steps = tuple(float(step) for step in range(12))
    norms = tuple(tuple(round(0.9**step / layer, 4) for step in range(12)) for layer in (1, 2))
    return Finding(
        question.view,
        question.run.rpartition("/")[2],
        _STEP,
        ("The gradient fades: half of it is gone after 7 steps.",),
        (
            HeatMap("norm of dL/dh", ("l0", "l1"), tuple(map(str, range(12))), norms),
            Chart("norm", "steps back", "", (Curve("l0", steps, norms[0], 0),)),
            ShadedText(
                "what it fires on", tuple("Once [b]\x1b"), (0.0, 1.0, -1.0, 0.5) * 2 + (0.2,)
            ),
        ),
        units=("l0.1", "l0.2"),
    )

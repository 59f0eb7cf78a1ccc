"""Continues a text with several decoders, a step of each in turn; a classifier judges it."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, cast

from rnnlab.decoding import Spec, TracedStep, Tracer, parse_spec
from rnnlab.protocol.messages import Answer, Generate, Progress, Started, Trace
from rnnlab.worker import AnswerContext, Pace

if TYPE_CHECKING:
    from rnnlab.models import GenerationStep, LoadedModel, Unknown

_MAX_TRACED = 20_000
"""Hypotheses of a decoder that are told at most: more than anybody looks through."""


def answer(request: Generate, desk: AnswerContext) -> None:
    """Answer frame by frame."""
    from rnnlab.models import Classifier, continue_texts, make_readable

    specs: list[Spec] = [parse_spec(text) for text in request.decoders]
    loaded = desk.model(request.ask, request.run, request.checkpoint)
    if isinstance(loaded.model, Classifier):
        desk.say(Started(request.ask, loaded.step))
        desk.say(Progress(request.ask, 0, [_verdict(loaded, request.prompt)], is_last=True))
        return
    unknown = cast("Unknown", request.unknown)
    # What cannot be read is said before anybody clears his screen for an answer.
    make_readable(loaded.vocabulary, request.prompt, unknown)
    columns = [
        _Column(
            number,
            request,
            desk,
            continue_texts(
                loaded, [request.prompt], spec, request.length, request.num, request.seed, unknown
            ),
        )
        for number, spec in enumerate(specs)
    ]
    desk.say(Started(request.ask, loaded.step))
    while columns and not desk.is_cancelled(request.ask):
        columns = [column for column in columns if column.grow()]


class _Column:
    """One decoder of a request at work."""

    def __init__(
        self, number: int, request: Generate, desk: AnswerContext, growths: Iterator[GenerationStep]
    ) -> None:
        self._number = number
        self._request = request
        self._desk = desk
        self._growths = growths
        self._pace = Pace()
        self._tracer: Tracer | None = None
        self._num_traced = 0
        self._steps: list[TracedStep] = []

    def grow(self) -> bool:
        """Take a step, tell of it where that is due, and return whether there is another."""
        growth = next(self._growths)
        is_due = self._pace.is_due() or growth.is_last
        if self._request.has_trace:
            self._trace(growth, is_due=is_due)
        if is_due:
            self._desk.say(
                Progress(self._request.ask, self._number, growth.answers(), growth.is_last)
            )
        return not growth.is_last

    def _trace(self, growth: GenerationStep, *, is_due: bool) -> None:
        was_full = self._num_traced >= _MAX_TRACED
        if not was_full:
            if self._tracer is None:
                self._tracer = growth.of.tracer(has_rows=False)
            found = self._tracer.add(growth.frame)
            self._steps += found
            self._num_traced += sum(len(step.hypotheses) for step in found)
        is_cut = not was_full and self._num_traced >= _MAX_TRACED
        if (is_due or is_cut) and self._steps:
            steps = [asdict(step) for step in self._steps]
            self._steps.clear()
            self._desk.say(Trace(self._request.ask, self._number, steps, is_cut))


def _verdict(loaded: LoadedModel, text: str) -> Answer:
    """Return what a classifier thinks of a text, in the form of an answer: a token for a class."""
    from rnnlab.models import classify_texts

    [verdict] = classify_texts(loaded, [text])
    ranked = sorted(verdict.probabilities.items(), key=lambda item: -item[1])
    tokens = [f"\n{label}  {probability:.1%}" for label, probability in ranked]
    logprobs = [math.log(max(probability, sys.float_info.min)) for _, probability in ranked]
    return Answer(
        decoder="classify",
        chain=["class of the document"],
        rank=1,
        text=text + "".join(tokens),
        continuation="".join(tokens),
        finished=True,
        logprob=logprobs[0],
        score=logprobs[0],
        tokens=tokens,
        token_logprobs=logprobs,
    )

"""Continue a text with several decoders: one prefill, then one step of each decoder in turn.

For a classifier, send the probabilities of the classes instead.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, cast

from rnnlab.base.errors import BadInputError
from rnnlab.decoding import Spec, TracedStep, Tracer, parse_spec
from rnnlab.protocol.messages import (
    CLASSIFY,
    Answer,
    Classified,
    Generate,
    Progress,
    Started,
    Trace,
)
from rnnlab.worker import AnswerContext, Pace

if TYPE_CHECKING:
    from rnnlab.inference import GenerationStep, LoadedModel, Unknown

_MAX_TRACED = 20_000
"""Maximum number of hypotheses in the trace of a decoder: more than anybody reads."""


def answer(request: Generate, context: AnswerContext) -> None:
    """Send the frames of every decoder until all have ended or the request is cancelled."""
    from rnnlab.inference import begin_text, check_prefix, continue_prefilled, prefill

    specs: list[Spec] = [parse_spec(text) for text in request.decoders]
    loaded = context.model(request.ask, request.run, request.checkpoint)
    if loaded.is_classifier:
        if not request.prompt.strip():
            raise BadInputError("there is no text to classify", "write a document")
        context.send(Started(request.ask, loaded.step))
        probabilities = _ranked_classes(loaded, request.prompt)
        context.send(Classified(request.ask, probabilities))
        shown = _class_answer(request.prompt, probabilities)
        context.send(Progress(request.ask, 0, [shown], is_last=True))
        return
    unknown = cast("Unknown", request.unknown)
    # Both before `Started`: they may raise, and at `Started` the screens drop previous answers.
    prompt = begin_text(loaded.vocabulary, request.prompt, unknown)
    for spec in specs:
        check_prefix(loaded.vocabulary, spec)
    context.send(Started(request.ask, loaded.step))
    prefilled = prefill(loaded, [prompt], specs)
    searches = []
    for number, spec in enumerate(specs):
        steps = continue_prefilled(
            loaded, prefilled, spec, request.length, request.num, request.seed
        )
        searches.append(_Search(number, request, context, steps))
    while searches and not context.is_cancelled(request.ask):
        searches = [search for search in searches if search.advance()]


class _Search:
    """The search of one decoder of a request; sends at most one frame per `FRAME_S` seconds."""

    def __init__(
        self,
        number: int,
        request: Generate,
        context: AnswerContext,
        steps: Iterator[GenerationStep],
    ) -> None:
        self._number = number
        self._request = request
        self._context = context
        self._generation = steps
        self._pace = Pace()
        self._tracer: Tracer | None = None
        self._num_traced = 0
        self._steps: list[TracedStep] = []

    def advance(self) -> bool:
        """Take one step, and send a frame if one is due; return whether more steps follow."""
        step = next(self._generation)
        is_due = self._pace.is_due() or step.is_last
        if self._request.has_trace:
            self._trace(step, is_due=is_due)
        if is_due:
            self._context.send(
                Progress(self._request.ask, self._number, step.answers(), step.is_last)
            )
        return not step.is_last

    def _trace(self, generated: GenerationStep, *, is_due: bool) -> None:
        was_full = self._num_traced >= _MAX_TRACED
        if not was_full:
            if self._tracer is None:
                self._tracer = generated.of.tracer(has_rows=False)
            traced = self._tracer.add(generated.frame)
            self._steps += traced
            self._num_traced += sum(len(step.hypotheses) for step in traced)
        is_cut = not was_full and self._num_traced >= _MAX_TRACED
        if (is_due or is_cut) and self._steps:
            steps = [asdict(step) for step in self._steps]
            self._steps.clear()
            self._context.send(Trace(self._request.ask, self._number, steps, is_cut))


def _ranked_classes(loaded: LoadedModel, text: str) -> dict[str, float]:
    """Return the probabilities of the classes of a text, the most probable class first."""
    from rnnlab.inference import classify_texts

    [verdict] = classify_texts(loaded, [text])
    return dict(sorted(verdict.probabilities.items(), key=lambda item: -item[1]))


def _class_answer(text: str, probabilities: Mapping[str, float]) -> Answer:
    """Return the classes of a text as an answer with one token per class, for the candidates."""
    tokens = [f"\n{label}  {probability:.1%}" for label, probability in probabilities.items()]
    logprobs = [math.log(max(value, sys.float_info.min)) for value in probabilities.values()]
    return Answer(
        decoder=CLASSIFY,
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

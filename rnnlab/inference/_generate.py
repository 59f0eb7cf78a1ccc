"""Continue texts with a trained model: several prompts and samples at once, step by step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rnnlab.corpora import Vocabulary
from rnnlab.decoding._limits import why_over
from rnnlab.inference import _whole_words
from rnnlab.inference._beginnings import check_prefix, with_space
from rnnlab.inference._loaded import LoadedModel
from rnnlab.inference._prefill import prefill_prompts, repeat_rows
from rnnlab.inference._prompt import EncodedPrompt, Unknown, begin_text
from rnnlab.protocol.messages import Answer

if TYPE_CHECKING:
    from rnnlab.decoding import Frame, Hypothesis, SearchStart, Spec, Tracer


@dataclass(frozen=True)
class Continuation:
    """The prompts, decoder and limits of one search; the same for all its frames."""

    spec: Spec
    prompts: Sequence[EncodedPrompt]
    vocabulary: Vocabulary
    num: int | None
    """Number of samples of a random decoder (None: 1) or of best hypotheses (None: all)."""
    start: SearchStart
    """The initial state of the search, one row per prompt and sample."""
    rows_a_prompt: int
    length: int
    """Maximum number of tokens of a continuation."""

    def tracer(self, *, has_rows: bool = True) -> Tracer:
        """Return a tracer for the frames of this search.

        has_rows: also trace the distribution of every next token.
        """
        from rnnlab.decoding import Tracer

        return Tracer(
            self.spec.options, self.start, self.vocabulary.tokens, self.length, has_rows=has_rows
        )

    @property
    def chain(self) -> list[str]:
        """The names of the filters, the search and its limits, in the order in which they apply."""
        first = _whole_words.word_chain(self.vocabulary, self.spec.options)
        has_eos = self.vocabulary.eos is not None
        return [*first, *self.spec.options.chain(has_eos=has_eos)]

    def hypotheses(self, frame: Frame) -> list[list[Hypothesis]]:
        """Return a list of hypotheses per prompt, best first; samples in the order of drawing."""
        by_prompt: list[list[Hypothesis]] = [[] for _ in self.prompts]
        for hypothesis in frame.hypotheses:
            by_prompt[hypothesis.prompt // self.rows_a_prompt].append(hypothesis)
        if self.rows_a_prompt == 1:
            by_prompt = [sorted(group, key=lambda h: -h.score) for group in by_prompt]
        return [group[: self.num] for group in by_prompt]


@dataclass(frozen=True)
class GenerationStep:
    """One step of a search; its answers are decoded only on request."""

    frame: Frame
    of: Continuation

    @property
    def is_last(self) -> bool:
        """True if the search has ended."""
        return self.frame.is_last

    def answers(self) -> list[Answer]:
        """Return the continuations so far, one prompt after another, best first within a prompt."""
        return [answer for answers in self.answers_by_prompt() for answer in answers]

    def answers_by_prompt(self) -> list[list[Answer]]:
        """Return one list of continuations so far per prompt, best first."""
        by_prompt = []
        for number, hypotheses in enumerate(self.of.hypotheses(self.frame)):
            best = hypotheses[0].tokens() if hypotheses else []
            by_prompt.append(
                [self._answer(h, rank, number, best) for rank, h in enumerate(hypotheses, 1)]
            )
        return by_prompt

    def _answer(self, hypothesis: Hypothesis, rank: int, number: int, best: list[int]) -> Answer:
        vocabulary, prompt = self.of.vocabulary, self.of.prompts[number].text
        ids = hypothesis.tokens()
        continuation = vocabulary.decode(ids, after=prompt)
        return Answer(
            decoder=self.of.spec.text,
            chain=self.of.chain,
            rank=rank,
            text=prompt + continuation,
            continuation=continuation,
            finished=hypothesis.end == "eos",
            logprob=hypothesis.logprob,
            score=hypothesis.score,
            tokens=[vocabulary.tokens[i] for i in ids],
            token_logprobs=hypothesis.token_logprobs(),
            prompt=prompt,
            prompt_number=number,
            end=why_over(hypothesis, self.frame.last, self.of.length),
            parts_at=None if rank == 1 else parting(best, ids),
            prompt_note=self.of.prompts[number].note,
            note=self.frame.note(hypothesis.prompt),
        )


@dataclass(frozen=True)
class PrefilledPrompts:
    """Prompts that the model has read once, and the state from which every search begins."""

    prompts: Sequence[EncodedPrompt]
    start: SearchStart
    """Initial state of every search, one row per prompt; no search changes it."""


def prefill(
    loaded: LoadedModel, prompts: Sequence[EncodedPrompt], specs: Sequence[Spec]
) -> PrefilledPrompts:
    """Run prompts through the model once, for all decoders in `specs`.

    Raises BadInputError if the model cannot write the prefix of a decoder.
    """
    for spec in specs:
        check_prefix(loaded.vocabulary, spec)
    keep_features = any(spec.decoder.needs_features for spec in specs)
    tokens = [prompt.tokens for prompt in prompts]
    start = prefill_prompts(loaded, loaded.stepper, tokens, keep_features=keep_features)
    return PrefilledPrompts(prompts, start)


def continue_prefilled(
    loaded: LoadedModel,
    prefilled: PrefilledPrompts,
    spec: Spec,
    length: int,
    num: int | None = None,
    seed: int = 1,
) -> Iterator[GenerationStep]:
    """Continue prefilled prompts by at most `length` tokens; yield every step, for all prompts.

    The continuations of a prompt do not depend on the other prompts or on other decoders that
    start from the same prefill: sample i of each prompt is drawn with the seed's i-th generator.
    """
    vocabulary, stepper = loaded.vocabulary, loaded.stepper
    is_drawn_alone = spec.decoder.is_random and not spec.decoder.gives_set
    samples = (num or 1) if is_drawn_alone else 1
    start = repeat_rows(stepper, prefilled.start, samples)
    step = stepper.step
    if vocabulary.kind == "words":
        whole_words = _whole_words.WholeWords(step, vocabulary)
        prompts = [prompt for prompt in prefilled.prompts for _ in range(samples)]
        texts = [prompt.text for prompt in prompts]
        start = whole_words.begin(start, texts, [prompt.unfinished for prompt in prompts])
        step, spec = whole_words, with_space(vocabulary, spec, texts)
    most = spec.options.longest(length)
    continuation = Continuation(spec, prefilled.prompts, vocabulary, num, start, samples, most)
    generators = []
    if spec.decoder.is_random:  # else numpy.random is not imported
        rows = range(len(start.prompts))
        generators = [np.random.default_rng([seed, row % samples]) for row in rows]
    for frame in spec.decoder.search(step, start, spec.options, length, generators):
        yield GenerationStep(frame, continuation)


def continue_texts(
    loaded: LoadedModel,
    prompts: Sequence[str],
    spec: Spec,
    length: int,
    num: int | None = None,
    seed: int = 1,
    unknown: Unknown = "auto",
) -> Iterator[GenerationStep]:
    """Encode, prefill and continue prompts with one decoder; yield every step.

    To prefill once for several decoders, call `prefill` and `continue_prefilled`. Raises
    BadInputError for a prompt with unknown characters, unless `unknown` replaces or drops them.
    """
    encoded = [begin_text(loaded.vocabulary, prompt, unknown) for prompt in prompts]
    prefilled = prefill(loaded, encoded, [spec])
    yield from continue_prefilled(loaded, prefilled, spec, length, num, seed)


def parting(best: list[int], tokens: list[int]) -> int | None:
    """Return the index at which `tokens` first differs from `best`; None if they are equal."""
    for place, token in enumerate(tokens):
        if place >= len(best) or best[place] != token:
            return place
    return len(tokens) if len(tokens) < len(best) else None

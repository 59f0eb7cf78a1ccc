"""The distribution of every token of a text: the trace of a search that is forced to write it.

Shapes: R rows (one), V tokens of the vocabulary, T tokens of a text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rnnlab.corpora import Ids, Vocabulary
from rnnlab.decoding import (
    LogProbs,
    Options,
    Prompt,
    SearchStart,
    Spec,
    State,
    Step,
    TracedRow,
    Tracer,
)
from rnnlab.decoding._rows import write_rows
from rnnlab.inference import _whole_words
from rnnlab.inference._loaded import LoadedModel
from rnnlab.inference._prefill import prefill_prompts
from rnnlab.inference._prompt import Unknown, encode_prompt

MAX_PLACES = 600
"""Maximum number of prompt tokens with a row, counted from the end of the prompt."""


class TextDistributions(NamedTuple):
    """A text and the distributions of its tokens."""

    tokens: list[str]
    """The encoded prompt, then the tokens after it."""
    num_prompt: int
    first_place: int
    """Index of the token that the first row predicts; above 0 if the prompt exceeds MAX_PLACES."""
    rows: list[TracedRow]
    """A row per token from `first_place` on, and one for the token after the text; fewer if the
    filters leave no token."""
    chain: list[str]
    prompt_note: str


def distributions_of(
    loaded: LoadedModel,
    prompt: str,
    tokens: Sequence[str],
    spec: Spec,
    num_shown: int = 40,
    unknown: Unknown = "auto",
    max_places: int = MAX_PLACES,
) -> TextDistributions:
    """Return the distribution of every token of a text and of the token after it.

    tokens: the text after the prompt; the filters of `spec` apply only to it. num_shown: minimum
    number of tokens listed per distribution. max_places: maximum number of prompt tokens with a
    row, counted from the end of the prompt. Raises BadInputError for unknown characters or tokens.
    """
    vocabulary = loaded.vocabulary
    read = encode_prompt(vocabulary, prompt, unknown)
    written = vocabulary.ids_of(list(tokens))
    options = spec.options.model_copy(update={"stop": "", "max_length": 0, "max_time": 0.0})
    head = max(0, len(read.tokens) - max_places)
    stepper = loaded.stepper
    start = prefill_prompts(loaded, stepper, [read.tokens[:head]], keep_features=False)
    reading = _Reading(stepper.step, start)
    # the last row belongs to the search after the prompt, which has filters
    first = _rows(vocabulary, reading, start, read.tokens[head:], Options(), num_shown)[:-1]
    start = reading.reached._replace(prompts=[Prompt(read.tokens.tolist())])
    step: Step = stepper.step
    if vocabulary.kind == "words":
        whole_words = _whole_words.WholeWords(step, vocabulary)
        start, step = whole_words.begin(start, [read.text]), whole_words
    last = _rows(vocabulary, step, start, written, options, num_shown)
    names = [vocabulary.tokens[i] for i in [*read.tokens.tolist(), *written.tolist()]]
    has_eos = vocabulary.eos is not None
    chain = [*_whole_words.word_chain(vocabulary, options), *options.chain(has_eos=has_eos)]
    return TextDistributions(names, len(read.tokens), head, [*first, *last], chain, read.note)


class _Reading:
    """A `Step` that records how far the text has been read."""

    def __init__(self, step: Step, start: SearchStart) -> None:
        self._step = step
        self.reached = start
        """The initial state of a search after the last token."""

    def __call__(self, state: State, parents_R: Ids, tokens_R: Ids) -> tuple[LogProbs, State]:
        log_probs_RV, state = self._step(state, parents_R, tokens_R)
        self.reached = self.reached._replace(log_probs_PV=log_probs_RV, state=state)
        return log_probs_RV, state


def _rows(
    vocabulary: Vocabulary,
    step: Step,
    start: SearchStart,
    forced: Ids,
    options: Options,
    num_shown: int,
) -> list[TracedRow]:
    """Return the distribution of each forced token, and of the token after them.

    There are fewer rows if the filters leave no token.
    """
    length = len(forced) + 1
    tracer = Tracer(options, start, vocabulary.tokens, length, num_shown)

    def choose(filtered_RV: LogProbs, _rows: Sequence[int], place: int) -> Ids:
        best_R: Ids = filtered_RV.argmax(-1)
        return forced[place : place + 1] if place < len(forced) else best_R

    frames = write_rows(step, start, options, length, choose)
    return [row for frame in frames for traced in tracer.add(frame) for row in traced.rows]

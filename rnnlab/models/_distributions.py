"""The distribution of every token of a text: the trace of a search that is forced to write it.

Shapes: R rows (one), V tokens of the vocabulary, T tokens of a text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rnnlab.corpora import Ids
from rnnlab.decoding import Options, Spec, Step, TracedRow, Tracer
from rnnlab.decoding._numbers import LogProbs
from rnnlab.decoding._rows import write_rows
from rnnlab.models import _whole_words
from rnnlab.models._checkpoint import LoadedModel
from rnnlab.models._prefill import prefill_prompts
from rnnlab.models._prompt import Unknown, encode_prompt

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
    first = _rows(loaded, read.tokens[:head], read.tokens[head:], Options(), num_shown)
    last = _rows(loaded, read.tokens, written, options, num_shown, whole_after=read.text)
    names = [vocabulary.tokens[i] for i in [*read.tokens.tolist(), *written.tolist()]]
    has_eos = vocabulary.eos is not None
    whole = [_whole_words.CHAIN] if vocabulary.kind == "words" else []
    chain = [*whole, *options.chain(has_eos=has_eos)]
    return TextDistributions(names, len(read.tokens), head, [*first, *last], chain, read.note)


def _rows(
    loaded: LoadedModel,
    before: Ids,
    forced: Ids,
    options: Options,
    num_shown: int,
    whole_after: str | None = None,
) -> list[TracedRow]:
    """Return the distribution of each forced token.

    whole_after: the text of the prompt if the forced tokens continue it; a word model then writes
    whole words only, and the distribution of the token after them is added. There are fewer rows
    if the filters leave no token.
    """
    vocabulary, stepper = loaded.vocabulary, loaded.stepper
    length = len(forced) + (whole_after is not None)
    if not length:
        return []
    start = prefill_prompts(loaded, stepper, [before], keep_features=False)
    step: Step = stepper.step
    if whole_after is not None and vocabulary.kind == "words":
        whole_words = _whole_words.WholeWords(step, vocabulary)
        start, step = whole_words.begin(start, [whole_after]), whole_words
    tracer = Tracer(options, start, vocabulary.tokens, length, num_shown)

    def choose(filtered_RV: LogProbs, _rows: Sequence[int], place: int) -> Ids:
        best_R: Ids = filtered_RV.argmax(-1)
        return forced[place : place + 1] if place < len(forced) else best_R

    frames = write_rows(step, start, options, length, choose)
    return [row for frame in frames for traced in tracer.add(frame) for row in traced.rows]

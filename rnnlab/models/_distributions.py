"""What a model expects at every place of a text: a search that is told what to write, traced.

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
"""Places that are looked at of a prompt, its last ones."""


class TextDistributions(NamedTuple):
    """A text and what was expected at its places."""

    tokens: list[str]
    """Of the prompt as it was read, then those after it."""
    num_prompt: int
    first_place: int
    """Place of the first row: a long text is not looked at from its beginning."""
    rows: list[TracedRow]
    """Distributions, up to that of what comes next; fewer where the filters leave nothing."""
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
    """Return the distribution of every token of a text and of the one to come.

    tokens: what was written after the prompt; a decoder's filters apply to them alone. num_shown:
    tokens that are listed of each distribution. max_places: places of the prompt, its last ones,
    that have a row. Raises BadInputError for what cannot be read.
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
    told: Ids,
    options: Options,
    num_shown: int,
    whole_after: str | None = None,
) -> list[TracedRow]:
    """Return the distribution of each token that is told.

    whole_after: the text before them, where they were written: whole words then, and the
    distribution of the next one as well. Fewer rows where the filters leave nothing.
    """
    vocabulary, stepper = loaded.vocabulary, loaded.stepper
    length = len(told) + (whole_after is not None)
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
        return told[place : place + 1] if place < len(told) else best_R

    frames = write_rows(step, start, options, length, choose)
    return [row for frame in frames for traced in tracer.add(frame) for row in traced.rows]

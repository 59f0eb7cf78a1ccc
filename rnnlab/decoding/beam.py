"""Beam search: at every length, keep the k most probable hypotheses.

Each step does the following for one prompt (`WidthBeam.grow`):

    extend  every live hypothesis by every token that the filters left: the candidates;
    select  candidates, best first, until k of them are live. Candidates that end a text on the way
            are finished and kept apart: they never take the place of a live hypothesis. With
            `early=full`, only ends among the k best candidates count, as in transformers and
            fairseq: each further one would end the search before better texts are complete;
    prune   live hypotheses whose score is more than `gap` below the best score so far;
    stop    once no live hypothesis can become one of the n best texts (see `early`).

The answers are the n best of the finished and the live hypotheses. The same search in plain lists
is `naive_beam` in tests/toys/searches.py; test_decoding_beam.py compares the two.

With `p` below 1 this is nucleus beam search: only tokens in the nucleus of a hypothesis extend it.

Sources: Lowerre (1976); score = log p / length^a or, in Wu et al. (2016, equation 14),
log p / ((5 + length) / 6)^a; the gap: Freitag and Al-Onaizan (2017).
Shapes: R live hypotheses of a prompt, N candidates, V tokens of the vocabulary.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnlab.decoding._base import Decoder
from rnnlab.decoding._beam import search_beams
from rnnlab.decoding._beam_ahead import BeamBlocks
from rnnlab.decoding._beam_options import BeamOptions
from rnnlab.decoding._width_beam import WidthBeam

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np

    from rnnlab.decoding._base import Frame
    from rnnlab.decoding._step import SearchStart, Step


def search(
    step: Step,
    start: SearchStart,
    options: BeamOptions,
    max_length: int,
    generators: Sequence[np.random.Generator],  # noqa: ARG001
) -> Iterator[Frame]:
    """Extend the live hypotheses of all prompts with one model step at a time."""

    def make_beam(prompt: int) -> WidthBeam:
        return WidthBeam(prompt, start, options, options.longest(max_length))

    blocks = BeamBlocks.of(step, start, options)
    ahead = None if blocks is None else blocks.write
    return search_beams(step, start, options, max_length, make_beam, ahead)


DECODER = Decoder(search, BeamOptions, is_random=False, source="Lowerre (1976)")

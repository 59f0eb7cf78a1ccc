"""Interfaces of a decoder: a search that calls a step function and yields frames of hypotheses.

Searches are numpy on the host.
Shapes: R rows (live hypotheses or samples of all prompts), V tokens of the vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np

from rnnlab.decoding._hypothesis import Hypothesis
from rnnlab.decoding._numbers import LogProbs
from rnnlab.decoding._options import Options
from rnnlab.decoding._step import SearchStart, Step


class Expansion(NamedTuple):
    """The hypotheses that a step extended, and the distributions of their next tokens."""

    hypotheses: Callable[[], list[Hypothesis]]
    """Function that returns the extended hypotheses, one per row."""
    log_probs_RV: LogProbs
    """Log-probs of the model."""
    filtered_RV: LogProbs
    """Log-probs after the filters, renormalised."""


Pruned = tuple[Callable[[], list[Hypothesis]], str]
"""A function that returns hypotheses that a step pruned, and the reason for all of them."""

Last = Literal["ended", "length", "time"]
"""Why a search is over: no hypothesis to extend, maximum length, or `max_time`."""


class Frame(NamedTuple):
    """All hypotheses after one step of a search, best first within a prompt."""

    choose: Callable[[], list[Hypothesis]]
    """Function that returns the live and finished hypotheses; most frames never call it."""
    last: Last | None = None
    """Why the search is over; None if it goes on."""
    expansions: Sequence[Expansion] = ()
    """The distributions from which the step chose."""
    pruned: Sequence[Pruned] = ()
    notes: Sequence[str] = ()
    """One remark per prompt about its answers; empty if there are no remarks."""

    def note(self, prompt: int) -> str:
        """Return the remark about the answers to a prompt, or ""."""
        return self.notes[prompt] if self.notes else ""

    @property
    def hypotheses(self) -> list[Hypothesis]:
        """The live and finished hypotheses."""
        return self.choose()

    @property
    def is_last(self) -> bool:
        """Whether the search is over; `hypotheses` are then its answers."""
        return self.last is not None


Search = Callable[
    [Step, SearchStart, Any, int, Sequence["np.random.Generator"]],
    Iterator[Frame],
]
"""search(step, start, options, max_length, generators) yields a frame after every step.

options: of the type `Decoder.options`. generators: one per row of `start`; a search that is not
random does not use them.
"""


@dataclass(frozen=True)
class Decoder:
    """A search and the type of its options; the `DECODER` of every module in this folder."""

    search: Search
    options: type[Options]
    is_random: bool
    """Whether the result depends on the seed, so that several samples differ."""
    source: str = ""
    """Publication, as "Author (year)"."""
    gives_set: bool = False
    """Whether one random search returns several different answers; it is then run only once."""
    needs_features: bool = False
    """Whether the search needs `SearchStart.features`, the outputs of the top layer."""

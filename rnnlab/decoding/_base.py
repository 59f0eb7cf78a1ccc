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
    """One hypothesis per row."""
    log_probs_RV: LogProbs
    """Of the model."""
    filtered_RV: LogProbs
    """After the filters."""


Pruned = tuple[Callable[[], list[Hypothesis]], str]
"""Hypotheses that a step pruned, and the reason."""

Last = Literal["ended", "length", "time"]
"""Why a search is over: no hypothesis to extend, maximum length, or `max_time`."""


class Frame(NamedTuple):
    """All hypotheses after one step of a search, best first within a prompt."""

    choose: Callable[[], list[Hypothesis]]
    """Returns the live and finished hypotheses; lazy, because most frames are not shown."""
    last: Last | None = None
    """Why the search is over; None if it goes on."""
    expansions: Sequence[Expansion] = ()
    """The distributions from which the step chose."""
    pruned: Sequence[Pruned] = ()
    notes: Sequence[str] = ()
    """A remark about the answers to each prompt; empty: none."""

    def note(self, prompt: int) -> str:
        """Return the remark about the answers to a prompt, or ""."""
        return self.notes[prompt] if self.notes else ""

    @property
    def hypotheses(self) -> list[Hypothesis]:
        """The live and finished hypotheses."""
        return self.choose()

    @property
    def is_last(self) -> bool:
        """Whether the search is over and these are its answers."""
        return self.last is not None


Search = Callable[
    [Step, SearchStart, Any, int, Sequence[np.random.Generator]],
    Iterator[Frame],
]
"""search(step, start, options, max_length, generators) with one generator per prompt.

The options have the type of the decoder.
"""


@dataclass(frozen=True)
class Decoder:
    """An entry of the folder: a search and its type of options."""

    search: Search
    options: type[Options]
    is_random: bool
    """Whether the result depends on the seed, so that several samples differ."""
    source: str = ""
    """Publication, as "Author (year)"."""
    gives_set: bool = False
    """Whether one random search returns several different answers: it is not repeated."""
    needs_features: bool = False
    """Whether it needs `SearchStart.features`, the outputs of the top layer."""

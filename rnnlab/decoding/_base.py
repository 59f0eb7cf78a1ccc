"""Interfaces of a decoder: a search that calls a step function and yields frames of hypotheses.

Searches run in numpy on the host; the step hides the model, its device and the form of its state.
Shapes: P prompts, R rows (live hypotheses or samples of all prompts), V tokens of the vocabulary,
F features of the model's top layer.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from rnnlab.decoding._hypothesis import Hypothesis
from rnnlab.decoding._numbers import Ids, LogProbs

if TYPE_CHECKING:
    from rnnlab.decoding._options import Options

State = Any
"""State of the model for R rows; searches pass it to the step and never read it."""
Features = npt.NDArray[Any]


class Step(Protocol):
    """The interface between decoders and models."""

    def __call__(self, state: State, parents_R: Ids, tokens_R: Ids, /) -> tuple[LogProbs, State]:
        """Read token `tokens_R[r]` after row `parents_R[r]` of the state, for each new row r.

        Return the log-probs [R, V] of the next token, and the state of the new rows. The argument
        `state` is not changed: a search may step from it again.
        """
        ...


Goals = npt.NDArray[np.float64] | None
"""Uniform random numbers [T, R] in [0, 1), one for each of T draws in R rows: a draw inverts the
cumulative distribution at its number. None: the choice is greedy, without draws."""


class Written(NamedTuple):
    """The result of several steps in one call."""

    tokens_TR: Ids
    log_probs_TRV: LogProbs
    """Log-probs of the next token after each of `tokens_TR`."""
    state: State


class Writer(Protocol):
    """Takes several steps in one call, for greedy decoding and sampling without filters.

    Each step chooses the most probable token (ties go to the lowest id) or draws at a goal, as
    `draw` does, and then computes log-probs with the same bits as those of a `Step`.
    """

    def stretch(self, num_rows: int) -> int:
        """Return the efficient number of steps (at least 1) per call for this number of rows."""
        ...

    def write(
        self, state: State, parents_R: Ids, log_probs_RV: LogProbs, num: int, goals_TR: Goals,
        eos: int | None,
    ) -> Written:  # fmt: skip
        """Append `num` tokens to each new row r, which continues row `parents_R[r]` of the state.

        log_probs_RV: distribution of the first token. The call may return early, once every row has
        written `eos`; until then, it also extends the rows that have ended.
        """
        ...


@dataclass(frozen=True)
class Prompt:
    """Tokens that a row has read before the search begins."""

    tokens: Sequence[int] = ()
    """Token ids, without the boundary token at the start of a sentence."""
    features_TF: Features | None = None
    """Outputs of the top layer after each token; None if the decoder does not need them."""


class SearchStart(NamedTuple):
    """The initial state of a search, after the prompts have been read."""

    log_probs_PV: LogProbs
    """Log-probs of the first token of each continuation."""
    state: State
    """State of the model after the prompts, P rows."""
    eos: int | None = None
    """Id of the token that ends a sentence; None if texts have no end."""
    prompts: Sequence[Prompt] = ()
    """One prompt per row; empty if there are no prompts."""
    pieces: Sequence[str] = ()
    """The text of each token of the vocabulary, "" for tokens without text."""
    features: Callable[[State], Features] | None = None
    """Function that returns the top layer's output [R, F] after the last token of each row."""
    leaves_out: bool = False
    """Whether the step excludes tokens; the probabilities may then sum to less than 1."""
    writer: Writer | None = None
    """Object that takes several steps in one call; None if only single steps are possible."""
    clock: Callable[[], float] = time.monotonic
    """Function that returns the time in seconds, for `max_time`."""


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
    [Step, SearchStart, Any, int, Sequence[np.random.Generator]],
    Iterator[Frame],
]
"""search(step, start, options, max_length, generators) yields a frame after every step.

options: of the type `Decoder.options`. generators: one per row of `start`.
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

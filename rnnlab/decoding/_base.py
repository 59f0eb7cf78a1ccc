"""Interfaces of a decoder: a search that calls a step function and yields frames of hypotheses.

Searches are numpy on the host; the step hides the model, its device and the form of its state.
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
"""The model's state over R rows; searches pass it on and never read it."""
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
"""Uniform random numbers [T, R] in [0, 1) at which T draws of R rows invert the cumulative
distribution; None: greedy, without draws."""


class Written(NamedTuple):
    """The result of several steps in one call."""

    tokens_TR: Ids
    log_probs_TRV: LogProbs
    """The log-probs after each of these tokens."""
    state: State


class Writer(Protocol):
    """Several steps in one call, for greedy decoding and sampling without filters.

    Each step chooses the most probable token (ties go to the lowest id) or draws at a goal, as
    `draw` does, and then computes the same bits as a `Step`.
    """

    def stretch(self, num_rows: int) -> int:
        """Return how many steps of this number of rows are efficient in one call, at least 1."""
        ...

    def write(
        self, state: State, parents_R: Ids, log_probs_RV: LogProbs, num: int, goals_TR: Goals,
        eos: int | None,
    ) -> Written:  # fmt: skip
        """Append `num` tokens to row `parents_R[r]` of the state, for each new row r.

        log_probs_RV: distribution of the first token. The call may return early, once every row has
        written `eos`; until then, it extends rows that have ended, too.
        """
        ...


@dataclass(frozen=True)
class Prompt:
    """Tokens that a row has read before the search begins."""

    tokens: Sequence[int] = ()
    """Ids, without the boundary token at the start of a sentence."""
    features_TF: Features | None = None
    """Output of the top layer after each token; None if the decoder does not need it."""


class SearchStart(NamedTuple):
    """The initial state of a search, after the prompts have been read."""

    log_probs_PV: LogProbs
    """Log-probs of the first token of the continuation."""
    state: State
    """State after the prompts, P rows."""
    eos: int | None = None
    """The token that ends a sentence; None if texts have no end."""
    prompts: Sequence[Prompt] = ()
    """One per row; empty: no prompts."""
    pieces: Sequence[str] = ()
    """The text of each token of the vocabulary, "" for tokens without text."""
    features: Callable[[State], Features] | None = None
    """Returns the output of the top layer after each row's last token, for contrastive search."""
    leaves_out: bool = False
    """Whether the step omits tokens, so that the probabilities may not sum to one."""
    writer: Writer | None = None
    """Takes several steps in one call; None if only single steps are possible."""
    clock: Callable[[], float] = time.monotonic
    """Returns the time in seconds, for `max_time`."""


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

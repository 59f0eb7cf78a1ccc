"""What a decoder is: a search over a step that knows no model and yields frames of hypotheses.

Searches are plain numpy on the host; where the model and its state live is the step's affair.
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
"""The model's state over R rows; searches hand it back and never look inside."""
Features = npt.NDArray[Any]


class Step(Protocol):
    """The seam between decoders and models."""

    def __call__(self, state: State, parents_R: Ids, tokens_R: Ids, /) -> tuple[LogProbs, State]:
        """Let row r go on from row `parents_R[r]` of the state: it reads `tokens_R[r]`.

        Return the log-probs [R, V] of the next token, and the state of the new rows. The state that
        was given stays as it is: a search may step from it again.
        """
        ...


Goals = npt.NDArray[np.float64] | None
"""Where the draws of T steps and R rows invert the distribution, [T, R] in [0, 1); None: no draws.
"""


class Written(NamedTuple):
    """What several steps at once gave."""

    tokens_TR: Ids
    log_probs_TRV: LogProbs
    """The distribution after each of these tokens."""
    state: State


class Writer(Protocol):
    """Several steps in one call, where nothing stands between a distribution and its choice.

    Each of them chooses the most probable token, of equal ones the lowest id, or inverts the
    cumulative distribution at a goal, as `draw` does; then it is a `Step`, to the same bits.
    """

    def stretch(self, num_rows: int) -> int:
        """Return how many steps of so many rows are worth one call, at least one."""
        ...

    def write(
        self, state: State, parents_R: Ids, log_probs_RV: LogProbs, num: int, goals_TR: Goals,
        eos: int | None,
    ) -> Written:  # fmt: skip
        """Let row r go on from row `parents_R[r]` of the state by `num` tokens.

        log_probs_RV: what the first token is chosen from. It may stop early, once every row has
        written `eos`; a row that has ended before the others goes on in vain.
        """
        ...


@dataclass(frozen=True)
class Prompt:
    """What a row has read before the search begins."""

    tokens: Sequence[int] = ()
    """Ids, without the boundary that a sentence begins with."""
    features_TF: Features | None = None
    """What the top layer gave after each token; None where nobody needs it."""


class SearchStart(NamedTuple):
    """Where a search begins: the prompts have been read."""

    log_probs_PV: LogProbs
    """Log-probs of the first token to write."""
    state: State
    """State after the prompts, P rows."""
    eos: int | None = None
    """The token that ends a sentence; None where texts have no end."""
    prompts: Sequence[Prompt] = ()
    """What was read, a prompt a row; empty: nothing."""
    pieces: Sequence[str] = ()
    """The text that each token adds, "" for one that adds none."""
    features: Callable[[State], Features] | None = None
    """Gives what the top layer made of each row's last token [R, F], for contrastive search."""
    leaves_out: bool = False
    """Whether the step leaves tokens out, so that what is left need not sum to one."""
    writer: Writer | None = None
    """Takes several steps at once; None where there is only the step."""
    clock: Callable[[], float] = time.monotonic
    """Gives the time in seconds, against which `max_time` is measured."""


class Expansion(NamedTuple):
    """The distributions from which a frame's hypotheses were chosen."""

    hypotheses: Callable[[], list[Hypothesis]]
    """Those that were to be extended, a row each."""
    log_probs_RV: LogProbs
    """The model's own."""
    filtered_RV: LogProbs
    """What the filters left."""


Pruned = tuple[Callable[[], list[Hypothesis]], str]
"""Hypotheses that a step gave up, and why."""

Last = Literal["ended", "length", "time"]
"""Why a search is over: nothing is left to extend, the texts are long enough, or time is up."""


class Frame(NamedTuple):
    """All hypotheses after one step of a search, best first within a prompt."""

    choose: Callable[[], list[Hypothesis]]
    """Gives the live and finished ones; they are only spelled out when somebody looks."""
    last: Last | None = None
    """Why these are the answers; None while the search goes on."""
    expansions: Sequence[Expansion] = ()
    """What the step looked at."""
    pruned: Sequence[Pruned] = ()
    notes: Sequence[str] = ()
    """What the search found out about the answers to each prompt; empty: nothing."""

    def note(self, prompt: int) -> str:
        """Return what the search found out about a prompt's answers."""
        return self.notes[prompt] if self.notes else ""

    @property
    def hypotheses(self) -> list[Hypothesis]:
        """Live and finished ones."""
        return self.choose()

    @property
    def is_last(self) -> bool:
        """Whether the search is over and these are its answers."""
        return self.last is not None


Search = Callable[
    [Step, SearchStart, Any, int, Sequence[np.random.Generator]],
    Iterator[Frame],
]
"""search(step, start, options, max_length, generators): one generator for each prompt.

The options are of the decoder's own type.
"""


@dataclass(frozen=True)
class Decoder:
    """An entry of the folder: a search and the options that it takes."""

    search: Search
    options: type[Options]
    is_random: bool
    """Whether the seed matters, so that several samples differ."""
    source: str = ""
    """Where it was published."""
    gives_set: bool = False
    """Whether a random search gives different answers at once, so that no samples are repeated."""
    needs_features: bool = False
    """Whether it compares what the top layer makes of the tokens."""

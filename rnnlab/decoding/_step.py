"""The interface between a search and a model: the step, and the state that a search begins with.

The step hides the model, its device and the form of its state.
Shapes: P prompts, R rows (live hypotheses or samples of all prompts), T steps or tokens,
V tokens of the vocabulary, F features of the model's top layer.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from rnnlab.decoding._numbers import Ids, LogProbs

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

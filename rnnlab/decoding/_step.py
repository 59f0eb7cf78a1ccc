"""The interface between a search and a model: the step, and the state that a search begins with.

The step hides the model, its device and the form of its state.
Shapes: P prompts, R rows (live hypotheses or samples of all prompts), T steps or tokens,
V tokens of the vocabulary, F features of the model's top layer.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from rnnlab.decoding._numbers import Ids, LogProbs

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


class Filtering(NamedTuple):
    """The filters that a writer applies, and what they read apart from the distribution."""

    chain: Sequence[tuple[str, float]]
    """Name and value of each filter, in order; the value of `no-eos` has no meaning."""
    length: int
    """Number of tokens that every row has written before the first step."""
    recent: Sequence[Sequence[int]]
    """Last tokens of each row with its prompt, at most `last`; empty without a penalty."""
    last: int
    """Number of last tokens for the penalties."""


class Written(NamedTuple):
    """The result of several steps in one call."""

    tokens_TR: Ids
    log_probs_TRV: LogProbs
    """Log-probs of the next token after each of `tokens_TR`."""
    state: State


class BeamRules(NamedTuple):
    """The rules of the beams of all prompts; see `beam.py`."""

    width: int
    """Maximum number k of live rows of a prompt."""
    num_answers: int
    early: Literal["decided", "full", "never"]
    gap: float
    divisor: Callable[[int], float]
    """Function that returns the divisor of totals for the score of a text, given its length."""
    max_length: int
    eos: int | None


class LiveBeam(NamedTuple):
    """The beam of one prompt before a step."""

    totals_R: npt.NDArray[np.float64]
    """Log-probs of the live rows in nats; empty if the search of the prompt is over."""
    finished: Sequence[float]
    """Scores of the finished texts, at most k, best first."""


class BeamStep(NamedTuple):
    """The best 2 k candidates of one prompt in one step, best first; fewer if there are fewer."""

    parents_N: Ids
    """Row of the prompt that each candidate extends."""
    tokens_N: Ids
    token_logprobs_N: npt.NDArray[np.float64]
    totals_N: npt.NDArray[np.float64]
    num_live: int
    """Number of candidates that the step keeps live: the first ones that do not end a text."""
    may_end: bool
    """False if no candidate ends a text."""


class WrittenBeams(NamedTuple):
    """The result of several steps of beam searches in one call."""

    steps_TP: Sequence[Sequence[BeamStep]]
    """For each step, the candidates of every prompt; none if its search is over."""
    log_probs_TRV: Sequence[LogProbs]
    """Log-probs of the next token of each row that is live after the step."""
    dropped_TRV: Sequence[npt.NDArray[np.bool_]]
    """Mask of the tokens that the filters dropped before each step; empty without filters."""
    state: State


class Writer(Protocol):
    """Takes several steps in one call.

    Each step applies the filters, chooses, and then computes log-probs with the same bits as those
    of a `Step`. The filters may round differently from those of `Options`.
    """

    @property
    def filters(self) -> Collection[str]:
        """The names of the filters that it can apply."""
        ...

    def stretch(self, num_rows: int) -> int:
        """Return the efficient number of steps (at least 1) per call for this number of rows."""
        ...

    def write(
        self, state: State, parents_R: Ids, log_probs_RV: LogProbs, num: int, goals_TR: Goals,
        eos: int | None, filtering: Filtering | None,
    ) -> Written:  # fmt: skip
        """Append `num` tokens to each new row r, which continues row `parents_R[r]` of the state.

        log_probs_RV: distribution of the first token, before the filters. Each step chooses the
        most probable token (ties go to the lowest id) or draws at a goal, as `draw_at` does. The
        call may return early, once every row has written `eos`; until then, it also extends the
        rows that have ended.
        """
        ...

    def write_beams(
        self, state: State, log_probs_RV: LogProbs, num: int, length: int, rules: BeamRules,
        beams: Sequence[LiveBeam], filtering: Filtering | None,
    ) -> WrittenBeams:  # fmt: skip
        """Take `num` steps of the beam of each prompt, or fewer if no row is live any more.

        log_probs_RV: distributions of the live rows of all prompts, in order; row r continues row r
        of the state. length: number of tokens of these rows. Filters only drop tokens: beams are
        ranked by the model's log-probs. If no row stays live, the model does not step any more.
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
    unk: int | None = None
    """Id of the token for unknown words, which `unk=ban` drops; None if there is none."""
    writer: Writer | None = None
    """Object that takes several steps in one call; None if only single steps are possible."""
    clock: Callable[[], float] = time.monotonic
    """Function that returns the time in seconds, for `max_time`."""

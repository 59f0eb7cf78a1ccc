"""The interface between a search and a language model: arrays in, arrays out.

Shapes: R rows, T tokens of a row, V tokens of the vocabulary, F features (inputs of the head), N
rows of features.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from rnnlab.decoding import Writer

State = Any
"""Hidden state of some rows; each stepper has its own type, opaque to a search."""
Floats = NDArray[np.float32] | NDArray[np.float64]
Rows = NDArray[np.int64]


class Stepper(Protocol):
    """Reads tokens with one model, in evaluation mode and with fixed weights."""

    @property
    def is_exact(self) -> bool:
        """Whether a row has the same bits for any number of rows, tokens per call, and threads."""

    def begin(self) -> State:
        """Return the state of one row before the first token.

        A sentence model reads EOS before the first token. For a stream, which has no boundary, the
        features are h of the initial state.
        """

    def read(self, state: State, tokens_RT: Rows) -> tuple[Floats, State]:
        """Return the features [R, T, F] after each token, and the state after the last token.

        Row r of `state`, which does not change, reads `tokens_RT[r]`. Raises IndexError if a token
        is out of range.
        """

    def predict(self, features_NF: Floats) -> Floats:
        """Return the log-probs [N, V] in nats of the next token, given features [N, F]."""

    def step(self, state: State, parents_R: Rows, tokens_R: Rows) -> tuple[Floats, State]:
        """Return the log-probs [R, V] of the next token in nats, C-contiguous, and the new state.

        Row r continues row `parents_R[r]` of `state` by reading `tokens_R[r]`. `state` does not
        change: a search may step from it again. Raises IndexError if a row or a token is out of
        range.
        """

    @property
    def writer(self) -> Writer | None:
        """Object that takes several steps per call; None if the engine has no such object."""

    def features(self, state: State) -> Floats:
        """Return the head's input [R, F]: the top layer's output after the residual sum."""

    def select(self, state: State, rows_R: Rows) -> State:
        """Return the state of the rows `rows_R`, which may repeat."""

    def join(self, states: Sequence[State]) -> State:
        """Return one state with the rows of all `states` (at least one), in order."""

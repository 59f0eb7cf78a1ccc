"""The interface between a search and a language model.

Shapes: R rows, V tokens of the vocabulary, F features (inputs of the head), B rows of a
model's state.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from rnnlab import cells
from rnnlab.decoding import Writer

State = Any
"""Hidden state of some rows; each stepper has its own type, opaque to a search."""
Floats = NDArray[np.float32] | NDArray[np.float64]
Rows = NDArray[np.int64]


class Stepper(Protocol):
    """Takes steps of one model, in evaluation mode and with fixed weights."""

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

    def adopt(self, model_state: cells.State, features_BF: Tensor) -> State:
        """Return a state of this stepper that equals a model's state of B rows."""

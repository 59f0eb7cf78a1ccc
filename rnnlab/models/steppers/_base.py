"""The seam between a search and a language model.

Shapes: R rows, V tokens of the vocabulary, F features that the head reads, B rows of a prompt.
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
"""Where some rows stand; each stepper has its own kind, opaque to a search."""
Floats = NDArray[np.float32] | NDArray[np.float64]
Rows = NDArray[np.int64]


class Stepper(Protocol):
    """Steps of one model, in evaluation mode, whose weights stay as they are."""

    def step(self, state: State, parents_R: Rows, tokens_R: Rows) -> tuple[Floats, State]:
        """Return the log-probs [R, V] of the next token, C-contiguous, and the state of R rows.

        Row r continues row `parents_R[r]` of `state` by reading `tokens_R[r]`. `state` is never
        changed: a search may step from it again. Raises IndexError for a row or a token that is
        not there.
        """

    @property
    def writer(self) -> Writer | None:
        """What takes several of these steps at once, where the engine can do so."""

    def features(self, state: State) -> Floats:
        """Return what the head reads [R, F]: the top layer's output, after the residual sum."""

    def select(self, state: State, rows_R: Rows) -> State:
        """Return the state of the given rows, which may repeat."""

    def join(self, states: Sequence[State]) -> State:
        """Return one state with the rows of several, at least one, in their order."""

    def adopt(self, model_state: cells.State, features_BF: Tensor) -> State:
        """Return the state [B] that a model's own has, as after reading a prompt at once."""

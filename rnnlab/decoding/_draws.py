"""Random numbers and draws: each row has a generator of its own.

Shapes: R live rows, T steps, V tokens of the vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from rnnlab.decoding._numbers import Ids, LogProbs
from rnnlab.decoding._step import Goals


class Ahead(Protocol):
    """The numbers that the choices of the next steps need."""

    def goals(self, rows: Sequence[int], num: int) -> Goals:
        """Return the goals of the next `num` draws of each row; None if the choice is greedy."""
        ...

    def put_back(self, rows: Sequence[int], goals_TR: Goals) -> None:
        """Return goals that no draw has used; the next draws of the rows use them first."""
        ...


class Greedy:
    """Choices of the most probable token, which need no numbers; an `Ahead`."""

    def goals(self, rows: Sequence[int], num: int) -> Goals:
        """Return None."""
        return None

    def put_back(self, rows: Sequence[int], goals_TR: Goals) -> None:
        """Do nothing."""


class Draws:
    """The uniform random numbers of each row, from the row's own generator; an `Ahead`."""

    def __init__(self, generators: Sequence[np.random.Generator]) -> None:
        self._generators = generators
        self._unused: dict[int, list[float]] = {}
        """Numbers of each row that were drawn and put back, in order."""

    def next(self, rows: Sequence[int]) -> list[float]:
        """Return the next number of each row."""
        if self._unused:
            return [float(column[0]) for column in self._columns(rows, 1)]
        return [self._generators[row].random() for row in rows]

    def goals(self, rows: Sequence[int], num: int) -> Goals:
        """Return the next numbers [T, R] of each row, in the order in which `next` returns them."""
        return np.stack(self._columns(rows, num), axis=1)

    def put_back(self, rows: Sequence[int], goals_TR: Goals) -> None:
        """Store the numbers for the next draws of the rows."""
        assert goals_TR is not None
        for row, goals_T in zip(rows, goals_TR.T.tolist(), strict=True):
            if goals_T:
                self._unused[row] = goals_T + self._unused.get(row, [])

    def _columns(self, rows: Sequence[int], num: int) -> list[npt.NDArray[np.float64]]:
        columns = []
        for row in rows:
            unused = self._unused.pop(row, [])
            if unused[num:]:
                self._unused[row] = unused[num:]
            fresh_T = self._generators[row].random(max(0, num - len(unused)))
            columns.append(np.concatenate([unused[:num], fresh_T]) if unused else fresh_T)
        return columns


def draw(
    log_probs_RV: LogProbs, rows: Sequence[int], generators: Sequence[np.random.Generator]
) -> Ids:
    """Draw a token for each row, with the row's own generator.

    A row's text thus depends on its own seed only, not on other rows.
    """
    return draw_at(log_probs_RV, [generators[row].random() for row in rows])


def draw_at(log_probs_RV: LogProbs, goals_R: Sequence[float] | npt.NDArray[np.float64]) -> Ids:
    """Return the token of each row at which its cumulative distribution passes the row's goal.

    The distribution is computed in float64; the goals are in [0, 1).
    """
    mass_RV = log_probs_RV.astype(np.float64)
    mass_RV -= mass_RV.max(-1, keepdims=True)  # else exp may underflow for all tokens
    mass_RV = np.exp(mass_RV, out=mass_RV).cumsum(-1)
    total_R1 = mass_RV[:, -1:]
    reached_RV = mass_RV > np.reshape(goals_R, (-1, 1)) * total_R1
    # Rounding can make the goal equal to the total: take the last token with mass.
    reached_RV |= mass_RV >= total_R1
    tokens_R: Ids = reached_RV.argmax(-1)
    return tokens_R

"""The recent tokens, whose log-probs the penalties lower."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from rnnlab.decoding._numbers import Ids

if TYPE_CHECKING:
    from rnnlab.decoding._text import Rows


def recent_counts(rows: Rows) -> Iterator[tuple[int, Ids, Ids]]:
    """Yield for each row its number, its recent tokens (each once), and the count of each token.

    The end of the sentence is not counted: it repeats no visible text.
    """
    for row in range(len(rows)):
        recent = rows.recent(row, rows.options.last)
        tokens_N, counts_N = np.unique(
            np.array([token for token in recent if token != rows.start.eos], dtype=np.int64),
            return_counts=True,
        )
        yield row, tokens_N, counts_N

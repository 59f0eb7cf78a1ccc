"""The tokens that the penalties look back at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from rnnlab.decoding._numbers import Ids

if TYPE_CHECKING:
    from rnnlab.decoding._text import Rows


def recent_counts(rows: Rows) -> Iterator[tuple[int, Ids, Ids]]:
    """Yield each row with the tokens among its last ones, and how often each is there.

    The end of the sentence is left out: it repeats nothing that a reader would see.
    """
    for row in range(len(rows)):
        recent = rows.recent(row, rows.options.last)
        tokens_N, counts_N = np.unique(
            np.array([token for token in recent if token != rows.start.eos], dtype=np.int64),
            return_counts=True,
        )
        yield row, tokens_N, counts_N

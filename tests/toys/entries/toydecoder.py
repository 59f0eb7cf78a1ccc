"""Always the token in one place of the ranking, the most probable one by default.

Source: Nobody (1999), "A toy".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rnnlab.base.checked import Field
from rnnlab.decoding._base import Decoder
from rnnlab.decoding._options import Options
from rnnlab.decoding._rows import write_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rnnlab.decoding._base import Frame
    from rnnlab.decoding._numbers import Ids, LogProbs
    from rnnlab.decoding._step import SearchStart, Step


class ToyOptions(Options):
    """The place in the ranking."""

    place: int = Field(1, ge=1, le=9)
    """Place of the token in the ranking, 1 for the most probable one."""

    def search_chain(self) -> list[str]:
        """Return the search's entries in the chain."""
        return [f"place={self.place}"]


def search(
    step: Step,
    start: SearchStart,
    options: ToyOptions,
    max_length: int,
    generators: Sequence[np.random.Generator],
) -> Iterator[Frame]:
    """Append the token of that place, or the last possible one, until the end."""

    def choose(filtered_RV: LogProbs, _rows: Sequence[int], _length: int) -> Ids:
        num_left_R = (filtered_RV > -np.inf).sum(-1)
        place_R = np.minimum(options.place, num_left_R).clip(1) - 1
        ranked_RV = np.argsort(-filtered_RV, axis=-1, kind="stable")
        return np.take_along_axis(ranked_RV, place_R[:, None], -1)[:, 0]

    return write_rows(step, start, options, max_length, choose)


DECODER = Decoder(search, ToyOptions, is_random=False, source="Nobody (1999)")

"""Draw the first token, then always take the most probable one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnlab.decoding._base import Decoder
from rnnlab.decoding._draws import Greedy, draw
from rnnlab.decoding._options import Options
from rnnlab.decoding._rows import write_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np

    from rnnlab.decoding._base import Frame
    from rnnlab.decoding._numbers import Ids, LogProbs
    from rnnlab.decoding._step import SearchStart, Step


class FirstSampleOptions(Options):
    """The shared options.

    A temperature and truncating filters (except `typical`) only affect the first token.
    """

    def search_chain(self) -> list[str]:
        """Return the search's entries in the chain."""
        return ["sample the first", "then greedy"]


def search(
    step: Step,
    start: SearchStart,
    options: FirstSampleOptions,
    max_length: int,
    generators: Sequence[np.random.Generator],
) -> Iterator[Frame]:
    """Draw one token, then append the most probable token until the text ends."""

    def choose(filtered_RV: LogProbs, rows: Sequence[int], length: int) -> Ids:
        return draw(filtered_RV, rows, generators) if length == 0 else filtered_RV.argmax(-1)

    return write_rows(step, start, options, max_length, choose, Greedy())


DECODER = Decoder(search, FirstSampleOptions, is_random=True, source="the course")

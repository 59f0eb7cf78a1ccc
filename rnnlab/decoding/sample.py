"""Draw each token from the distribution that the filters leave."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from rnnlab.decoding._base import Decoder
from rnnlab.decoding._options import Options
from rnnlab.decoding._rows import draw, goals, write_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np

    from rnnlab.decoding._base import Frame, SearchStart, Step
    from rnnlab.decoding._numbers import Ids, LogProbs


class SampleOptions(Options):
    """The shared options: filters and limits."""

    def search_chain(self) -> list[str]:
        """Return the search's entries in the chain."""
        return ["sample"]


def search(
    step: Step,
    start: SearchStart,
    options: SampleOptions,
    max_length: int,
    generators: Sequence[np.random.Generator],
) -> Iterator[Frame]:
    """Draw tokens until the text ends; row i uses generator i."""

    def choose(filtered_RV: LogProbs, rows: Sequence[int], _length: int) -> Ids:
        return draw(filtered_RV, rows, generators)

    return write_rows(step, start, options, max_length, choose, partial(goals, generators))


DECODER = Decoder(search, SampleOptions, is_random=True, source="Shannon (1948)")

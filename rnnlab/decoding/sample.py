"""Draw each token from the distribution that the filters leave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnlab.decoding._base import Decoder
from rnnlab.decoding._draws import Draws, draw_at
from rnnlab.decoding._options import Options
from rnnlab.decoding._rows import write_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np

    from rnnlab.decoding._base import Frame
    from rnnlab.decoding._numbers import Ids, LogProbs
    from rnnlab.decoding._step import SearchStart, Step


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
    draws = Draws(generators)

    def choose(filtered_RV: LogProbs, rows: Sequence[int], _length: int) -> Ids:
        return draw_at(filtered_RV, draws.next(rows))

    return write_rows(step, start, options, max_length, choose, draws)


DECODER = Decoder(search, SampleOptions, is_random=True, source="Shannon (1948)")

"""Always take the most probable token; ties go to the lowest id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnlab.decoding._base import Decoder
from rnnlab.decoding._draws import Greedy
from rnnlab.decoding._options import Options
from rnnlab.decoding._rows import best, write_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np

    from rnnlab.decoding._base import Frame
    from rnnlab.decoding._step import SearchStart, Step


class GreedyOptions(Options):
    """The shared options. Only penalties and constraints, and `typical`, change the choice."""

    def search_chain(self) -> list[str]:
        """Return the search's entries in the chain."""
        return ["greedy"]


def search(
    step: Step,
    start: SearchStart,
    options: GreedyOptions,
    max_length: int,
    generators: Sequence[np.random.Generator],  # noqa: ARG001
) -> Iterator[Frame]:
    """Append the most probable token until the text ends."""
    return write_rows(step, start, options, max_length, best, Greedy())


DECODER = Decoder(search, GreedyOptions, is_random=False, source="a beam of one")

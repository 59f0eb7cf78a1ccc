"""Draw tokens below a bar of surprise that moves, so that the mean surprise comes to a target.

Mirostat 2. A bar mu for each text, 2 tau at first; for every token x, after all filters:

    keep the tokens whose surprise S(x) = -log p(x) is at most mu (always the most probable one),
    renormalise, draw x, and let mu = mu - rate (S(x) - tau).

Surprise is in nats here, in bits in the paper. S is taken before the bar has dropped anything, so
that the mean surprise of a long text comes to tau wherever a bar can bring it there: none makes a
text less surprising than greedy does, or more than plain sampling. The score of a text is its
log-prob under the filters, before the bar.

Source: Basu et al. (2020), "Mirostat: a neural text decoding algorithm that directly controls
perplexity", algorithm 2.
Shapes: R rows still being written, V tokens of the vocabulary.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from rnnlab.decoding._base import Decoder
from rnnlab.decoding._options import Options, shown_number
from rnnlab.decoding._rows import draw, write_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rnnlab.decoding._base import Frame, SearchStart, Step
    from rnnlab.decoding._numbers import Ids, LogProbs


class MirostatOptions(Options):
    """The surprise to keep, and how fast the bar follows."""

    # A model of letters is surprised by 1.2 to 1.5 nats a letter: a target above does nothing.
    tau: float = Field(1.0, gt=0, le=100)
    """Mean surprise of a token in nats; letters have 1.2 to 1.5 by themselves, words 4 to 5."""
    rate: float = Field(0.1, gt=0, le=10)
    """How fast the bar follows the surprise: it moves by this times the error."""

    def search_chain(self) -> list[str]:
        """Return the search's own part of the chain."""
        return [f"mirostat tau={shown_number(self.tau)} rate={shown_number(self.rate)}", "sample"]


def search(
    step: Step,
    start: SearchStart,
    options: MirostatOptions,
    max_length: int,
    generators: Sequence[np.random.Generator],
) -> Iterator[Frame]:
    """Draw tokens below each row's own bar until the end; row i draws with generator i."""
    bars = np.full(len(start.log_probs_PV), 2.0 * options.tau)

    def choose(filtered_RV: LogProbs, rows: Sequence[int], _length: int) -> Ids:
        each_R = np.arange(len(rows))
        is_kept_RV = -filtered_RV <= bars[rows, None]
        is_kept_RV[each_R, filtered_RV.argmax(-1)] = True
        # The draw needs no renormalised log-probs.
        tokens_R = draw(np.where(is_kept_RV, filtered_RV, -np.inf), rows, generators)
        bars[rows] -= options.rate * (-filtered_RV[each_R, tokens_R] - options.tau)
        return tokens_R

    return write_rows(step, start, options, max_length, choose)


DECODER = Decoder(search, MirostatOptions, is_random=True, source="Basu et al. (2020)")

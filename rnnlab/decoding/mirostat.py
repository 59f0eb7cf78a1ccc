"""Draw tokens below a threshold of surprise, adapted so that the mean surprise reaches a target.

This is Mirostat 2. Each text has a threshold mu, which starts at 2 tau. For every token x, after
all filters:

    keep the tokens whose surprise S(x) = -log p(x) is at most mu (always the most probable one),
    renormalise, draw x, and let mu = mu - rate (S(x) - tau).

Surprise is in nats here, in bits in the paper. S is measured before the threshold drops tokens. The
mean surprise of a long text approaches tau if tau lies between the mean surprises of greedy
decoding and of plain sampling; a threshold cannot leave this range. The score of a text is its
log-prob after the filters, before the threshold.

Source: Basu et al. (2020), "Mirostat: a neural text decoding algorithm that directly controls
perplexity", algorithm 2.
Shapes: R rows still being written, V tokens of the vocabulary.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rnnlab.base.checked import Field
from rnnlab.decoding._base import Decoder
from rnnlab.decoding._draws import draw
from rnnlab.decoding._options import Options, shown_number
from rnnlab.decoding._rows import write_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rnnlab.decoding._base import Frame
    from rnnlab.decoding._numbers import Ids, LogProbs
    from rnnlab.decoding._step import SearchStart, Step


class MirostatOptions(Options):
    """Target of the surprise and rate of the threshold, in addition to the shared options."""

    # Plain sampling has a mean surprise of 1.2 to 1.5 nats per character, 4 to 5 per word: a higher
    # tau has no effect.
    tau: float = Field(1.0, gt=0, le=100)
    """Target of the mean surprise, in nats per token."""
    rate: float = Field(0.1, gt=0, le=10)
    """Change of the threshold per nat of distance from tau."""

    def search_chain(self) -> list[str]:
        """Return the search's entries in the chain."""
        return [f"mirostat tau={shown_number(self.tau)} rate={shown_number(self.rate)}", "sample"]


def search(
    step: Step,
    start: SearchStart,
    options: MirostatOptions,
    max_length: int,
    generators: Sequence[np.random.Generator],
) -> Iterator[Frame]:
    """Draw tokens below the row's threshold until the text ends; row i uses generator i."""
    thresholds = np.full(len(start.log_probs_PV), 2.0 * options.tau)

    def choose(filtered_RV: LogProbs, rows: Sequence[int], _length: int) -> Ids:
        each_R = np.arange(len(rows))
        is_kept_RV = -filtered_RV <= thresholds[rows, None]
        is_kept_RV[each_R, filtered_RV.argmax(-1)] = True
        # `draw` does not need renormalised log-probs.
        tokens_R = draw(np.where(is_kept_RV, filtered_RV, -np.inf), rows, generators)
        thresholds[rows] -= options.rate * (-filtered_RV[each_R, tokens_R] - options.tau)
        return tokens_R

    return write_rows(step, start, options, max_length, choose)


DECODER = Decoder(search, MirostatOptions, is_random=True, source="Basu et al. (2020)")

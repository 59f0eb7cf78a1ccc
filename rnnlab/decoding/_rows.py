"""Decoders that write one token after another: each row on its own, all rows in one model step.

Shapes: R rows still being written, V tokens of the vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from rnnlab.decoding._base import Expansion, Frame, Start, Step
from rnnlab.decoding._hypothesis import empty_hypothesis
from rnnlab.decoding._limits import Limits
from rnnlab.decoding._numbers import NEVER, Ids, LogProbs
from rnnlab.decoding._options import Options
from rnnlab.decoding._text import Ends, Rows

Choose = Callable[[LogProbs, Sequence[int], int], Ids]
"""choose(filtered log-probs [R, V], numbers of the rows, tokens written so far) -> tokens [R].

Every row has a token that can come.
"""


def write_rows(
    step: Step, start: Start, options: Options, max_length: int, choose: Choose
) -> Iterator[Frame]:
    """Write a token to every row that has not ended, until all have or a limit is reached.

    The score of a row is the log-prob under the filtered distribution, the one it was drawn from.
    """
    log_probs_RV, state = start.log_probs_PV, start.state
    ends, limits = Ends(start, options), Limits(options, max_length)
    rows = list(range(len(log_probs_RV)))
    places_R = everyone_R = np.arange(len(rows))  # where the rows stand in the state
    hypotheses = [empty_hypothesis(row) for row in rows]
    for length in range(1, limits.max_length + 1):
        old = [hypotheses[row] for row in rows]
        filtered_RV = log_probs_RV
        if options.changes(start):
            filtered_RV = options.filter(log_probs_RV, Rows(old, start, options))
            can_go_on_R = filtered_RV.max(-1) > NEVER
            if not can_go_on_R.all():
                places_R = places_R[can_go_on_R]
                rows, old = [rows[i] for i in places_R], [old[i] for i in places_R]
                log_probs_RV, filtered_RV = log_probs_RV[places_R], filtered_RV[places_R]
                if not rows:
                    yield Frame(partial(list, hypotheses), "ended")
                    return
        tokens_R = choose(filtered_RV, rows, length - 1)
        tokens: list[int] = tokens_R.tolist()
        live = []
        hypotheses = hypotheses.copy()  # the old list belongs to the last frame
        for i, (row, parent, token) in enumerate(zip(rows, old, tokens, strict=True)):
            logprob = gain = log_probs_RV.item(i, token)
            if filtered_RV is not log_probs_RV:
                gain = filtered_RV.item(i, token)
            end = ends.of(parent, token)
            hypotheses[row] = parent.extended(token, logprob, parent.score + gain, end)
            if end is None:
                live.append(i)
        last = limits.last(length, is_over=not live)
        # Neither list is touched again.
        yield Frame(hypotheses.copy, last, (Expansion(old.copy, log_probs_RV, filtered_RV),))
        if last is not None:
            return
        if len(live) < len(rows):
            rows = [rows[i] for i in live]
            places_R, tokens_R = places_R[live], tokens_R[live]
        log_probs_RV, state = step(state, places_R, tokens_R)
        if len(places_R) != len(everyone_R):
            everyone_R = np.arange(len(rows))
        places_R = everyone_R


def draw(
    log_probs_RV: LogProbs, rows: Sequence[int], generators: Sequence[np.random.Generator]
) -> Ids:
    """Draw a token for each row, with the row's own generator.

    A row's text thus depends on its own seed alone, not on the rows beside it. The draw inverts the
    cumulative distribution at one uniform number in float64.
    """
    mass_RV = log_probs_RV.astype(np.float64)
    mass_RV -= mass_RV.max(-1, keepdims=True)  # all of them may be too improbable for a float
    mass_RV = np.exp(mass_RV, out=mass_RV).cumsum(-1)
    tokens = []
    for mass_V, row in zip(mass_RV, rows, strict=True):
        whole = mass_V[-1]
        token = int(mass_V.searchsorted(generators[row].random() * whole, side="right"))
        if token == len(mass_V):
            # Rounding can put the goal on the very end: stay on a token that can be drawn.
            token = int(mass_V.searchsorted(whole))
        tokens.append(token)
    return np.array(tokens)

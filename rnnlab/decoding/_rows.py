"""Decoders that write one token after another: each row on its own, all rows in one model step.

Shapes: R rows still being written, V tokens of the vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from rnnlab.decoding._base import Frame, Options, Start, Step, empty_hypothesis

if TYPE_CHECKING:
    import torch
    from torch import Tensor

Choose = Callable[["Tensor", list[int], int], "Tensor"]
"""choose(filtered log-probs [R, V], numbers of the rows, tokens written so far) -> tokens [R]."""


def write_rows(
    step: Step, start: Start, options: Options, max_length: int, choose: Choose
) -> Iterator[Frame]:
    """Write a token to every row that has not ended, until all have or `max_length` is reached.

    The score of a row is the log-prob under the filtered distribution, the one it was drawn from.
    """
    import torch

    log_probs_RV, state, eos = start
    rows = list(range(len(log_probs_RV)))
    hypotheses = [empty_hypothesis(row) for row in rows]
    for length in range(max_length):
        filtered_RV = options.filter(log_probs_RV)
        tokens_R = choose(filtered_RV, rows, length)
        picked_RT = tokens_R[:, None]
        tokens = tokens_R.tolist()
        logprobs = log_probs_RV.gather(1, picked_RT)[:, 0].tolist()
        gains = filtered_RV.gather(1, picked_RT)[:, 0].tolist()
        for row, token, logprob, gain in zip(rows, tokens, logprobs, gains, strict=True):
            old = hypotheses[row]
            hypotheses[row] = old.extended(token, logprob, old.score + gain, eos)
        live = [i for i, row in enumerate(rows) if not hypotheses[row].is_finished]
        is_last = not live or length + 1 == max_length
        yield Frame(list(hypotheses), is_last)
        if is_last:
            return
        if len(live) < len(rows):
            rows = [rows[i] for i in live]
            live_L = torch.tensor(live, device=tokens_R.device)
            tokens_R = tokens_R[live_L]
            state = tuple(tuple(part[live_L] for part in layer) for layer in state)
        log_probs_RV, state = step(state, tokens_R)


def draw(log_probs_RV: Tensor, rows: list[int], generators: Sequence[torch.Generator]) -> Tensor:
    """Draw a token for each row, with the row's own generator.

    A row's text thus depends on its own seed alone, not on the rows beside it. The draw inverts the
    cumulative distribution at one uniform number in float64.
    """
    import torch

    uniforms = [
        torch.rand((), dtype=torch.float64, generator=generators[row]).item() for row in rows
    ]
    probs_RV = log_probs_RV.double().exp()
    mass_RV = probs_RV.cumsum(-1)
    goals_R1 = torch.tensor(uniforms, dtype=torch.float64, device=mass_RV.device)[:, None]
    tokens_R1 = torch.searchsorted(mass_RV, goals_R1 * mass_RV[:, -1:], right=True)
    # Rounding can put the goal on the very end: stay on a token that can be drawn.
    last_R1 = (probs_RV > 0).to(torch.int64).cumsum(-1).argmax(-1, keepdim=True)
    return torch.minimum(tokens_R1, last_R1)[:, 0]

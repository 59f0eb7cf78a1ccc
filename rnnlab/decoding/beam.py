"""Beam search: keep the k most probable continuations at every length.

With `p` below 1 it is nucleus beam search: a hypothesis is extended by the tokens of its nucleus
only. Finished sentences are kept apart from live ones, so that an early end never crowds them out.

Source: Lowerre (1976); length penalty: score = log p / length^a (Wu et al. 2016 use a longer form).
Shapes: R live hypotheses of all prompts, V tokens of the vocabulary.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from rnnlab.decoding._base import Decoder, Frame, Hypothesis, Options, empty_hypothesis

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import torch
    from torch import Tensor

    from rnnlab.decoding._base import Start, Step


class BeamOptions(Options):
    """Width, ranking and the filters of every decoder."""

    k: int = Field(5, ge=1, le=1000)
    """Hypotheses kept at every step, and answers given."""
    length_penalty: float = Field(0.0, ge=0, le=10)
    """Rank by log-prob / length^a: 0 favours short sentences, 1 is the mean of a letter."""
    rank: Literal["model", "filtered"] = "model"
    """Rank by the model's own probability or by the one the filters leave."""

    def search_chain(self) -> list[str]:
        """Return the search's own part of the chain."""
        by = [f"length_penalty={self.length_penalty:g}"] if self.length_penalty else []
        return [f"beam k={self.k}", f"rank by {self.rank} probability", *by]


def search(
    step: Step,
    start: Start,
    options: BeamOptions,
    max_length: int,
    generators: Sequence[torch.Generator],  # noqa: ARG001
) -> Iterator[Frame]:
    """Extend all live hypotheses of all prompts by one model step at a time."""
    import torch

    log_probs_RV, state, eos = start
    beams = [_Beam(prompt, options, eos) for prompt in range(len(log_probs_RV))]
    for length in range(1, max_length + 1):
        gains_RV = options.filter(log_probs_RV)
        if options.rank == "model":
            gains_RV = log_probs_RV.masked_fill(gains_RV == -torch.inf, -torch.inf)
        parents: list[int] = []
        first_row = 0
        for beam in beams:
            rows = slice(first_row, first_row + len(beam.live))
            first_row = rows.stop
            parents += [rows.start + row for row in beam.grow(gains_RV[rows], log_probs_RV[rows])]
        is_last = not parents or length == max_length
        yield Frame([h for beam in beams for h in beam.ranked()], is_last)
        if is_last:
            return
        rows_R = torch.tensor(parents, device=log_probs_RV.device)
        tokens = [hypothesis.token for beam in beams for hypothesis in beam.live]
        state = tuple(tuple(part.index_select(0, rows_R) for part in layer) for layer in state)
        log_probs_RV, state = step(state, torch.tensor(tokens, device=log_probs_RV.device))


class _Beam:
    """The hypotheses of one prompt."""

    def __init__(self, prompt: int, options: BeamOptions, eos: int | None) -> None:
        self._options = options
        self._eos = eos
        self.live = [empty_hypothesis(prompt)]
        self.totals = [0.0]
        """What the live hypotheses have gained so far, before any length penalty."""
        self.finished: list[Hypothesis] = []

    def ranked(self) -> list[Hypothesis]:
        """Return the k best of the live and the finished hypotheses."""
        everyone = [*self.finished, *self.live]
        return sorted(everyone, key=lambda h: -h.score)[: self._options.k]

    def grow(self, gains_RV: Tensor, log_probs_RV: Tensor) -> list[int]:
        """Extend the live hypotheses by one token; return the row that each new one comes from."""
        if not self.live:
            return []
        width = self._options.k
        vocab_size = gains_RV.shape[1]
        gains_RV = gains_RV.double()  # float32 sums of a long text would drift from its log-prob
        totals_RV = gains_RV + gains_RV.new_tensor(self.totals)[:, None]
        # Each row ends in EOS at most once: with twice the width, enough live ones remain.
        totals, flat = _largest(totals_RV.flatten(), 2 * width)
        logprobs = log_probs_RV.flatten()[flat].tolist()
        old, old_live = self.live, []
        self.live, self.totals = [], []
        for total, place, logprob in zip(totals.tolist(), flat.tolist(), logprobs, strict=True):
            if total == float("-inf") or len(self.live) == width:
                break
            row, token = divmod(place, vocab_size)
            new = old[row].extended(
                token, logprob, self._score(total, old[row].length + 1), self._eos
            )
            if new.is_finished:
                self.finished.append(new)
            else:
                self.live.append(new)
                self.totals.append(total)
                old_live.append(row)
        self.finished = sorted(self.finished, key=lambda h: -h.score)[:width]
        if self._is_decided():
            self.live, self.totals, old_live = [], [], []
        return old_live

    def _score(self, total: float, length: int) -> float:
        penalty = self._options.length_penalty
        return total / length**penalty if penalty else total

    def _is_decided(self) -> bool:
        """Tell whether no live hypothesis can still enter the k best.

        A total only falls, so without a length penalty a live one is at its best now; with one its
        score can still rise, and k finished sentences end the search.
        """
        if len(self.finished) < self._options.k:
            return False
        if self._options.length_penalty:
            return True
        return not self.live or self.live[0].score <= self.finished[-1].score


def _largest(values_N: Tensor, num: int) -> tuple[Tensor, Tensor]:
    """Return the `num` largest values and their places; of equal ones the first.

    Torch's own topk breaks ties by chance of its algorithm, so it only finds the bar to pass.
    """
    bar = values_N.topk(min(num, len(values_N))).values[-1]
    places = (values_N >= bar).nonzero()[:, 0]
    order = values_N[places].argsort(descending=True, stable=True)[:num]
    return values_N[places[order]], places[order]


DECODER = Decoder(search, BeamOptions, is_random=False, source="Lowerre (1976)")

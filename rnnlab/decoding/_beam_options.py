"""Options of beam search: width, ranking and stop criterion.

Shapes: R live hypotheses of a prompt, N candidates, V tokens of the vocabulary.
"""

from __future__ import annotations

from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from rnnlab.base.checked import Field
from rnnlab.decoding._numbers import NEVER, LogProbs
from rnnlab.decoding._options import Options, shown_number
from rnnlab.decoding._step import BeamRules


class BeamOptions(Options):
    """Width, ranking and stop criterion, in addition to the shared options."""

    k: int = Field(5, ge=1, le=1000)
    """Number of hypotheses kept at every step."""
    n: int = Field(0, ge=0, le=1000)
    """Number of answers: the N best texts (0: k)."""
    length_penalty: float = Field(0.0, ge=0, le=10)
    """Exponent a of log-prob / length^a (0: sum, 1: mean)."""
    penalty: Literal["power", "wu"] = "power"
    """Length penalty: length^a, or for wu ((5 + length) / 6)^a."""
    rank: Literal["auto", "model", "filtered"] = "auto"
    """Rank by model or filtered probability (auto: shown in chain)."""
    early: Literal["decided", "full", "never"] = "decided"
    """Stop if no live text can win, if k texts have ended, or never."""
    gap: float = Field(0.0, ge=0)
    """Prune hypotheses more than N below the best score (0: off)."""

    def agree(self) -> None:
        """Raise ValueError if options exclude each other."""
        if self.n > self.k:
            raise ValueError(f"n={self.n} answers are more than k={self.k} hypotheses; raise k")

    def num_answers(self) -> int:
        """Return the number of answers: n, or k if n is 0."""
        return self.n or self.k

    @cached_property
    def ranks_by_model(self) -> bool:
        """Whether hypotheses are ranked by the model's probability.

        With `rank=auto`, this is so except when a penalty, a bias, or a temperature without a
        truncating filter would then have no effect.
        """
        kinds = self.active_kinds()
        has_idle_filter = "penalty" in kinds or (
            "temperature" in kinds and "truncating" not in kinds
        )
        return self.rank == "model" or (self.rank == "auto" and not has_idle_filter)

    def search_chain(self) -> list[str]:
        """Return the search's entries in the chain."""
        by = "model" if self.ranks_by_model else "filtered"
        chain = [f"beam k={self.k}", f"rank by {by} probability"]
        if self.length_penalty:
            form = " (Wu)" if self.penalty == "wu" else ""
            chain.append(f"length_penalty={shown_number(self.length_penalty)}{form}")
        if self.gap:
            chain.append(f"gap={shown_number(self.gap)}")
        if self.early != "decided":
            chain.append(
                "stop when k texts are finished" if self.early == "full" else "never stop early"
            )
        return [*chain, f"best {self.n}"] if self.n else chain

    def totals(
        self,
        totals_R: npt.NDArray[np.float64],
        log_probs_RV: LogProbs,
        filtered_RV: LogProbs,
    ) -> npt.NDArray[np.float64]:
        """Return the totals [R, V] in nats after each token, given the totals [R] before it.

        The dtype is float64: float32 sums of a long text would drift from its log-prob.
        """
        if not self.ranks_by_model:
            log_probs_RV = filtered_RV
        totals_RV: npt.NDArray[np.float64] = log_probs_RV + totals_R[:, None]
        if filtered_RV is not log_probs_RV:
            totals_RV[filtered_RV == NEVER] = NEVER
        return totals_RV

    def score(self, totals_N: npt.NDArray[np.float64], length: int) -> npt.NDArray[np.float64]:
        """Return the scores of texts of this length: their totals with the length penalty."""
        if not self.length_penalty:
            return totals_N
        scores_N: npt.NDArray[np.float64] = totals_N / self.divisor(length)
        return scores_N

    def divisor(self, length: int) -> float:
        """Return the divisor that turns totals of texts of this length into scores."""
        base: float = length if self.penalty == "power" else (5 + length) / 6
        return float(base**self.length_penalty)

    def rules(self, max_length: int, eos: int | None) -> BeamRules:
        """Return the rules for a `Writer`."""
        return BeamRules(
            self.k, self.num_answers(), self.early, self.gap, self.divisor, max_length, eos
        )

"""Never end the sentence.

Source: the `ignore_eos` of servers of language models such as vLLM (Kwon et al., 2023).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from rnnlab.decoding._filter import Filter
from rnnlab.decoding._numbers import NEVER, LogProbs, log_softmax

if TYPE_CHECKING:
    from rnnlab.decoding._text import Rows


def apply(log_probs_RV: LogProbs, eos: Literal["stop", "ban"], rows: Rows) -> LogProbs:
    """Return the log-probs, with -inf for the end of the sentence if it is banned."""
    kept_RV = log_probs_RV.copy()
    if eos == "ban" and rows.start.eos is not None:
        kept_RV[:, rows.start.eos] = NEVER
    return log_softmax(kept_RV)


FILTER = Filter(
    kind="constraint",
    apply=apply,
    option="eos",
    value_type=Literal["stop", "ban"],
    neutral="stop",
    needs_eos=True,
    chain_text="no end of the sentence",
    help="Stop at the end of the sentence, or ban it.",
)

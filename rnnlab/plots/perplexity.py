"""Perplexity: the exponential of the loss, the number of equally likely choices per token."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, inf

from rnnlab.base.display import nats_per
from rnnlab.plots._chart import Axis, Chart, NamedHistory
from rnnlab.plots._losses import losses_chart

_LARGEST_LOSS = 700.0
"""Loss in nats from which the exponential of a float overflows."""
IS_PER_UNIT = True


def chart(runs: Sequence[NamedHistory], axis: Axis = "step", is_log: bool = False) -> Chart:
    """Return the perplexities of the runs; infinite ones are not drawn."""
    return losses_chart(
        runs, axis, title="perplexity", unit=lambda unit: nats_per(unit).replace("nats/", "per "),
        value=_perplexity, is_log=is_log,
    )  # fmt: skip


def _perplexity(nats: float) -> float:
    return exp(nats) if nats <= _LARGEST_LOSS else inf if nats > _LARGEST_LOSS else nats

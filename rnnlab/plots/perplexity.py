"""Perplexity: the exponential of the loss, the number of equally likely choices per token."""

from __future__ import annotations

from collections.abc import Sequence

from rnnlab.base.display import nats_per
from rnnlab.base.numbers import perplexity
from rnnlab.plots._chart import Axis, Chart, NamedHistory
from rnnlab.plots._losses import losses_chart

IS_PER_UNIT = True


def chart(runs: Sequence[NamedHistory], axis: Axis = "step", is_log: bool = False) -> Chart:
    """Return the perplexities of the runs; infinite ones are not drawn."""
    return losses_chart(
        runs, axis, title="perplexity", unit=lambda unit: nats_per(unit).replace("nats/", "per "),
        value=perplexity, is_log=is_log,
    )  # fmt: skip

"""Loss in bits per character, word or document: the loss in nats, divided by ln 2."""

from __future__ import annotations

from collections.abc import Sequence
from math import log

from rnnlab.base.display import nats_per
from rnnlab.plots._chart import Axis, Chart, NamedHistory
from rnnlab.plots._losses import losses_chart

IS_PER_UNIT = True


def chart(runs: Sequence[NamedHistory], axis: Axis = "step", is_log: bool = False) -> Chart:
    """Return the losses of the runs in bits."""
    return losses_chart(
        runs, axis, title="bits", unit=lambda unit: nats_per(unit).replace("nats", "bits"),
        value=lambda nats: nats / log(2), is_log=is_log,
    )  # fmt: skip

"""Loss on the training split and the validation split, in nats per character, word or document."""

from __future__ import annotations

from collections.abc import Sequence

from rnnlab.base.display import nats_per
from rnnlab.plots._chart import Axis, Chart, NamedHistory
from rnnlab.plots._losses import losses_chart

IS_PER_UNIT = True


def chart(runs: Sequence[NamedHistory], axis: Axis = "step", is_log: bool = False) -> Chart:
    """Return a chart of training losses (lines) and validation losses (joined points)."""
    return losses_chart(runs, axis, title="loss", unit=nats_per, is_log=is_log)

"""Probes during training: statistics of gates and states, written to the journal."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from rnnlab.insight import LENGTH, ROWS, Sample, draw_sample, probe

if TYPE_CHECKING:
    from rnnlab.training._session import Session

COST = 50
"""Probes take at most 1/COST of the training time: if a probe costs more than a few steps, as in a
small network, probes are rarer."""


MOST = 200
"""Number of probes after which the interval doubles; limits the journal of a long run."""


def is_on_grid(step: int, every: int) -> bool:
    """Return whether to probe after a step: step 1, multiples of `every`, later of 2 `every`."""
    if step == 1:
        return True
    doublings = max(0, (step // (every * MOST)).bit_length() - 1)
    return step % (every << doublings) == 0


class Probing:
    """Probes the model of a session, always on the same sequences of the validation split.

    A failed probe is logged and does not end the run; the probes stop until the next rollback.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._every = session.config.probe_every
        self._due_at = 0.0
        self.sample: Sample | None = None
        if self._every:
            split = session.dataset.splits["val"]
            length = min(LENGTH, session.config.length)
            self.sample = draw_sample(split, ROWS, length, session.device)

    def run_if_due(self, step: int) -> None:
        """Probe and write the result, if a probe is due and the limit COST allows it."""
        if self.sample is None or not is_on_grid(step, self._every):
            return
        session = self._session
        started = session.clock()
        if step != 1 and started < self._due_at:
            return
        result = session.attempt("probes", partial(probe, session.model, self.sample, step))
        if result is None:
            self.sample = None
            return
        session.write(result.record)
        session.mirror.add_histograms("gates", result.values, step)
        ended = session.clock()
        self._due_at = ended + COST * (ended - started)

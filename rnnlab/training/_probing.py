"""When a run in training is looked into, and where what is found is written."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from rnnlab.insight import LENGTH, ROWS, Sample, draw_sample, look

if TYPE_CHECKING:
    from rnnlab.training._session import Session

COST = 50
"""A look takes at most one part in so many of the training time: a net so small that the look costs
more than a few steps is looked at less often."""


MOST = 200
"""Looks after which they become rarer: a long run has a few hundred more for each doubling."""


def is_on_grid(step: int, every: int) -> bool:
    """Tell whether a look belongs to a step: the first, then every so many, rarer in long runs."""
    if step == 1:
        return True
    doublings = max(0, (step // (every * MOST)).bit_length() - 1)
    return step % (every << doublings) == 0


class Probing:
    """Looks at the model of a session with the same held-out sequences again and again.

    A look that fails is the last one, until the run returns to a checkpoint; it ends no run.
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

    def take_if_due(self, step: int) -> None:
        """Look where it is due, if there is time for it."""
        if self.sample is None or not is_on_grid(step, self._every):
            return
        session = self._session
        started = session.clock()
        if step != 1 and started < self._due_at:
            return
        found = session.attempt("looks", partial(look, session.model, self.sample, step))
        if found is None:
            self.sample = None
            return
        session.write(found.record)
        session.mirror.add_histograms("gates", found.values, step)
        ended = session.clock()
        self._due_at = ended + COST * (ended - started)

"""Probes during training: statistics of gates and states, written to the journal."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from torch import device

from rnnlab.corpora import Split
from rnnlab.insight import LENGTH, ROWS, Sample, draw_sample, probe
from rnnlab.models import TextModel
from rnnlab.settings.run_config import RunConfig
from rnnlab.training._run_log import RunLog
from rnnlab.training._tensorboard import HISTOGRAMS

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
    """Probes a model in training, always on the same sequences of the validation split.

    A failed probe is logged and does not end the run; the probes stop until the next rollback.
    """

    def __init__(
        self, config: RunConfig, split: Split, on: device, log: RunLog, clock: Callable[[], float]
    ) -> None:
        """split: the validation split; on: device of the model; clock: time in seconds."""
        self._log, self._clock = log, clock
        self._every = config.probe_every
        self._due_at = 0.0
        self.sample: Sample | None = None
        if self._every:
            self.sample = draw_sample(split, ROWS, min(LENGTH, config.length), on)

    def run_if_due(self, model: TextModel, step: int) -> None:
        """Probe and write the result, if a probe is due and the limit COST allows it."""
        if self.sample is None or not is_on_grid(step, self._every):
            return
        started = self._clock()
        if step != 1 and started < self._due_at:
            return
        result = self._log.attempt("probes", partial(probe, model, self.sample, step))
        if result is None:
            self.sample = None
            return
        self._log.write(result.record)
        self._log.add_histograms(HISTOGRAMS[1], result.values)
        ended = self._clock()
        self._due_at = ended + COST * (ended - started)

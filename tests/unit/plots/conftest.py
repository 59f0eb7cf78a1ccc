"""Runs to plot."""

from __future__ import annotations

import math
import random
from typing import Protocol

import pytest

from rnnlab.plots import NamedHistory
from rnnlab.runs.history import History
from rnnlab.runs.records import EvalRecord, LayersRecord, TrainRecord


class MakeRun(Protocol):
    def __call__(
        self,
        name: str = "lstm",
        *,
        color: int = 0,
        num_records: int = 60,
        num_evals: int = 4,
        clip: float | None = 1.0,
        lost: tuple[int, ...] = (),
    ) -> NamedHistory: ...


@pytest.fixture
def make_run() -> MakeRun:
    """Return a maker of runs whose losses fall side by side; records at `lost` hold none."""

    def make(
        name: str = "lstm",
        *,
        color: int = 0,
        num_records: int = 60,
        num_evals: int = 4,
        clip: float | None = 1.0,
        lost: tuple[int, ...] = (),
    ) -> NamedHistory:
        noise = random.Random(color)
        history = History()
        for i in range(num_records):
            step, time_s = 10 * (i + 1), 30.0 * (i + 1)
            epoch = step / 100
            loss = 1.2 + 0.4 * color + 3 * math.exp(-i / 10) + noise.gauss(0, 0.05)
            train = TrainRecord(
                step=step,
                epoch=epoch,
                time_s=time_s,
                train_loss=None if i in lost else loss,
                grad_norm=0.5,
                grad_norm_max=2.0,
                clipped=0.25,
                skipped=0,
                lr=0.001,
                tokens_per_s=12_000.0,
            )
            layers = LayersRecord(step, {"rnn.weight_hh_l0": 0.3, "head.weight": 0.1})
            history.extend([train, layers])
            if num_evals and (i + 1) % (num_records // num_evals) == 0:
                history.extend([EvalRecord(step, epoch, time_s, loss + 0.1, is_best=True)])
        return NamedHistory(name, color, history, clip)

    return make

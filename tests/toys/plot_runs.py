"""Runs to plot."""

from __future__ import annotations

import math
import random

from rnnlab.plots import NamedHistory
from rnnlab.runs.history import History
from rnnlab.runs.records import EvalRecord, LayersRecord, ProbeRecord, TrainRecord


def make_probe(step: int) -> ProbeRecord:
    """Return a probe of two layers; the first one forgets faster."""
    norms: list[float | None] = [0.25, 0.5, 1.0]
    return ProbeRecord(
        step=step, num_rows=8, length=3,
        gates={"l0.f": [0.5, 0.5], "l1.f": [0.25, 0.75]}, shut={"l0.f": 0.1, "l1.f": 0.0},
        open={"l0.f": 0.2, "l1.f": 0.3}, of_last={"l0": norms, "l1": norms},
        of_all={"l0": norms, "l1": norms}, half_life={"l0": 1.0, "l1": 2.0},
    )  # fmt: skip


def make_run(
    name: str = "lstm",
    *,
    color: int = 0,
    num_records: int = 60,
    num_evals: int = 4,
    clip: float | None = 1.0,
    lost: tuple[int, ...] = (),
) -> NamedHistory:
    """Return a run whose loss falls; runs of different colours differ in loss.

    lost: the numbers of the records without a training loss.
    """
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
        history.extend([train, layers, make_probe(step)])
        if num_evals and (i + 1) % (num_records // num_evals) == 0:
            history.extend(
                [EvalRecord(step, epoch, time_s, loss + 0.1, is_best=True, accuracy=0.5 + i / 1000)]
            )
    return NamedHistory(name, color, history, clip)

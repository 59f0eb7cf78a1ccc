"""Telemetry: a training step with it against the bare step, as a ratio.

`python tests/benchmarks/telemetry.py`, about three minutes on 2 cores. LSTM and GRU, hidden 128 to
512, batch 64, windows of 100. Bare is the step and the sums that a loss record needs. Telemetry at
its defaults adds the norms of every parameter's gradient and weight at each record (every 10 steps)
and at every 50th step a probe of gates and gradients through time, with TensorBoard histograms.
Each is measured as the difference between a step after which it is due and a bare step right before
and after; medians of CPU time, one thread; all figures are ratios to the bare step of the same run.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch

from rnnlab.corpora import Batch, Vocabulary
from rnnlab.corpora.tasks.stream import StreamSplit
from rnnlab.insight import LENGTH, ROWS, draw_sample, probe
from rnnlab.models import build_model
from rnnlab.settings.run_config import RunConfig
from rnnlab.training import (
    Mirror,
    TrainingState,
    layers_record,
    make_optimizer,
    take_step,
    train_record,
)

VOCAB, BATCH = 96, 64
NUM_ROUNDS = 7
DEFAULTS = RunConfig.from_values({"corpus": "none"})


class Bench:
    """One model in training, with each part of the telemetry on its own."""

    def __init__(self, cell: str, hidden: int, folder: Path) -> None:
        self.config = DEFAULTS.model_copy(update={"cell": cell, "hidden": hidden, "batch": BATCH})
        chance = torch.Generator().manual_seed(1)
        ids = torch.randint(VOCAB, (20_000,), generator=chance).numpy()
        shape = BATCH, self.config.length
        windows = [torch.randint(VOCAB, shape, generator=chance).numpy() for _ in range(2)]
        self.batch = Batch(windows[0], windows[1], windows[0].size, is_start=False)
        self.model = build_model(self.config, Vocabulary(tuple(map(chr, range(32, 32 + VOCAB)))))
        self.optimizer = make_optimizer(self.model, self.config)
        self.state = TrainingState.fresh(1, torch.device("cpu"))
        split = StreamSplit(ids, 1, self.config.length)
        self.sample = draw_sample(split, ROWS, min(LENGTH, self.config.length), self.model.device)
        self.mirror = Mirror(folder, 0)
        self.norms = self.step()

    def step(self) -> dict[str, torch.Tensor]:
        return take_step(self.model, self.optimizer, self.state, self.batch, self.config)

    def bare(self) -> None:
        self.norms = self.step()
        train_record(self.state, 0.0, 0.1)
        self.state.window = self.state.window.next()

    def with_layers(self) -> None:
        self.bare()
        self.mirror.add(layers_record(self.model, 1, self.norms))

    def with_look(self) -> None:
        self.bare()
        found = probe(self.model, self.sample, 1)
        self.mirror.add(found.record)
        self.mirror.add_histograms("recurrent_gates/values", found.values, 1)


def seconds(work: Callable[[], None]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def extra(bench: Bench, work: Callable[[], None]) -> float:
    """Return what the telemetry in `work` costs, in bare steps."""
    work()
    rounds = [(seconds(bench.bare), seconds(work), seconds(bench.bare)) for _ in range(NUM_ROUNDS)]
    bare_s = statistics.median(s for before, _, after in rounds for s in (before, after))
    return statistics.median(busy - (a + b) / 2 for a, busy, b in rounds) / bare_s


def main() -> None:
    """Print a line for every cell and size."""
    torch.set_num_threads(1)
    every_log, every_look = DEFAULTS.log_every, DEFAULTS.probe_every
    print(
        f"a training step with telemetry against a bare one: batch {BATCH}, length "
        f"{DEFAULTS.length}, float32, one thread; target below 1.03"
    )
    for cell in ("lstm", "gru"):
        for hidden in (128, 256, 512):
            with tempfile.TemporaryDirectory() as folder:
                bench = Bench(cell, hidden, Path(folder))
                layers, probe = extra(bench, bench.with_layers), extra(bench, bench.with_look)
                bench.mirror.close()
            ratio = 1 + layers / every_log + probe / every_look
            print(
                f"  {cell:4} hidden {hidden}: {ratio:.4f} x the bare step "
                f"(norms {layers:.3f} of a step, every {every_log}; "
                f"a probe {probe:.2f} steps, every {every_look})",
                flush=True,
            )


if __name__ == "__main__":
    main()

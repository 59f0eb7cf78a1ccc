"""Trainings on the same cores: those on torch's kernels and those on ours, alone and two at once.

Torch's kernels: prints steps a second with half the cores, which is rnnlab's default for them, as a
ratio to those with all cores, torch's own default, for one LSTM training alone and for two at once.
Our kernels, each training with all cores, which is rnnlab's default for them: prints the steps a
second of two trainings together as a ratio to those of one alone; 1.00 means that sharing loses
nothing. Interleaved, median of three rounds.

    python tests/benchmarks/sharing.py native  # ours only, less than two minutes on 2 cores
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys

_ROUNDS = 3
_TIMED = """
step(); step()
started, steps = time.perf_counter(), 0
while time.perf_counter() - started < 4:
    step()
    steps += 1
print(steps / (time.perf_counter() - started))
"""
_ON_TORCH = """
import sys, time, torch
torch.set_num_threads(int(sys.argv[1]))
rnn, head = torch.nn.LSTM(64, 128, batch_first=True), torch.nn.Linear(128, 70)
optimizer = torch.optim.AdamW([*rnn.parameters(), *head.parameters()], fused=True)
inputs, targets = torch.randn(16, 100, 64), torch.randint(0, 70, (1600,))
def step():
    loss = torch.nn.functional.cross_entropy(head(rnn(inputs)[0]).flatten(0, 1), targets)
    optimizer.zero_grad(); loss.backward(); optimizer.step()
"""
_ON_OURS = """
import sys, time, torch
from rnnlab.corpora import Batch, Vocabulary
from rnnlab.models import build_model
from rnnlab.settings.run_config import RunConfig
from rnnlab.training import TrainingState, make_optimizer, set_threads, take_step
config = RunConfig.from_values(
    {"corpus": "none", "cell": "lstm", "hidden": 128, "embedding": 64, "engine": "native"}
)
model = build_model(config, Vocabulary(tuple(map(chr, range(32, 102)))))
set_threads(model, int(sys.argv[1]))
optimizer, state = make_optimizer(model, config), TrainingState.fresh(1, torch.device("cpu"))
tokens = torch.randint(0, 70, (16, 101)).numpy()
batch = Batch(tokens[:, :-1], tokens[:, 1:], 1600, is_start=False)
def step():
    take_step(model, optimizer, state, batch, config)
"""


def steps_a_second(training: str, num_processes: int, num_threads: int) -> float:
    """Train in so many processes at once; return their mean speed."""
    children = [
        subprocess.Popen(
            [sys.executable, "-c", training + _TIMED, str(num_threads)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(num_processes)
    ]
    return statistics.mean(float(child.communicate()[0]) for child in children)


def on_torch() -> None:
    """Print the ratios for torch's kernels."""
    half = max(1, len(os.sched_getaffinity(0)) // 2)
    for num_processes in (1, 2):
        ratios = [
            steps_a_second(_ON_TORCH, num_processes, half)
            / steps_a_second(_ON_TORCH, num_processes, 2 * half)
            for _ in range(_ROUNDS)
        ]
        print(
            f"{num_processes} LSTM-128 training(s) at once on torch's kernels, {half} thread(s) "
            f"each / {2 * half}: {statistics.median(ratios):.2f}x",
            flush=True,
        )


def on_ours() -> None:
    """Print the ratio for our kernels."""
    cores = len(os.sched_getaffinity(0))
    ratios = [
        2 * steps_a_second(_ON_OURS, 2, cores) / steps_a_second(_ON_OURS, 1, cores)
        for _ in range(_ROUNDS)
    ]
    print(
        f"2 LSTM-128 trainings at once on our kernels, {cores} threads each, together / "
        f"1 alone: {statistics.median(ratios):.2f}x ({min(ratios):.2f} to {max(ratios):.2f})"
    )


def main() -> None:
    """Print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("kernels", nargs="*", default=["torch", "native"], help="torch, native")
    kernels = parser.parse_args().kernels
    if "torch" in kernels:
        on_torch()
    if "native" in kernels:
        on_ours()


if __name__ == "__main__":
    main()

"""Two workers on the same cores: threads that sleep while they wait against threads that spin.

Prints steps a second of two concurrent LSTM trainings under `OMP_WAIT_POLICY=PASSIVE`, which the
launcher sets, as a ratio to OpenMP's default; and the same for one training alone. Interleaved,
median of three rounds.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys

from rnnlab.runs.launch import child_environment

_ROUNDS = 3
_TRAINING = """
import time, torch
rnn, head = torch.nn.LSTM(64, 128, batch_first=True), torch.nn.Linear(128, 70)
optimizer = torch.optim.AdamW([*rnn.parameters(), *head.parameters()], fused=True)
inputs, targets = torch.randn(16, 100, 64), torch.randint(0, 70, (1600,))
started, steps = time.perf_counter(), 0
while time.perf_counter() - started < 4:
    loss = torch.nn.functional.cross_entropy(head(rnn(inputs)[0]).flatten(0, 1), targets)
    optimizer.zero_grad(); loss.backward(); optimizer.step()
    steps += 1
print(steps / (time.perf_counter() - started))
"""


def steps_a_second(num_processes: int, *, is_passive: bool) -> float:
    """Train in so many processes at once; return their mean speed."""
    environment = {k: v for k, v in os.environ.items() if k != "OMP_WAIT_POLICY"}
    if is_passive:
        environment["OMP_WAIT_POLICY"] = child_environment()["OMP_WAIT_POLICY"]
    children = [
        subprocess.Popen(
            [sys.executable, "-c", _TRAINING], env=environment, stdout=subprocess.PIPE, text=True
        )
        for _ in range(num_processes)
    ]
    return statistics.mean(float(child.communicate()[0]) for child in children)


def main() -> None:
    """Print the ratios."""
    for num_processes in (1, 2):
        ratios = [
            steps_a_second(num_processes, is_passive=True)
            / steps_a_second(num_processes, is_passive=False)
            for _ in range(_ROUNDS)
        ]
        print(
            f"{num_processes} LSTM-128 trainings at once: passive waiting / OpenMP's default "
            f"{statistics.median(ratios):.2f}x"
        )


if __name__ == "__main__":
    main()

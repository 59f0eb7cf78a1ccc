"""Trainings on the same cores: half the cores for each, which is rnnlab's default, or all of them.

Prints steps a second with half the cores as a ratio to those with all cores, torch's own default,
for one LSTM training alone and for two at once. Interleaved, median of three rounds.
"""

from __future__ import annotations

import statistics
import subprocess
import sys

from rnnlab.training import half_the_cores

_ROUNDS = 3
_TRAINING = """
import sys, time, torch
torch.set_num_threads(int(sys.argv[1]))
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


def steps_a_second(num_processes: int, num_threads: int) -> float:
    """Train in so many processes at once; return their mean speed."""
    children = [
        subprocess.Popen(
            [sys.executable, "-c", _TRAINING, str(num_threads)], stdout=subprocess.PIPE, text=True
        )
        for _ in range(num_processes)
    ]
    return statistics.mean(float(child.communicate()[0]) for child in children)


def main() -> None:
    """Print the ratios."""
    half = half_the_cores()
    for num_processes in (1, 2):
        ratios = [
            steps_a_second(num_processes, half) / steps_a_second(num_processes, 2 * half)
            for _ in range(_ROUNDS)
        ]
        print(
            f"{num_processes} LSTM-128 training(s) at once, {half} thread(s) each / {2 * half}: "
            f"{statistics.median(ratios):.2f}x"
        )


if __name__ == "__main__":
    main()

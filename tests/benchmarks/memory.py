"""A training step with memory that the C library keeps, as in rnnlab's worker, or gives back.

Prints steps a second with `keep_memory` as a ratio to those with glibc's defaults, one thread,
batch 32, length 64, for LSTM and GRU of three sizes. A process each, interleaved, median of three
rounds.
"""

from __future__ import annotations

import statistics
import subprocess
import sys

_ROUNDS = 3
_TRAINING = """
import sys, time, torch
from rnnlab.worker import keep_memory
if sys.argv[1] == "kept":
    assert keep_memory()
torch.set_num_threads(1)
hidden = int(sys.argv[3])
rnn = getattr(torch.nn, sys.argv[2])(32, hidden, batch_first=True)
head = torch.nn.Linear(hidden, 70)
optimizer = torch.optim.AdamW([*rnn.parameters(), *head.parameters()], fused=True)
inputs, targets = torch.randn(32, 64, 32), torch.randint(0, 70, (2048,))
def step():
    loss = torch.nn.functional.cross_entropy(head(rnn(inputs)[0]).flatten(0, 1), targets)
    optimizer.zero_grad(); loss.backward(); optimizer.step()
for _ in range(3):
    step()
started, steps = time.process_time(), 0
while time.process_time() - started < 3:
    step()
    steps += 1
print(steps / (time.process_time() - started))
"""


def steps_a_second(memory: str, cell: str, hidden: int) -> float:
    """Train in a process of its own; return its speed in CPU time."""
    arguments = [sys.executable, "-c", _TRAINING, memory, cell, str(hidden)]
    ended = subprocess.run(arguments, stdout=subprocess.PIPE, text=True, check=True)
    return float(ended.stdout)


def main() -> None:
    """Print the ratios."""
    for cell in ("LSTM", "GRU"):
        for hidden in (128, 256, 512):
            ratios = [
                steps_a_second("kept", cell, hidden) / steps_a_second("default", cell, hidden)
                for _ in range(_ROUNDS)
            ]
            print(
                f"{cell}-{hidden}, memory kept / glibc's default: {statistics.median(ratios):.2f}x"
            )


if __name__ == "__main__":
    main()

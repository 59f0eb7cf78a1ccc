"""Our best recipes against the ones that they are to beat in no more time, on the same machine.

Prints the training time of a recipe as a ratio to that of its rival, both with torch's default
threads and from so many steps, on random letters (a step's time does not depend on the text):

- `moliere-best` against the notebook's LSTM-128 (batch 1, windows of 100, 20 epochs: 18,000 steps),
  also against the same on one thread, where so small a net is at its fastest;
- `shakespeare-best` against nanoGPT's CPU recipe (4 layers, 4 heads, width 128, windows of 64,
  batch 12, 2,000 steps, 9 times 2 measurements of 20 batches), from torch's transformer layers.

Interleaved, median of three rounds. Processes of their own, since threads are set once.
"""

from __future__ import annotations

import statistics
import subprocess
import sys

_ROUNDS = 3
_NOTEBOOK = """
import sys, time, torch
from torch.nn import functional as F
if sys.argv[1] == "1": torch.set_num_threads(1)
embed, head = torch.nn.Embedding(76, 128), torch.nn.Linear(128, 76)
rnn = torch.nn.LSTM(128, 128, batch_first=True)
parameters = [*embed.parameters(), *rnn.parameters(), *head.parameters()]
optimizer = torch.optim.AdamW(parameters, lr=0.001)
ids, state = torch.randint(0, 76, (1, 101)), None
def step():
    global state
    y, state = rnn(embed(ids[:, :-1]), state)
    loss = F.cross_entropy(head(y).flatten(0, 1), ids[0, 1:])
    optimizer.zero_grad(); loss.backward(); optimizer.step(); loss.item()
    state = tuple(part.detach() for part in state)
for _ in range(20): step()
started = time.perf_counter()
for _ in range(300): step()
print((time.perf_counter() - started) / 300 * 18_000)
"""
_GPT = """
import time, torch
from torch import nn
from torch.nn import functional as F
class GPT(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens, self.places = nn.Embedding(65, 128), nn.Embedding(64, 128)
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(
                128, 4, 512, 0.0, "gelu", batch_first=True, norm_first=True, bias=False
            )
            for _ in range(4)
        )
        self.norm, self.head = nn.LayerNorm(128), nn.Linear(128, 65, bias=False)
        self.register_buffer("mask", nn.Transformer.generate_square_subsequent_mask(64))
    def forward(self, ids):
        x = self.tokens(ids) + self.places.weight
        for layer in self.layers: x = layer(x, src_mask=self.mask, is_causal=True)
        return self.head(self.norm(x))
gpt = GPT()
optimizer = torch.optim.AdamW(gpt.parameters(), lr=0.001)
def loss():
    ids = torch.randint(0, 65, (12, 65))
    return F.cross_entropy(gpt(ids[:, :-1]).flatten(0, 1), ids[:, 1:].flatten())
def step():
    found = loss(); optimizer.zero_grad(); found.backward()
    nn.utils.clip_grad_norm_(gpt.parameters(), 1.0); optimizer.step()
def seconds(run, times):
    started = time.perf_counter()
    for _ in range(times): run()
    return (time.perf_counter() - started) / times
seconds(step, 5)
train = seconds(step, 60) * 2000
gpt.eval()
with torch.no_grad(): print(train + seconds(lambda: loss().item(), 20) * 20 * 2 * 9)
"""
_OURS = """
import sys, random, tempfile, time
from pathlib import Path
from rnnlab import recipes
from rnnlab.settings.run_config import RunConfig
from rnnlab.corpora import prepare
from rnnlab.runs.paths import RunPaths
from rnnlab.training import Session, take_step
from rnnlab.worker import keep_memory
keep_memory()
folder = Path(tempfile.mkdtemp())
letters = [chr(300 + i) for i in range(76)]
(folder / "random.txt").write_text("".join(random.choices(letters, k=200_000)), encoding="utf-8")
settings = {**recipes.load(sys.argv[1]).settings, "corpus": str(folder / "random.txt")}
settings.pop("limit_chars", None)
config = RunConfig.from_values(settings)
class Nobody:
    def commands(self): return []
    def wait(self): pass
    def on_record(self, record, session): pass
session = Session(RunPaths(folder), config, prepare(config), Nobody())
batches = session.batches()
def step(): take_step(session.model, session.optimizer, session.state, next(batches), config)
for _ in range(5): step()
started = time.perf_counter()
for _ in range(60): step()
print((time.perf_counter() - started) / 60 * config.steps)
"""


def seconds(program: str, argument: str = "") -> float:
    """Run a program of its own and return the seconds that it prints."""
    command = [sys.executable, "-c", program, argument]
    return float(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)


def main() -> None:
    """Print the ratios."""
    pairs = [
        ("moliere-best", "the notebook's LSTM, default threads", _NOTEBOOK, ""),
        ("moliere-best", "the notebook's LSTM, one thread", _NOTEBOOK, "1"),
        ("shakespeare-best", "nanoGPT's CPU recipe", _GPT, ""),
    ]
    for recipe, rival, program, argument in pairs:
        ratios = [seconds(_OURS, recipe) / seconds(program, argument) for _ in range(_ROUNDS)]
        print(f"training time of {recipe} / {rival}: {statistics.median(ratios):.2f}x")


if __name__ == "__main__":
    main()

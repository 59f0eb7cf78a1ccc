"""Training: a step of ours on the fused engine against the same loop over torch.nn, by speed.

`python tests/benchmarks/cells.py`, about half a minute on 2 cores. Both loops read letters through
an embedding, run one layer, take the cross-entropy, clip and step AdamW; ours also keeps what a
record is made of. The two are interleaved; each ratio is the median over pairs, 1.00 is as fast as
torch.nn and more is faster. Only ratios are printed: times swing with what else the machine does.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from rnnlab.corpora import Batch, Vocabulary
from rnnlab.models import build_model
from rnnlab.settings.run_config import RunConfig
from rnnlab.training import TrainingState, make_optimizer, take_step

VOCAB, EMBEDDING, BATCH, LENGTH = 96, 64, 64, 100
HIDDEN = (128, 256)
NUM_PAIRS = 9
PLAIN: dict[str, Callable[..., nn.RNNBase]] = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}


class Plain(nn.Module):
    """What one writes without a lab."""

    def __init__(self, cell: str, hidden: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(VOCAB, EMBEDDING)
        self.rnn = PLAIN[cell](EMBEDDING, hidden, batch_first=True)
        self.head = nn.Linear(hidden, VOCAB)

    def forward(self, tokens_BT: Tensor, state: object) -> tuple[Tensor, object]:
        y_BTH, state = self.rnn(self.embedding(tokens_BT), state)
        return self.head(y_BTH), state


def plain_step(cell: str, hidden: int, batch: Batch) -> Callable[[], None]:
    model = Plain(cell, hidden)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.002, fused=True)
    inputs_BT, targets = map(torch.from_numpy, (batch.inputs_BT, batch.targets))
    state: object = None

    def step() -> None:
        nonlocal state
        logits_BTV, last = model(inputs_BT, state)
        loss = functional.cross_entropy(logits_BTV.flatten(0, 1), targets.flatten())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        parts = last if isinstance(last, tuple) else (last,)
        detached = tuple(part.detach() for part in parts)
        state = detached if isinstance(last, tuple) else detached[0]

    return step


def our_step(cell: str, hidden: int, batch: Batch) -> Callable[[], None]:
    config = RunConfig.from_values(
        {
            "corpus": "none",
            "cell": cell,
            "hidden": hidden,
            "embedding": EMBEDDING,
        }
    )
    model = build_model(config, Vocabulary(tuple(map(chr, range(32, 32 + VOCAB)))))
    optimizer = make_optimizer(model, config)
    state = TrainingState.fresh(1, torch.device("cpu"))
    return lambda: void(take_step(model, optimizer, state, batch, config))


def void(_: object) -> None:
    """Drop a result."""


def seconds(step: Callable[[], None]) -> float:
    started = time.perf_counter()
    step()
    return time.perf_counter() - started


def ratio(ours: Callable[[], None], theirs: Callable[[], None]) -> float:
    """Return how many times as fast ours is, the median over interleaved pairs."""
    for step in (ours, theirs, ours, theirs):
        step()
    pairs = [
        (seconds(ours), seconds(theirs)) if i % 2 else (seconds(theirs), seconds(ours))[::-1]
        for i in range(NUM_PAIRS)
    ]
    return statistics.median(their_s / our_s for our_s, their_s in pairs)


def main() -> None:
    """Print one line a cell and size."""
    tokens_BS = torch.randint(
        VOCAB, (BATCH, LENGTH + 1), generator=torch.Generator().manual_seed(1)
    )
    tokens = tokens_BS.numpy()
    batch = Batch(tokens[:, :-1], tokens[:, 1:], BATCH * LENGTH, is_start=False)
    print(
        f"training step, ours (fused engine) against torch.nn in the same loop: batch {BATCH}, "
        f"length {LENGTH}, float32, {torch.get_num_threads()} threads; 1.00 is as fast"
    )
    for hidden in HIDDEN:
        for cell in PLAIN:
            found = ratio(our_step(cell, hidden, batch), plain_step(cell, hidden, batch))
            print(f"  {cell:4} hidden {hidden}: {found:.2f} x torch.nn", flush=True)


if __name__ == "__main__":
    main()

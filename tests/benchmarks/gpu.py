"""GPU: a training step and a greedy step of ours, with and without CUDA graphs, against torch.nn.

`python tests/benchmarks/gpu.py`, about a minute; without a CUDA device it says so and measures
nothing. Training: embedding, one layer, head, cross-entropy, clipping, AdamW, on batches of 64
windows of 100 letters; ours also keeps what a record is made of, and its steps are checked to leave
the same weights with and without graphs. Greedy: one letter per step, log-probs on the host. The
loops are interleaved; each ratio is the median over rounds, and 1.00 is as fast as torch.nn.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from rnnlab.corpora import Batch, Vocabulary
from rnnlab.inference.steppers import Stepper, make_stepper
from rnnlab.models import LanguageModel, build_model
from rnnlab.settings.run_config import RunConfig
from rnnlab.training import (
    TrainingState,
    compute_step,
    fastest_step,
    make_optimizer,
    take_step,
)

VOCAB, EMBEDDING, BATCH, LENGTH = 96, 64, 64, 100
ROUNDS, STEPS = 7, 20
PLAIN: dict[str, Callable[..., nn.RNNBase]] = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}
GPU = torch.device("cuda")
Loop = Callable[[], object]


def plain_model(cell: str, hidden: int) -> nn.ModuleDict:
    """Return what one writes without a lab."""
    layers = {
        "embedding": nn.Embedding(VOCAB, EMBEDDING),
        "rnn": PLAIN[cell](EMBEDDING, hidden, batch_first=True),
        "head": nn.Linear(hidden, VOCAB),
    }
    return nn.ModuleDict(layers).to(GPU)


def detached(state: object) -> object:
    if isinstance(state, Tensor):
        return state.detach()
    assert isinstance(state, tuple)
    return tuple(part.detach() for part in state)


def plain_training(cell: str, hidden: int, batch: Batch) -> Loop:
    model = plain_model(cell, hidden)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.002, fused=True)
    inputs_BT, targets_BT = (
        torch.from_numpy(ids).to(GPU) for ids in (batch.inputs_BT, batch.targets)
    )
    state: object = None

    def step() -> None:
        nonlocal state
        y_BTH, last = model["rnn"](model["embedding"](inputs_BT), state)
        logits_BTV = model["head"](y_BTH)
        loss = functional.cross_entropy(logits_BTV.flatten(0, 1), targets_BT.flatten())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        state = detached(last)

    return step


class Ours:
    """A model of ours in training."""

    def __init__(self, cell: str, hidden: int, batch: Batch, *, is_captured: bool) -> None:
        settings = {"corpus": "none", "cell": cell, "hidden": hidden, "embedding": EMBEDDING}
        config = RunConfig.from_values(settings)
        self.model = build_model(config, Vocabulary(tuple(map(chr, range(32, 32 + VOCAB))))).to(GPU)
        optimizer = make_optimizer(self.model, config)
        compute = fastest_step(GPU, optimizer, print) if is_captured else compute_step
        state = TrainingState.fresh(1, GPU)
        self.step: Loop = partial(
            take_step, self.model, optimizer, state, batch, config, compute=compute
        )


def plain_greedy(cell: str, hidden: int) -> Loop:
    model, state = plain_model(cell, hidden), None
    token_11 = torch.zeros(1, 1, dtype=torch.int64, device=GPU)

    @torch.inference_mode()
    def step() -> None:
        nonlocal state, token_11
        y_11H, state = model["rnn"](model["embedding"](token_11), state)
        log_probs_V = functional.log_softmax(model["head"](y_11H[0, 0]), dim=-1).cpu().numpy()
        token_11 = torch.tensor([[int(log_probs_V.argmax())]]).to(GPU)

    return step


def our_greedy(model: LanguageModel) -> Loop:
    stepper: Stepper = make_stepper(model, "torch")
    state, token = stepper.begin(), 0

    def step() -> None:
        nonlocal state, token
        log_probs_1V, state = stepper.step(state, np.array([0]), np.array([token]))
        token = int(log_probs_1V[0].argmax())

    return step


def seconds(step: Loop) -> float:
    """Return the time of STEPS steps, until the device has ended them."""
    torch.cuda.synchronize()
    started = time.perf_counter()
    for _ in range(STEPS):
        step()
    torch.cuda.synchronize()
    return time.perf_counter() - started


def ratios(ours: list[Loop], theirs: Loop) -> list[float]:
    """Return how many times as fast each of ours is."""
    steps = [*ours, theirs]
    for step in steps:
        seconds(step)
    rounds = [[seconds(step) for step in steps] for _ in range(ROUNDS)]
    return [statistics.median(times[-1] / times[i] for times in rounds) for i in range(len(ours))]


def check_same_weights(one: Ours, other: Ours) -> str:
    """Return whether both have the same bits after the same number of steps."""
    pairs = list(zip(one.model.parameters(), other.model.parameters(), strict=True))
    if all(torch.equal(a, b) for a, b in pairs):
        return "same bits"
    worst = max((a - b).abs().max().item() for a, b in pairs)
    return f"differ by up to {worst:.1e}"


def main() -> None:
    """Print both tables."""
    if not torch.cuda.is_available():
        print("no CUDA device: nothing to measure")
        return
    print(
        f"{torch.cuda.get_device_name()}, torch {torch.__version__}, float32, ratios to torch.nn\n"
    )
    print("| cell | hidden | training: graph | kernels | weights | greedy: graph |")
    print("| --- | --- | --- | --- | --- | --- |")
    tokens = torch.randint(VOCAB, (BATCH, LENGTH + 1), generator=torch.Generator().manual_seed(1))
    ids = tokens.numpy()
    batch = Batch(ids[:, :-1].copy(), ids[:, 1:].copy(), BATCH * LENGTH, is_start=False)
    for cell in PLAIN:
        for hidden in (128, 256, 512):
            graph, kernels = (Ours(cell, hidden, batch, is_captured=on) for on in (True, False))
            trained = ratios([graph.step, kernels.step], plain_training(cell, hidden, batch))
            weights = check_same_weights(graph, kernels)
            model = graph.model.eval()
            assert isinstance(model, LanguageModel)
            (greedy,) = ratios([our_greedy(model)], plain_greedy(cell, hidden))
            print(
                f"| {cell.upper()} | {hidden} | {trained[0]:.2f} | {trained[1]:.2f} | {weights} | "
                f"{greedy:.2f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()

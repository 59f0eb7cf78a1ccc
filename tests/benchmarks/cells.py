"""Training: a step of ours, on our kernels and on torch's, against the same loop over torch.nn.

`python tests/benchmarks/cells.py`, some minutes on 2 cores. All loops read letters through an
embedding, run the layers, take the cross-entropy, clip and step AdamW; ours also keeps what a
record is made of. `auto` is our default engine, `fused` is torch's kernel under our model. The
three are interleaved; each ratio is the median over rounds: 1.00 is as fast as torch.nn on as many
threads, and more is faster. On one thread, it is a ratio of CPU times. On several, while other
processes take more than 5 % of the machine, rounds are repeated, and the quietest ones count; the
last column is the largest part that others took then. Memory is the C library's default, as in a
user's loop. The floors are our goals for processors with AVX-512. Only ratios are printed: times
swing with what else the machine does.

The cells that torch.nn does not have are compared with our model on the equations in torch, which
is what one would write; the minimal cells with the scan of all steps in torch. `auto` is the ratio
of whole steps, `layer` that of the recurrent layer alone: without head, cross-entropy and
optimiser. The floor and the aim of whole steps are 4 and 10 if a cell's steps follow each other.

`peak` is the speed of the multiplications with W_hh and the head in a step on `auto`, as a part of
that of torch's product of two matrices of SIDE x SIDE. All else in the step counts as lost time.

    python tests/benchmarks/cells.py --cells lstm-peephole mingru --hidden 128  # some rows only
    python tests/benchmarks/cells.py --dtype bfloat16 --cells lstm  # ours; rivals in float32
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import time
from collections.abc import Callable
from typing import NamedTuple

import psutil
import torch
from torch import Tensor, nn
from torch.nn import functional

from rnnlab import native
from rnnlab.corpora import Batch, Vocabulary
from rnnlab.models import build_model
from rnnlab.settings.run_config import RunConfig
from rnnlab.training import TrainingState, make_optimizer, set_threads, take_step

VOCAB, EMBEDDING, BATCH, LENGTH = 96, 64, 64, 100
ROUNDS, MOST_ROUNDS = 7, 25
QUIET = 0.05
SIDE = 1024
FLOORS = {
    # hidden, layers: for LSTM, GRU, RNN
    (128, 1): (1.9, 2.4, 2.2),
    (256, 1): (1.8, 2.3, 1.8),
    (512, 1): (1.35, 2.0, 1.8),
    (256, 2): (1.3, 1.9, 1.5),
}
ENGINES = ("auto", "fused")
OTHERS = {
    # cell: the engine in torch that it is compared with, the floor
    "gru-cho": ("equations", "4"), "lstm-peephole": ("equations", "4"),
    "lstm-coupled": ("equations", "4"), "lstm-layernorm": ("equations", "4"),
    "rnn-sigmoid": ("equations", "4"), "rnn-relu": ("fused", ""),
    "mingru": ("fused", ""), "minlstm": ("fused", ""),
}  # fmt: skip
OTHER_SIZES = (128, 256)
PLAIN: dict[str, Callable[..., nn.RNNBase]] = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}


class Plain(nn.Module):
    """What one writes without a lab."""

    def __init__(self, cell: str, hidden: int, layers: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(VOCAB, EMBEDDING)
        self.rnn = PLAIN[cell](EMBEDDING, hidden, layers, batch_first=True)
        self.head = nn.Linear(hidden, VOCAB)

    def forward(self, tokens_BT: Tensor, state: object) -> tuple[Tensor, object]:
        y_BTH, state = self.rnn(self.embedding(tokens_BT), state)
        return self.head(y_BTH), state


def plain_step(
    cell: str, hidden: int, layers: int, batch: Batch, threads: int
) -> Callable[[], None]:
    model = Plain(cell, hidden, layers)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.002, fused=True)
    inputs_BT, targets = map(torch.from_numpy, (batch.inputs_BT, batch.targets))
    state: object = None

    def step() -> None:
        nonlocal state
        torch.set_num_threads(threads)
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


def our_step(
    cell: str, hidden: int, layers: int, batch: Batch, threads: int, engine: str, dtype: str
) -> Callable[[], None]:
    settings = {"cell": cell, "hidden": hidden, "layers": layers, "engine": engine, "dtype": dtype}
    config = RunConfig.from_values({"corpus": "none", "embedding": EMBEDDING, **settings})
    model = build_model(config, Vocabulary(tuple(map(chr, range(32, 32 + VOCAB)))))
    optimizer = make_optimizer(model, config)
    state = TrainingState.fresh(1, torch.device("cpu"))

    def step() -> None:
        set_threads(model, threads, dtype)
        take_step(model, optimizer, state, batch, config, dtype)

    return step


def layer_step(
    cell: str, hidden: int, batch: Batch, threads: int, engine: str
) -> Callable[[], None]:
    """Return the forward and the backward pass of the layer of `our_step`, embedding included."""
    settings = {"cell": cell, "hidden": hidden, "engine": engine}
    config = RunConfig.from_values({"corpus": "none", "embedding": EMBEDDING, **settings})
    model = build_model(config, Vocabulary(tuple(map(chr, range(32, 32 + VOCAB)))))
    tokens_BT = torch.from_numpy(batch.inputs_BT)
    state = model.start_state(len(tokens_BT))
    dy_BTH = torch.randn(BATCH, LENGTH, hidden, generator=torch.Generator().manual_seed(1))

    def step() -> None:
        set_threads(model, threads)
        for parameter in model.learnt.values():
            parameter.grad = None
        y_BTH, _ = model.rnn(model.inputs(tokens_BT), state)
        y_BTH.backward(dy_BTH)

    return step


def product_step(threads: int) -> Callable[[], None]:
    """Return a product of matrices, whose speed is the peak."""
    a, b = torch.randn(2, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    out = torch.empty(SIDE, SIDE)

    def step() -> None:
        torch.set_num_threads(threads)
        torch.mm(a, b, out=out)

    return step


def multiplications(cell: str, hidden: int, layers: int) -> int:
    """Return the multiplications of a step on our kernels; 0 for a cell that is a scan."""
    if cell not in native.SEQUENCE_CELLS:
        return 0
    rows = native.NUM_GATES[native.SEQUENCE_CELLS.index(cell)] * hidden
    # The first layer's input weights are a table of 96 rows.
    return 3 * BATCH * LENGTH * hidden * (rows * (2 * layers - 1) + VOCAB)


def used() -> tuple[float, float]:
    """Return the CPU seconds of all processes so far, and those of this one."""
    everyone, own = psutil.cpu_times(), time.process_time()
    return everyone.user + everyone.nice + everyone.system, own


def others_part(
    steps: list[Callable[[], None]], clock: Callable[[], float]
) -> tuple[float, list[float]]:
    """Return the part of all cores that other processes took, and the seconds of each step."""
    started, before = time.perf_counter(), used()
    times = []
    for step in steps:
        begun = clock()
        step()
        times.append(clock() - begun)
    (everyone, own), passed = used(), time.perf_counter() - started
    others = (everyone - before[0]) - (own - before[1])
    return max(0.0, others / passed / (os.cpu_count() or 1)), times


class Found(NamedTuple):
    """What some interleaved rounds have shown."""

    others: float
    """Part of the machine that others took."""
    ratios: list[float]
    """How many times as fast as the rival each of ours is."""
    peak: float
    """Speed of the first one's multiplications as a part of the peak."""


def compare(
    ours: list[Callable[[], None]], theirs: Callable[[], None], threads: int, products: int
) -> Found:
    """Compare steps of ours, the first one with a number of products, with a rival's.

    The ratios are the medians over the quietest interleaved rounds; on one thread, over all rounds,
    because others do not count for CPU time.
    """
    clock = time.process_time if threads == 1 else time.perf_counter
    steps = [*ours, theirs, product_step(threads)]
    for step in steps * 2:
        step()
    rounds: list[tuple[float, list[float]]] = []
    most = ROUNDS if threads == 1 else MOST_ROUNDS
    while len(rounds) < most and sum(part < QUIET for part, _ in rounds) < ROUNDS:
        rounds.append(others_part(steps, clock))
    quietest = sorted(rounds)[:ROUNDS]
    medians = [
        statistics.median(times[-2] / times[i] for _, times in quietest) for i in range(len(ours))
    ]
    peak = statistics.median(times[-1] / times[0] for _, times in quietest) * products / SIDE**3
    return Found(0.0 if threads == 1 else quietest[-1][0], medians, peak)


def machine() -> str:
    """Return the processor's architecture and widest vectors, and the number of cores."""
    flags = ""
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            flags = next((line for line in lines if line.startswith("flags")), "")
    widest = next((name for name in ("avx512f", "avx2", "avx") if name in flags.split()), "")
    return f"{len(os.sched_getaffinity(0))} cores, {platform.machine()} {widest}".strip()


def row(names: list[str], figures: list[str], floor: str, parts: list[float]) -> None:
    print("| " + " | ".join([*names, *figures, floor, f"{max(parts):.0%}"]) + " |", flush=True)


def heading(names: list[str], columns: list[str]) -> None:
    cells = [*names, *columns, "floor", "others"]
    print("\n| " + " | ".join(cells) + " |\n| " + " | ".join(["---"] * len(cells)) + " |")


def main() -> None:
    """Print the tables: one row for each size and cell."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cells", nargs="+", default=[*PLAIN, *OTHERS], help="cells (all)")
    parser.add_argument("--hidden", nargs="+", type=int, default=None, help="sizes (all)")
    cores = sorted({1, len(os.sched_getaffinity(0))})
    parser.add_argument("--threads", nargs="+", type=int, default=cores, help="numbers (1 and all)")
    parser.add_argument("--dtype", default="float32", choices=["float32", "bfloat16"])
    options = parser.parse_args()
    if options.dtype == "bfloat16" and (reason := native.why_no_bfloat16()):
        raise SystemExit(f"our kernels in bfloat16: no instructions: {reason}")
    random = torch.Generator().manual_seed(1)
    tokens = torch.randint(VOCAB, (BATCH, LENGTH + 1), generator=random).numpy()
    batch = Batch(tokens[:, :-1], tokens[:, 1:], BATCH * LENGTH, is_start=False)
    numbers = options.threads
    print(
        f"training step as a ratio to torch: batch {BATCH}, length {LENGTH}, vocabulary {VOCAB}, "
        f"{options.dtype}; {machine()}; {native.report()}"
    )
    threads_of = [f"{n} thread{'s' * (n > 1)}" for n in numbers]
    if any(cell in options.cells for cell in PLAIN):
        kinds = (*ENGINES, "peak")
        columns = [f"{kind}, {threads}" for threads in threads_of for kind in kinds]
        heading(["cell", "hidden", "layers"], columns)
    for (hidden, layers), floors in FLOORS.items():
        for cell, floor in zip(PLAIN, floors, strict=True):
            if cell not in options.cells or hidden not in (options.hidden or [hidden]):
                continue
            figures, parts = [], []
            for threads in numbers:
                size = (cell, hidden, layers, batch, threads)
                ours = [our_step(*size, engine, options.dtype) for engine in ENGINES]
                theirs = plain_step(*size)
                found = compare(ours, theirs, threads, multiplications(cell, hidden, layers))
                parts.append(found.others)
                figures += [*(f"{ratio:.2f}" for ratio in found.ratios), f"{found.peak:.0%}"]
            row([cell.upper(), str(hidden), str(layers)], figures, str(floor), parts)
    if options.dtype == "float32" and any(cell in options.cells for cell in OTHERS):
        kinds = ("auto", "layer", "peak")
        columns = [f"{kind}, {threads}" for threads in threads_of for kind in kinds]
        heading(["cell", "hidden", "rival"], columns)
    for cell, (rival, least) in OTHERS.items():
        for hidden in options.hidden or OTHER_SIZES:
            if cell not in options.cells or options.dtype != "float32":
                continue
            figures, parts = [], []
            for threads in numbers:
                size, both = (cell, hidden, 1, batch, threads), ("auto", rival)
                whole = [our_step(*size, engine, "float32") for engine in both]
                layer = [layer_step(cell, hidden, batch, threads, engine) for engine in both]
                steps = compare(whole[:1], whole[1], threads, multiplications(*size[:3]))
                alone = compare(layer[:1], layer[1], threads, 0)
                parts += [steps.others, alone.others]
                peak = f"{steps.peak:.0%}" if steps.peak else ""
                figures += [f"{steps.ratios[0]:.2f}", f"{alone.ratios[0]:.2f}", peak]
            row([cell, str(hidden), rival], figures, least, parts)


if __name__ == "__main__":
    main()

"""Inference: the native engine without torch against torch, cold and on long texts.

`python tests/benchmarks/inference.py`, two minutes on 2 cores (`--quick`: one size of each cell).

- evaluate: a text read as one stream, on one thread and on all cores, against torch's kernel for
  whole sequences under the same model on one thread. Both have the same loss, which is checked.
- GB/s: the speed at which the evaluation reads W_hh on one thread, all of it in every step. All
  else in a step, such as gates, head and softmax, counts as lost time.
- prefill: a prompt of PROMPT characters until the first new token, against the same.
- cold: `rnnlab generate` of a shipped model in a process of its own, and the generator process from
  its start to its first answer, against the same with RNNLAB_NATIVE=0.

All are interleaved; a ratio is one of medians of wall-clock time, more than 1 is faster.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from rnnlab import native
from rnnlab.corpora import Vocabulary
from rnnlab.corpora.tasks.stream import StreamSplit
from rnnlab.inference import LoadedModel, encode_prompt, evaluate_loaded, prefill
from rnnlab.protocol.codec import decode_reply, encode_request
from rnnlab.protocol.messages import Failed, Generate, Progress
from rnnlab.settings.run_config import RunConfig

VOCAB, EMBEDDING, TEXT, PROMPT = 96, 64, 8192, 2000
COLD_PROMPT = "To be"
ROUNDS, COLD_ROUNDS = 5, 4
SIZES = [("lstm", 128), ("gru", 128), ("rnn", 128), ("lstm", 384), ("gru", 384), ("rnn", 384)]
FLOORS = {"lstm": 3, "gru": 5, "rnn": 5}
"""What was asked of evaluation and prefill."""
RUN = Path(__file__).parents[2] / "checkpoints" / "starter"


class Cold(NamedTuple):
    """What a process took until its end, or its answer."""

    cpu_s: float
    wall_s: float
    most_mb: float
    answer_s: float


def make_model(cell: str, hidden: int) -> LoadedModel:
    from rnnlab.models import build_model

    config = RunConfig.from_values(
        {"corpus": "none", "cell": cell, "hidden": hidden, "embedding": EMBEDDING}
    )
    vocabulary = Vocabulary(tuple(map(chr, range(32, 32 + VOCAB))))
    return LoadedModel(build_model(config, vocabulary).eval(), vocabulary, config, 0, "run")


def seconds_of(work: Callable[[], object], threads: int) -> float:
    """Return the seconds that some work takes with a maximum number of threads of our kernels."""
    native.set_num_threads(threads)
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def medians(works: list[tuple[Callable[[], object], int]]) -> list[float]:
    """Return the median seconds of each work, interleaved, after one round that does not count."""
    rounds = [[seconds_of(*work) for work in works] for _ in range(ROUNDS + 1)][1:]
    return [statistics.median(times) for times in zip(*rounds, strict=True)]


def long_texts(cell: str, hidden: int) -> None:
    """Print the ratios of evaluation and prefill for one size."""
    loaded, rival = make_model(cell, hidden), make_model(cell, hidden)
    os.environ["RNNLAB_NATIVE"] = "0"
    assert rival.reader is None
    assert not rival.stepper.is_exact
    del os.environ["RNNLAB_NATIVE"]
    rival.model.rnn.engine = "fused"  # torch's kernel
    random = np.random.default_rng(1)
    split = StreamSplit(random.integers(0, VOCAB, TEXT + 1), 1, 100)
    text = "".join(loaded.vocabulary.tokens[i] for i in random.integers(0, VOCAB, PROMPT))
    prompt = encode_prompt(loaded.vocabulary, text)
    ours, torchs = (partial(evaluate_loaded, one, split) for one in (loaded, rival))
    assert abs(ours().loss_nats - torchs().loss_nats) < 1e-6
    mine, rivals = (partial(prefill, one, [prompt], []) for one in (loaded, rival))
    most = len(os.sched_getaffinity(0))
    alone, all_cores, torch_s, prefill_s, torch_prefill_s = medians(
        [(ours, 1), (ours, most), (torchs, 1), (mine, 1), (rivals, 1)]
    )
    num_bytes = 4 * native.NUM_GATES[native.CELLS.index(cell)] * hidden**2
    print(
        f"{cell.upper():5} {hidden:4} {torch_s / alone:8.2f}x {torch_s / all_cores:8.2f}x"
        f" {TEXT / all_cores:12,.0f} {TEXT / alone * num_bytes / 1e9:7.1f}"
        f" {torch_prefill_s / prefill_s:9.2f}x   floor {FLOORS[cell]}",
        flush=True,
    )


def environment(is_native: bool) -> dict[str, str]:
    values = {**os.environ, "RNNLAB_CHECKPOINTS": str(RUN.parent)}
    values.pop("RNNLAB_NATIVE", None)
    return values if is_native else {**values, "RNNLAB_NATIVE": "0"}


def cold_generate(is_native: bool) -> Cold:
    """Run `rnnlab generate` once."""
    command = [
        sys.executable,
        "-m",
        "rnnlab",
        "generate",
        RUN.name,
        "--prompt",
        COLD_PROMPT,
        "-d",
        "greedy",
    ]
    started = time.monotonic()
    process = subprocess.Popen(
        command, env=environment(is_native), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    return _ended(process, started, 0.0)


def cold_answer(is_native: bool) -> Cold:
    """Start the generator process and ask it to continue a prompt."""
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "rnnlab.worker.generate"], env=environment(is_native),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(encode_request(Generate(1, str(RUN), COLD_PROMPT, ["greedy"])))
    process.stdin.flush()
    while not isinstance(reply := decode_reply(process.stdout.readline()), Progress):
        assert reply is not None
        assert not isinstance(reply, Failed), reply
    answer_s = time.monotonic() - started
    process.stdin.close()
    return _ended(process, started, answer_s)


def _ended(
    process: subprocess.Popen[str] | subprocess.Popen[bytes], started: float, answer_s: float
) -> Cold:
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    wall_s = time.monotonic() - started
    return Cold(usage.ru_utime + usage.ru_stime, wall_s, usage.ru_maxrss / 1024, answer_s)


def cold(what: str, start: Callable[[bool], Cold]) -> None:
    """Print what a cold process takes, native and with torch."""
    rounds = [(start(True), start(False)) for _ in range(COLD_ROUNDS + 1)][1:]
    for name, processes in zip(("native", "torch"), zip(*rounds, strict=True), strict=True):
        cpu_s, wall_s, most_mb, answer_s = (
            statistics.median(f) for f in zip(*processes, strict=True)
        )
        answer = f", first answer after {answer_s:.2f} s" if answer_s else ""
        print(
            f"{what} {name:6} {cpu_s:.2f} s of CPU, {wall_s:.2f} s, {most_mb:.0f} MB{answer}",
            flush=True,
        )


def main() -> None:
    """Print all tables."""
    print(f"{platform.processor() or platform.machine()}, {native.report()}")
    # First: the memory of a new process counts that of this one, before torch is imported.
    cold("generate", cold_generate)
    cold("generator", cold_answer)
    import torch

    torch.set_num_threads(1)
    print("cell  size  evaluate: 1 thread, all cores, chars/s, GB/s; prefill: 1 thread")
    sizes = SIZES[:3] if "--quick" in sys.argv else SIZES
    for cell, hidden in sizes:
        long_texts(cell, hidden)


if __name__ == "__main__":
    main()

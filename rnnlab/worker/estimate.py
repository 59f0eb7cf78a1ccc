"""`python -m rnnlab.worker.estimate`: estimates the cost of runs by a short trial.

Reads settings from standard input, one JSON object per line, and writes one line with an answer for
each to standard output. One process serves all estimates of a form, so torch is imported only once.
The process does not write files.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from rnnlab.base.errors import RnnlabError, one_line
from rnnlab.base.failures import cause_of, is_out_of_memory
from rnnlab.base.parsing import parse_json
from rnnlab.runs.memory import forget_peak, peak_bytes
from rnnlab.worker._pings import without_pings
from rnnlab.worker._stdout import replies_alone

if TYPE_CHECKING:
    from rnnlab.settings.run_config import RunConfig

TRIAL_S = 1.0
"""Duration of a trial in seconds, without its first step, which fills caches."""
_MOST_STEPS = 200


def trial(
    model: Any, config: RunConfig, split: Any, device: Any, seconds: float = TRIAL_S
) -> tuple[float, float]:
    """Train for about `seconds`; return tokens per second and seconds per step."""
    from rnnlab import training
    from rnnlab.models import WARM_UP

    optimizer = training.make_optimizer(model, config)
    state = training.TrainingState.fresh(config.seed, device)
    compute = training.fastest_step(device, optimizer, lambda _reason: None)
    take_step = partial(training.take_step, model, optimizer, state, config=config, compute=compute)
    num_tokens, num_steps = 0, 0
    batches = split.train_batches(0, 0)
    first = next(batches)
    for _ in range(1 if compute is training.compute_step else WARM_UP + 2):  # with the capture
        take_step(batch=first)
    _synchronise(device)
    started = time.perf_counter()
    for batch in batches:
        take_step(batch=batch)
        num_steps += 1
        num_tokens += batch.num_read
        if time.perf_counter() - started > seconds or num_steps >= _MOST_STEPS:
            break
    _synchronise(device)
    elapsed_s = time.perf_counter() - started
    if not num_steps:  # the corpus has only one batch: use it again for the measurement
        started = time.perf_counter()
        take_step(batch=first)
        _synchronise(device)
        elapsed_s, num_steps, num_tokens = time.perf_counter() - started, 1, first.num_read
    return num_tokens / elapsed_s, elapsed_s / num_steps


Trial = Callable[[Any, "RunConfig", Any, Any], tuple[float, float]]
"""(model, config, split, device) -> tokens per second and seconds per step."""


def main(questions: Iterable[str], replies: TextIO, measure: Trial = trial) -> int:
    """Answer every line until the input ends; return the exit code."""
    writing = threading.Lock()

    def say(reply: object) -> None:
        with writing:
            replies.write(json.dumps(reply) + "\n")
            replies.flush()

    for line in without_pings(questions, lambda number: say({"kind": "alive", "ping": number})):
        question = parse_json(line)
        try:
            answer = estimate(question["values"], question["data"], measure)
        except RnnlabError as error:
            answer = {"problem": str(error)}
        except Exception as error:  # a failed trial must not end the process
            answer = {"problem": one_line(f"{type(error).__name__}: {error}")}
            if is_out_of_memory(error):
                answer = {"problem": "out of memory; lower batch, length or hidden"}
            elif cause := cause_of(error):
                answer = {"problem": str(cause)}
        say({"ask": question["ask"], **answer})
    return 0


def estimate(values: dict[str, Any], data: str | None, measure: Trial = trial) -> dict[str, Any]:
    """Return the cost of a run with these settings: parameters, memory, speed and duration.

    The keys are the fields of the JSON answer; they end in the unit (`_bytes`, `_s`). Raises
    BadInputError if a run with these settings could not start.
    """
    from rnnlab.corpora import prepare
    from rnnlab.models import build_model, resolve_device
    from rnnlab.submit import checked_config
    from rnnlab.training import set_threads, supported_dtype

    config = checked_config(values, Path(data) if data else None)
    device = resolve_device(config.device)
    _reset_peaks(device)
    dataset = prepare(config)
    model = build_model(config, dataset.vocabulary).to(device)
    set_threads(model, config.threads, supported_dtype(device, config))
    split = dataset.splits["train"]
    tokens_per_s, step_s = measure(model, config, split, device)
    batches = split.num_batches()
    return {
        "parameters": model.num_parameters(),
        "memory_bytes": _memory(device),
        "tokens_per_s": tokens_per_s,
        "epoch_s": step_s * batches,
        "total_s": _total_s(config, step_s, batches),
        "steps": batches,
        "device": str(device),
    }


def _synchronise(device: Any) -> None:
    import torch

    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _memory(device: Any) -> int:
    """Return the peak memory of this process in bytes: GPU memory if it trains on a GPU."""
    import torch

    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    return peak_bytes()


def _reset_peaks(device: Any) -> None:
    """Reset the recorded peak memory: it may come from a previous trial in this process."""
    import torch

    forget_peak()
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)


def _total_s(config: RunConfig, step_s: float, batches: int) -> float:
    """Return the duration of the whole run in seconds, without its validations."""
    limits = []
    if config.steps is not None:
        limits.append(config.steps * step_s)
    if config.epochs is not None:
        limits.append(config.epochs * batches * step_s)
    if config.minutes is not None:
        limits.append(60 * config.minutes)
    return min(limits)


if __name__ == "__main__":
    sys.exit(main(sys.stdin, replies_alone()))

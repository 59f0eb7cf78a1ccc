"""Decoding: our searches against what one writes with torch.nn, and against transformers.

`python tests/benchmarks/decoding.py`, minutes on 2 cores (`--quick`: LSTM-256 alone). One layer,
96 letters. Every rival has the same weights and writes the same text, which is checked.

- greedy and sample: letters a second of our decoders against torch's module (nn.LSTM, nn.GRU,
  nn.RNN) and its cell (nn.LSTMCell, ...), a letter at a time under inference_mode.
- beam: steps a second against the course's: a list of hypotheses, each with its tokens and state,
  read one after another, the best of all extensions kept.
- transformers, where it is installed: `generate` with a GPT-2 of one layer and as many parameters.

All are interleaved; a ratio is one of medians of wall-clock time, more than 1 is faster. Torch has
one thread for single rows, which two do not speed up; for beams all cores serve both sides.
"""

from __future__ import annotations

import importlib.util
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from rnnlab.corpora import Vocabulary
from rnnlab.decoding import SearchStart, parse_spec
from rnnlab.inference.steppers import Stepper, make_stepper
from rnnlab.models import LanguageModel, build_model
from rnnlab.native import report as native_report
from rnnlab.settings.run_config import RunConfig

VOCAB, EMBEDDING = 96, 64
ROW_LENGTH, BEAM_LENGTH = 400, 200
WIDTHS = (5, 20, 100)
NUM_ROUNDS = {"rows": 9, 5: 5, 20: 3, 100: 3}
FLOORS = {"greedy": 10, 5: 12, 20: 25, 100: 90}
"""What was asked of LSTM-256, against torch's module and the list."""
MODULES: dict[str, tuple[type[nn.Module], type[nn.Module]]] = {
    "lstm": (nn.LSTM, nn.LSTMCell),
    "gru": (nn.GRU, nn.GRUCell),
    "rnn": (nn.RNN, nn.RNNCell),
}
Write = Callable[[], list[int]]


class Rivals:
    """One model, our steps on it, and the same weights in torch's own modules."""

    def __init__(self, kind: str, hidden: int) -> None:
        config = RunConfig.from_values(
            {"corpus": "none", "cell": kind, "hidden": hidden, "embedding": EMBEDDING}
        )
        model = build_model(config, Vocabulary(tuple(map(chr, range(32, 32 + VOCAB))))).eval()
        assert isinstance(model, LanguageModel)
        assert model.embedding is not None
        self.model, self.embedding, self.head = model, model.embedding, model.head
        weights = model.rnn.state_dict()
        module, cell = MODULES[kind]
        self.module = module(EMBEDDING, hidden, batch_first=True)
        self.module.load_state_dict(weights)
        self.cell = cell(EMBEDDING, hidden)
        self.cell.load_state_dict({k.removesuffix("_l0"): v for k, v in weights.items()})
        self.stepper: Stepper = make_stepper(model)

    def ours(self, text: str, length: int) -> list[int]:
        """Run a decoder of ours from the first letter on, all frames taken; return its best."""
        spec = parse_spec(text)
        begun = self.stepper.begin()
        log_probs_1V, state = self.stepper.step(begun, np.zeros(1, np.int64), np.zeros(1, np.int64))
        start = SearchStart(log_probs_1V, state, writer=self.stepper.writer)
        generators = [np.random.default_rng(1)]
        frames = spec.decoder.search(self.stepper.step, start, spec.options, length, generators)
        *_, last = frames
        return last.hypotheses[0].tokens()

    @torch.inference_mode()
    def by_module(self, length: int, *, is_random: bool = False) -> list[int]:
        """Write letter by letter with torch's module."""
        state: Any = None
        token_11 = torch.tensor([[0]])
        random = torch.Generator().manual_seed(1)
        found = []
        for _ in range(length):
            y_11H, state = self.module(self.embedding(token_11), state)
            token_11 = _next(self.head(y_11H)[0], random, is_random=is_random)
            found.append(int(token_11))
        return found

    @torch.inference_mode()
    def by_cell(self, length: int, *, is_random: bool = False) -> list[int]:
        """Write letter by letter with torch's cell."""
        state: Any = None
        token_11 = torch.tensor([[0]])
        random = torch.Generator().manual_seed(1)
        found = []
        for _ in range(length):
            state = self.cell(self.embedding(token_11[0]), state)
            h_1H = state[0] if isinstance(state, tuple) else state
            token_11 = _next(self.head(h_1H), random, is_random=is_random)
            found.append(int(token_11))
        return found

    @torch.inference_mode()
    def by_list(self, width: int, length: int) -> list[int]:
        """Return the best text of the course's beam: (tokens, log-prob, state) in a list."""
        beam: list[tuple[list[int], float, Any]] = [([0], 0.0, None)]
        for _ in range(length):
            grown: list[tuple[list[int], float, Any]] = []
            for tokens, logprob, state in beam:
                y_11H, new = self.module(self.embedding(torch.tensor([[tokens[-1]]])), state)
                best = self.head(y_11H)[0, 0].log_softmax(-1).topk(min(width, VOCAB))
                for gain, token in zip(best.values.tolist(), best.indices.tolist(), strict=True):
                    grown.append(([*tokens, token], logprob + gain, new))
            beam = sorted(grown, key=lambda hypothesis: -hypothesis[1])[:width]
        return beam[0][0][1:]


def _next(logits_1V: Tensor, random: torch.Generator, *, is_random: bool) -> Tensor:
    log_probs_1V = logits_1V.log_softmax(-1)
    if is_random:
        return log_probs_1V.exp().multinomial(1, generator=random)
    return log_probs_1V.argmax(-1, keepdim=True)


def gpt2(width: int, length: int) -> Write:
    """Return a beam of transformers' `generate` on a GPT-2 as large as an LSTM-256."""
    from transformers import GPT2Config, GPT2LMHeadModel

    config = GPT2Config(
        vocab_size=VOCAB, n_positions=length + 1, n_embd=160, n_layer=1, n_head=4,
        bos_token_id=0, eos_token_id=None, pad_token_id=0,
    )  # fmt: skip
    model: Any = GPT2LMHeadModel(config)
    model.eval()

    @torch.inference_mode()
    def write() -> list[int]:
        ids = model.generate(
            torch.tensor([[0]]), num_beams=width, do_sample=False, max_new_tokens=length
        )
        return [int(i) for i in ids[0, 1:]]

    return write


def medians(runs: dict[str, Write], num_rounds: int) -> dict[str, float]:
    """Return the median seconds of each, all of them taken in turns."""
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(num_rounds):
        for name, run in runs.items():
            started = time.perf_counter()
            run()
            taken[name].append(time.perf_counter() - started)
    return {name: statistics.median(times) for name, times in taken.items()}


def floor_said(found: float, floor: float | None) -> str:
    return "" if floor is None else f" (floor {floor}: {'met' if found >= floor else 'NOT met'})"


def compare_rows(kind: str, hidden: int) -> None:
    """Print greedy and sample, a letter at a time."""
    torch.set_num_threads(1)
    rivals = Rivals(kind, hidden)
    for name, is_random in (("greedy", False), ("sample", True)):
        runs: dict[str, Write] = {
            "ours": partial(rivals.ours, name, ROW_LENGTH),
            "module": partial(rivals.by_module, ROW_LENGTH, is_random=is_random),
            "cell": partial(rivals.by_cell, ROW_LENGTH, is_random=is_random),
        }
        texts = [run() for run in runs.values()]
        assert is_random or texts[0] == texts[1] == texts[2], "they do not write the same text"
        found = medians(runs, NUM_ROUNDS["rows"])
        ratio = found["module"] / found["ours"]
        floor = FLOORS["greedy"] if (kind, hidden, name) == ("lstm", 256, "greedy") else None
        torch_name = MODULES[kind][0].__name__
        print(
            f"  {name:<6} {kind:<4} {hidden}: {ROW_LENGTH / found['ours']:>7.0f} letters/s = "
            f"{ratio:.1f} x nn.{torch_name}{floor_said(ratio, floor)}, "
            f"{found['cell'] / found['ours']:.1f} x nn.{torch_name}Cell",
            flush=True,
        )


def compare_beams(kind: str, hidden: int) -> None:
    """Print beams of several widths."""
    torch.set_num_threads(torch.get_num_interop_threads())
    rivals = Rivals(kind, hidden)
    for width in WIDTHS:
        runs: dict[str, Write] = {
            "ours": partial(rivals.ours, f"beam:k={width}", BEAM_LENGTH),
            "list": partial(rivals.by_list, width, BEAM_LENGTH),
        }
        if importlib.util.find_spec("transformers"):
            runs["generate"] = gpt2(width, BEAM_LENGTH)
        assert runs["ours"]() == runs["list"](), "they do not write the same text"
        found = medians(runs, NUM_ROUNDS[width])
        ratio = found["list"] / found["ours"]
        floor = FLOORS[width] if (kind, hidden) == ("lstm", 256) else None
        generate = ""
        if "generate" in found:
            generate = f", {found['generate'] / found['ours']:.1f} x transformers' generate"
        print(
            f"  beam k={width:<3} {kind} {hidden}: {BEAM_LENGTH / found['ours']:>6.0f} steps/s = "
            f"{ratio:.1f} x a list of hypotheses{floor_said(ratio, floor)}{generate}",
            flush=True,
        )


def main() -> None:
    """Print one line a comparison."""
    is_quick = "--quick" in sys.argv[1:]
    print(f"decoding, float32, {native_report()}")
    for hidden in (256,) if is_quick else (256, 512):
        for kind in ("lstm",) if is_quick else MODULES:
            compare_rows(kind, hidden)
    compare_beams("lstm", 256)


if __name__ == "__main__":
    main()

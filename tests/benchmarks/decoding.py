"""Decoding: our searches against what one writes with torch.nn, and against transformers.

`python tests/benchmarks/decoding.py [PART...]`: `greedy`, `sample`, `filters`, `beam`, `batched`,
or a cell with its size, such as `lstm256` (all: minutes on 2 cores). One layer, 96 letters. Every
rival has the same weights; if nothing is drawn, it writes the same text, which is checked.

- greedy, sample, filters: our decoders against torch's module (nn.LSTM, nn.GRU, nn.RNN) and its
  cell (nn.LSTMCell, ...), a letter at a time under inference_mode. The filters are a temperature of
  0.8, the 40 most probable letters and a nucleus of 0.95.
- beam: against the course's: a list of hypotheses, each with its tokens and state, read one after
  another, the best of all extensions kept.
- batched: 200 prompts, a beam of 10 for each, against the same searches one after another and
  against torch's module on all 2,000 rows at once.
- transformers, if installed: `generate` with a GPT-2 of one layer and as many parameters.

All are interleaved; a ratio is one of medians of wall-clock time, more than 1 is faster. Torch has
one thread for single rows, which two do not speed up; for beams all cores serve both sides.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from rnnlab.corpora import Vocabulary
from rnnlab.decoding import SearchStart, parse_spec
from rnnlab.inference.steppers import Stepper, make_stepper
from rnnlab.models import LanguageModel, build_model
from rnnlab.native import report as native_report
from rnnlab.settings.run_config import RunConfig

VOCAB, EMBEDDING, ROW_LENGTH, BATCHED_LENGTH = 96, 64, 400, 20
BEAM_LENGTHS = {5: 200, 20: 100, 100: 40}
"""Letters by width of the beam: the list takes seconds for each of a beam of 100."""
NUM_PROMPTS, BATCHED_WIDTH = 200, 10
NUM_ROUNDS = {"rows": 9, 5: 5, 20: 5, 100: 3, "batched": 5}
FILTERS = "temperature=0.8,top_k=40,p=0.95"
GOALS: dict[tuple[str, int], dict[str | int, float]] = {
    ("lstm", 256): {"greedy": 35, 5: 30, 20: 60, 100: 200},
    ("lstm", 512): {"greedy": 15},
}
"""Goals against torch's module and the list, set for processors with AVX-512."""
MODULES: dict[str, tuple[type[nn.Module], type[nn.Module]]] = {
    "lstm": (nn.LSTM, nn.LSTMCell), "gru": (nn.GRU, nn.GRUCell), "rnn": (nn.RNN, nn.RNNCell)
}  # fmt: skip
PARTS = ("greedy", "sample", "filters", "beam", "batched")
Write = Callable[[], list[int]]
Choose = Callable[[Tensor], Tensor]


class Rivals:
    """One model, our steps on it, and the same weights in torch's own modules."""

    def __init__(self, kind: str, hidden: int) -> None:
        config = RunConfig.from_values(
            {"corpus": "none", "cell": kind, "hidden": hidden, "embedding": EMBEDDING}
        )
        model = build_model(config, Vocabulary(tuple(map(chr, range(32, 32 + VOCAB))))).eval()
        assert isinstance(model, LanguageModel)
        assert model.embedding is not None
        assert model.head.weight is not None
        self.model, self.embedding = model, model.embedding
        self.head = partial(functional.linear, weight=model.head.weight, bias=model.head.bias)
        weights, (module, cell) = model.rnn.state_dict(), MODULES[kind]
        self.module = module(EMBEDDING, hidden, batch_first=True)
        self.module.load_state_dict(weights)
        self.cell = cell(EMBEDDING, hidden)
        self.cell.load_state_dict({k.removesuffix("_l0"): v for k, v in weights.items()})
        self.stepper: Stepper = make_stepper(model)

    def ours(self, text: str, length: int, first: tuple[int, ...] = (0,)) -> list[int]:
        """Take all frames of a decoder of ours after each first letter; return its best texts."""
        spec, rows = parse_spec(text), np.arange(len(first))
        begun = self.stepper.select(self.stepper.begin(), np.zeros(len(first), np.int64))
        log_probs_RV, state = self.stepper.step(begun, rows, np.array(first))
        start = SearchStart(log_probs_RV, state, writer=self.stepper.writer)
        generators = [np.random.default_rng([1, row]) for row in range(len(first))]
        frames = spec.decoder.search(self.stepper.step, start, spec.options, length, generators)
        *_, last = frames
        best = {h.prompt: h for h in reversed(last.hypotheses)}
        return [token for prompt in range(len(first)) for token in best[prompt].tokens()]

    @torch.inference_mode()
    def by_torch(self, length: int, choose: Choose, *, by_cell: bool) -> list[int]:
        """Write letter by letter with torch's module or cell."""
        state: Any = None
        token_11, found = torch.tensor([[0]]), []
        for _ in range(length):
            if by_cell:
                state = self.cell(self.embedding(token_11[0]), state)
                h_1H = state[0] if isinstance(state, tuple) else state
            else:
                y_11H, state = self.module(self.embedding(token_11), state)
                h_1H = y_11H[0]
            token_11 = choose(self.head(h_1H))
            found.append(int(token_11))
        return found

    @torch.inference_mode()
    def by_list(self, width: int, length: int) -> list[int]:
        """Return the best text of the course's beam: (tokens, log-prob, state) in a list."""
        beam: list[Any] = [([0], 0.0, None)]
        for _ in range(length):
            grown: list[Any] = []
            for tokens, logprob, state in beam:
                y_11H, new = self.module(self.embedding(torch.tensor([[tokens[-1]]])), state)
                best = self.head(y_11H)[0, 0].log_softmax(-1).topk(min(width, VOCAB))
                for gain, token in zip(best.values.tolist(), best.indices.tolist(), strict=True):
                    grown.append(([*tokens, token], logprob + gain, new))
            beam = sorted(grown, key=lambda hypothesis: -hypothesis[1])[:width]
        return list(beam[0][0][1:])

    @torch.inference_mode()
    def by_batch(self, width: int, length: int, first: tuple[int, ...]) -> list[int]:
        """Return the best text after each first letter, all beams in one batch of torch."""
        num = len(first)
        y_P1H, state = self.module(self.embedding(torch.tensor(first)[:, None]), None)
        totals_PK, tokens_PK = self.head(y_P1H)[:, 0].log_softmax(-1).topk(width)
        parents_N = torch.arange(num).repeat_interleave(width)
        texts_PKT = tokens_PK[:, :, None]
        for _ in range(length - 1):
            state = tuple(part[:, parents_N] for part in state)
            y_N1H, state = self.module(self.embedding(tokens_PK.reshape(-1, 1)), state)
            gains_NV = self.head(y_N1H)[:, 0].log_softmax(-1)
            sums_PN = (totals_PK.reshape(-1, 1) + gains_NV).view(num, -1)
            totals_PK, places_PK = sums_PN.topk(width)
            rows_PK, tokens_PK = places_PK // VOCAB, places_PK % VOCAB
            parents_N = (rows_PK + width * torch.arange(num)[:, None]).view(-1)
            kept_PKT = texts_PKT.gather(1, rows_PK[:, :, None].expand_as(texts_PKT))
            texts_PKT = torch.cat([kept_PKT, tokens_PK[:, :, None]], -1)
        return [int(token) for token in texts_PKT[:, 0].reshape(-1)]


def chooser(kind: str) -> Choose:
    """Return how a user of torch chooses the next token of logits [1, V]."""
    random = torch.Generator().manual_seed(1)

    def greedy(logits_1V: Tensor) -> Tensor:
        return logits_1V.log_softmax(-1).argmax(-1, keepdim=True)

    def sample(logits_1V: Tensor) -> Tensor:
        return logits_1V.softmax(-1).multinomial(1, generator=random)

    def filtered(logits_1V: Tensor) -> Tensor:
        best_1K, ids_1K = (logits_1V / 0.8).topk(40)
        probs_1K = best_1K.softmax(-1)
        probs_1K = probs_1K.masked_fill(probs_1K.cumsum(-1) - probs_1K >= 0.95, 0.0)
        return ids_1K.gather(-1, probs_1K.multinomial(1, generator=random))

    return {"greedy": greedy, "sample": sample, "filters": filtered}[kind]


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
        start = torch.tensor([[0]])
        ids = model.generate(start, num_beams=width, do_sample=False, max_new_tokens=length)
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


def goal_text(cell: str, hidden: int, row: str | int, found: float) -> str:
    goal = GOALS.get((cell, hidden), {}).get(row)
    return "" if goal is None else f" (goal {goal}: {'met' if found >= goal else 'NOT met'})"


def compare_rows(cell: str, hidden: int, kinds: tuple[str, ...]) -> None:
    """Print the decoders that write a letter at a time."""
    torch.set_num_threads(1)
    rivals = Rivals(cell, hidden)
    for kind in kinds:
        spec = f"sample:{FILTERS}" if kind == "filters" else kind
        runs: dict[str, Write] = {
            "ours": partial(rivals.ours, spec, ROW_LENGTH),
            "module": partial(rivals.by_torch, ROW_LENGTH, chooser(kind), by_cell=False),
            "cell": partial(rivals.by_torch, ROW_LENGTH, chooser(kind), by_cell=True),
        }
        texts = [run() for run in runs.values()]
        assert kind != "greedy" or texts[0] == texts[1] == texts[2], "the texts are not the same"
        found, torch_name = medians(runs, NUM_ROUNDS["rows"]), MODULES[cell][0].__name__
        ratio = found["module"] / found["ours"]
        print(
            f"  {kind:<7} {cell:<4} {hidden}: {ROW_LENGTH / found['ours']:>7.0f} letters/s = "
            f"{ratio:.1f} x nn.{torch_name}{goal_text(cell, hidden, kind, ratio)}, "
            f"{found['cell'] / found['ours']:.1f} x nn.{torch_name}Cell",
            flush=True,
        )


def compare_beams(cell: str, hidden: int) -> None:
    """Print beams of several widths."""
    torch.set_num_threads(torch.get_num_interop_threads())
    rivals = Rivals(cell, hidden)
    for width, length in BEAM_LENGTHS.items():
        runs: dict[str, Write] = {
            "ours": partial(rivals.ours, f"beam:k={width}", length),
            "list": partial(rivals.by_list, width, length),
        }
        if importlib.util.find_spec("transformers"):
            runs["generate"] = gpt2(width, length)
        assert runs["ours"]() == runs["list"](), "the texts are not the same"
        found = medians(runs, NUM_ROUNDS[width])
        ratio = found["list"] / found["ours"]
        other = found.get("generate", 0.0) / found["ours"]
        generate = f", {other:.1f} x transformers' generate" if other else ""
        print(
            f"  beam k={width:<3} {cell} {hidden}: {length / found['ours']:>6.0f} steps/s = "
            f"{ratio:.1f} x a list of hypotheses{goal_text(cell, hidden, width, ratio)}{generate}",
            flush=True,
        )


def compare_batched(cell: str, hidden: int) -> None:
    """Print the beams of many prompts at once."""
    torch.set_num_threads(torch.get_num_interop_threads())
    rivals = Rivals(cell, hidden)
    first = tuple(number % VOCAB for number in range(NUM_PROMPTS))
    spec = f"beam:k={BATCHED_WIDTH}"
    each = [partial(rivals.ours, spec, BATCHED_LENGTH, (letter,)) for letter in first]
    runs: dict[str, Write] = {
        "ours": partial(rivals.ours, spec, BATCHED_LENGTH, first),
        "one by one": lambda: [token for run in each for token in run()],
        "torch": partial(rivals.by_batch, BATCHED_WIDTH, BATCHED_LENGTH, first),
    }
    texts = [run() for run in runs.values()]
    assert texts[0] == texts[1] == texts[2], "the texts are not the same"
    found = medians(runs, NUM_ROUNDS["batched"])
    speed = NUM_PROMPTS * BATCHED_LENGTH / found["ours"]
    print(
        f"  {NUM_PROMPTS} prompts, {spec}, {cell} {hidden}: {speed:.0f} letters/s = "
        f"{found['one by one'] / found['ours']:.1f} x one prompt after another, "
        f"{found['torch'] / found['ours']:.1f} x nn.LSTM in one batch",
        flush=True,
    )


def machine() -> str:
    """Return the processor, the widest vectors that we use, and the number of cores."""
    file = Path("/proc/cpuinfo")
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    name = text.partition("model name\t: ")[2].partition("\n")[0] or platform.machine()
    vectors = "AVX-512" if "avx512f" in text else "AVX2" if "avx2" in text else "no AVX2"
    return f"{name}, {vectors}, {len(os.sched_getaffinity(0))} cores, torch {torch.__version__}"


def main() -> None:
    """Print one line a comparison."""
    cells = [(cell, hidden) for hidden in (256, 512) for cell in MODULES]
    chosen = [(cell, hidden) for cell, hidden in cells if f"{cell}{hidden}" in sys.argv[1:]]
    parts = [part for part in PARTS if part in sys.argv[1:]] or PARTS
    if len(sys.argv) - 1 > len(chosen) + len(parts):
        sys.exit(f"parts: {', '.join(PARTS)}; cells: {', '.join(f'{c}{h}' for c, h in cells)}")
    print(f"decoding, float32, {time.strftime('%d %B %Y')}, {machine()}, {native_report()}")
    if kinds := tuple(kind for kind in PARTS[:3] if kind in parts):
        for cell, hidden in chosen or cells:
            compare_rows(cell, hidden, kinds)
    if "beam" in parts:
        compare_beams("lstm", 256)
    if "batched" in parts:
        compare_batched("lstm", 256)


if __name__ == "__main__":
    main()

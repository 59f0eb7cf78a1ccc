"""Generation: letters a second of our `step` and searches against what one writes without a lab.

`python tests/benchmarks/generation.py`, about a minute on 2 cores. One LSTM layer on one thread, as
in the generator process. Greedy: against nn.LSTM and nn.LSTMCell, a letter at a time under
inference_mode. Beam: against a list of hypotheses, each with its own state and its own call of
nn.LSTM. All are interleaved; a ratio is one of medians of processor time, which other processes do
not lengthen; more than 1 is faster.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn

from rnnlab.config import RunConfig
from rnnlab.corpora import Vocabulary
from rnnlab.decoding import Start, parse_spec
from rnnlab.models import LanguageModel, build_model

VOCAB, EMBEDDING, HIDDEN = 96, 64, 256
GREEDY_LENGTH, BEAM_LENGTH = 400, 200
WIDTHS = (5, 20)
NUM_ROUNDS = {"greedy": 9, "beam": 3}
State = tuple[Tensor, Tensor]


def make_model() -> LanguageModel:
    config = RunConfig.from_values(
        {"corpus": "none", "cell": "lstm", "hidden": HIDDEN, "embedding": EMBEDDING}
    )
    model = build_model(config, Vocabulary(tuple(map(chr, range(32, 32 + VOCAB))))).eval()
    assert isinstance(model, LanguageModel)
    return model


class Twins(NamedTuple):
    """The same weights in torch's own modules."""

    lstm: nn.LSTM
    cell: nn.LSTMCell


def twins_of(model: LanguageModel) -> Twins:
    lstm = nn.LSTM(EMBEDDING, HIDDEN, batch_first=True)
    lstm.load_state_dict(model.rnn.state_dict())
    cell = nn.LSTMCell(EMBEDDING, HIDDEN)
    cell.load_state_dict({k.removesuffix("_l0"): v for k, v in model.rnn.state_dict().items()})
    return Twins(lstm, cell)


def our_search(model: LanguageModel, text: str, length: int) -> list[int]:
    """Run a decoder of ours from the first letter on, all frames taken; return its best text."""
    spec = parse_spec(text)
    with torch.inference_mode():
        log_probs_1V, state = model.step(model.start_state(1), torch.tensor([0]))
    frames = spec.decoder.search(
        model.step, Start(log_probs_1V, state), spec.options, length, [torch.Generator()]
    )
    *_, last = frames
    return last.hypotheses[0].tokens()


@torch.inference_mode()
def our_step(model: LanguageModel, length: int) -> list[int]:
    state, token_1 = model.start_state(1), torch.tensor([0])
    found = []
    for _ in range(length):
        log_probs_1V, state = model.step(state, token_1)
        token_1 = log_probs_1V.argmax(-1)
        found.append(int(token_1))
    return found


@torch.inference_mode()
def greedy_lstm(model: LanguageModel, lstm: nn.LSTM, length: int) -> list[int]:
    assert model.embedding is not None
    state: State | None = None
    token_11 = torch.tensor([[0]])
    found = []
    for _ in range(length):
        y_11H, state = lstm(model.embedding(token_11), state)
        token_11 = model.head(y_11H).log_softmax(-1).argmax(-1)
        found.append(int(token_11))
    return found


@torch.inference_mode()
def greedy_cell(model: LanguageModel, cell: nn.LSTMCell, length: int) -> list[int]:
    assert model.embedding is not None
    state: State | None = None
    token_1 = torch.tensor([0])
    found = []
    for _ in range(length):
        state = cell(model.embedding(token_1), state)
        token_1 = model.head(state[0]).log_softmax(-1).argmax(-1)
        found.append(int(token_1))
    return found


@torch.inference_mode()
def naive_beam(model: LanguageModel, lstm: nn.LSTM, width: int, length: int) -> list[int]:
    """Return the best text; hypotheses are (tokens, log-prob, state), read one after another."""
    assert model.embedding is not None
    beam: list[tuple[list[int], float, State | None]] = [([0], 0.0, None)]
    for _ in range(length):
        grown: list[tuple[list[int], float, State | None]] = []
        for tokens, logprob, state in beam:
            y_11H, new_state = lstm(model.embedding(torch.tensor([[tokens[-1]]])), state)
            best = model.head(y_11H)[0, 0].log_softmax(-1).topk(width)
            for gain, token in zip(best.values.tolist(), best.indices.tolist(), strict=True):
                grown.append(([*tokens, token], logprob + gain, new_state))
        beam = sorted(grown, key=lambda hypothesis: -hypothesis[1])[:width]
    return beam[0][0][1:]


def seconds(run: Callable[[], list[int]]) -> float:
    started = time.process_time()
    run()
    return time.process_time() - started


def medians(runs: dict[str, Callable[[], list[int]]], num_rounds: int) -> dict[str, float]:
    """Return the median time of each, all of them taken in turns."""
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(num_rounds):
        for name, run in runs.items():
            taken[name].append(seconds(run))
    return {name: statistics.median(times) for name, times in taken.items()}


def main() -> None:
    """Print one line a comparison."""
    torch.set_num_threads(1)
    model = make_model()
    lstm, cell = twins_of(model)
    print(f"generation, ours against torch.nn by hand: LSTM hidden {HIDDEN}, float32, 1 thread")
    greedy: dict[str, Callable[[], list[int]]] = {
        "our step": partial(our_step, model, GREEDY_LENGTH),
        "our greedy search": partial(our_search, model, "greedy", GREEDY_LENGTH),
        "nn.LSTM": partial(greedy_lstm, model, lstm, GREEDY_LENGTH),
        "nn.LSTMCell": partial(greedy_cell, model, cell, GREEDY_LENGTH),
    }
    texts = [run() for run in greedy.values()]
    assert all(text == texts[0] for text in texts), "they do not write the same text"
    found = medians(greedy, NUM_ROUNDS["greedy"])
    for ours in ("our step", "our greedy search"):
        for theirs in ("nn.LSTM", "nn.LSTMCell"):
            print(
                f"  {ours}, {GREEDY_LENGTH} letters: {found[theirs] / found[ours]:.2f} x {theirs} "
                "step by step under inference_mode"
            )
    for width in WIDTHS:
        beams: dict[str, Callable[[], list[int]]] = {
            "ours": partial(our_search, model, f"beam:k={width}", BEAM_LENGTH),
            "naive": partial(naive_beam, model, lstm, width, BEAM_LENGTH),
        }
        found = medians(beams, NUM_ROUNDS["beam"])
        print(
            f"  beam k={width}, {BEAM_LENGTH} letters: {found['naive'] / found['ours']:.1f} x a "
            "list of hypotheses, each stepped by nn.LSTM",
            flush=True,
        )


if __name__ == "__main__":
    main()

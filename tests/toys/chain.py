"""A second-order chain of tokens, and the recorded searches of every decoder spec on it.

The next token depends on the last one, which a search hands to `step`, and on the one before, which
only the state knows: a search that mixes up its rows is found out.
Shapes: P prompts, R rows, V tokens of the vocabulary.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from rnnlab.decoding import Frame, Hypothesis, Prompt, SearchStart, Spec, parse_spec
from tests.toys.numeric import assert_close

Array = npt.NDArray[Any]
State = tuple[tuple[Array, ...], ...]
V, EOS, LENGTH = 6, 5, 10
PIECES = ("a", "b", "c", "d", "e", "")
PROMPTS = ((0, 1), (2, 3), (4, 0))
"""Last two tokens of each prompt."""
SEEDS = (11, 12, 13)


def log_table(seed: int = 6) -> Array:
    """Log-probs [V, V, V] of the next token after two; here and there one cannot come at all.

    With this seed every decoder's texts end sometimes, whatever its options.
    """
    chance = np.random.default_rng(seed)
    logits = 2 * chance.standard_normal((V, V, V))
    logits[:, :, 2][chance.random((V, V)) < 0.3] = -math.inf
    logits -= logits.max(-1, keepdims=True)
    table: Array = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    table.flags.writeable = False
    return table


TABLE = log_table()
EYE = np.eye(V)


def step(state: State, parents_R: Array, tokens_R: Array) -> tuple[Array, State]:
    """Read a token; the state of both layers, h and c, is the one before as a one-hot vector."""
    assert parents_R.shape == tokens_R.shape
    before_RV = np.sum([part[parents_R] for layer in state for part in layer], axis=0)
    now_RV = EYE[tokens_R]
    return TABLE[before_RV.argmax(1), tokens_R], ((now_RV, now_RV), (now_RV, now_RV))


def read_only_step(state: State, parents_R: Array, tokens_R: Array) -> tuple[Array, State]:
    """Step as `step` does, and let nobody change the log-probs."""
    log_probs_RV, after = step(state, parents_R, tokens_R)
    log_probs_RV.flags.writeable = False
    return log_probs_RV, after


def top_features(state: State) -> Array:
    """What the top layer made of each row's last token."""
    return state[-1][0]


def start_of(prompts: Sequence[tuple[int, int]] = PROMPTS, eos: int | None = EOS) -> SearchStart:
    before, last = np.array(prompts).T
    last_PV = EYE[last]
    return SearchStart(
        TABLE[before, last],
        ((last_PV, last_PV), (last_PV, last_PV)),
        eos,
        [Prompt(prompt, EYE[list(prompt)]) for prompt in prompts],
        PIECES,
        top_features,
    )


def read_only_start() -> SearchStart:
    """Return the start of all prompts in arrays that nobody may change."""
    start = start_of()
    start.log_probs_PV.flags.writeable = False
    for layer in start.state:
        for part in layer:
            part.flags.writeable = False
    return start


def expected_logprobs(hypothesis: Hypothesis) -> list[float]:
    """Return the chain's own log-prob of each token."""
    text = [*PROMPTS[hypothesis.prompt], *hypothesis.tokens()]
    return [float(TABLE[text[i], text[i + 1], text[i + 2]]) for i in range(len(text) - 2)]


def generators(seeds: Sequence[int] = SEEDS) -> list[np.random.Generator]:
    return [np.random.default_rng(seed) for seed in seeds]


def run(
    spec: Spec, start: SearchStart | None = None, length: int = LENGTH, seeds: Sequence[int] = SEEDS
) -> list[Frame]:
    chance = generators(seeds)
    return list(spec.decoder.search(step, start or start_of(), spec.options, length, chance))


def texts(frame: Frame, prompt: int | None = None) -> list[list[int]]:
    return [h.tokens() for h in frame.hypotheses if prompt in {None, h.prompt}]


def figures(frame: Frame, prompt: int) -> list[tuple[list[int], float, float]]:
    return [(h.tokens(), h.logprob, h.score) for h in frame.hypotheses if h.prompt == prompt]


def assert_same_answers(frame: Frame, prompt: int, other: Frame, other_prompt: int) -> None:
    """Fail unless two searches give the same texts, and the same numbers up to rounding.

    A row beside others may be summed in another order than alone: at most V tokens, LENGTH times.
    """
    assert texts(frame, prompt) == texts(other, other_prompt)
    expected = [numbers for _, *numbers in figures(other, other_prompt)]
    assert_close([numbers for _, *numbers in figures(frame, prompt)], expected, terms=V * LENGTH)


def letters(hypothesis: Hypothesis) -> str:
    return "".join(PIECES[token] for token in hypothesis.tokens())


def everyone(frames: list[Frame]) -> list[Hypothesis]:
    """Return every hypothesis of some frames once."""
    hypotheses = {id(h): h for frame in frames for h in frame.hypotheses}
    assert hypotheses
    return list(hypotheses.values())


def contents(frame: Frame) -> object:
    """Return all that a frame holds, spelled out."""
    return (
        [(h.prompt, h.tokens(), h.score, h.end) for h in frame.hypotheses],
        [([h.tokens() for h in hypotheses()], why) for hypotheses, why in frame.pruned],
        [
            ([h.tokens() for h in e.hypotheses()], e.log_probs_RV.tolist(), e.filtered_RV.tolist())
            for e in frame.expansions
        ],
        (frame.last, frame.notes),
    )


class Recording:
    """The searches of one spec on the chain; each runs once, when first asked for."""

    def __init__(self, text: str) -> None:
        self.spec = parse_spec(text)

    @cached_property
    def frames(self) -> list[Frame]:
        """All frames, spelled out only after the search is over."""
        return run(self.spec)

    @cached_property
    def at_once(self) -> list[object]:
        """The contents of each frame as soon as it comes, of a search in read-only arrays."""
        options, chance = self.spec.options, generators()
        search = self.spec.decoder.search(
            read_only_step, read_only_start(), options, LENGTH, chance
        )
        return [contents(frame) for frame in search]

    @cached_property
    def endless(self) -> list[Frame]:
        """All frames where texts have no end."""
        return run(self.spec, start_of(eos=None))

    @cached_property
    def alone(self) -> list[list[Frame]]:
        """All frames of each prompt without the others."""
        return [
            run(self.spec, start_of([prompt]), seeds=[seed])
            for prompt, seed in zip(PROMPTS, SEEDS, strict=True)
        ]

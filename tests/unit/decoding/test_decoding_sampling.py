"""Frequencies of the random decoders against the formula: chi-square, fixed seed, stated bound.

Shapes: R rows, V tokens of the vocabulary.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from rnnlab.decoding import Ids, LogProbs, SearchStart, draw, parse_spec
from tests.toys.numeric import assert_close

PROBS = [0.05, 0.4, 0.02, 0.25, 0.18, 0.1]
V = len(PROBS)
CHI_SQUARE_BOUND = {1: 15.1, 2: 18.4, 3: 21.1, 4: 23.5, 5: 25.7}
"""By degrees of freedom: a true sampler exceeds it once in 10,000 seeds, and ours is fixed."""


def log(probs: object) -> LogProbs:
    """Return log-probs, -inf without a warning if a token is impossible."""
    with np.errstate(divide="ignore"):
        found: LogProbs = np.log(np.array(probs))
    return found


def seeded(num: int, first: int = 0) -> list[np.random.Generator]:
    return [np.random.default_rng(first + row) for row in range(num)]


class Fixed(np.random.Generator):
    """A generator that always returns one number."""

    def __init__(self, uniform: float) -> None:
        super().__init__(np.random.PCG64(0))
        self._uniform = uniform

    def random(self, *_: object, **__: object) -> float:  # type: ignore[override]
        return self._uniform


def chi_square(tokens: list[int], expected: list[float]) -> float:
    """Pearson's statistic; infinite if an impossible token occurs."""
    counts = [tokens.count(token) for token in range(len(expected))]
    if any(count and not p for count, p in zip(counts, expected, strict=True)):
        return math.inf
    return math.fsum(
        (count - len(tokens) * p) ** 2 / (len(tokens) * p)
        for count, p in zip(counts, expected, strict=True)
        if p
    )


def assert_distributed(tokens: list[int], expected: list[float]) -> None:
    degrees = sum(p > 0 for p in expected) - 1
    assert chi_square(tokens, expected) < CHI_SQUARE_BOUND[degrees]


def renormalised(kept: dict[int, float]) -> list[float]:
    mass = math.fsum(kept.values())
    return [kept.get(token, 0.0) / mass for token in range(V)]


EXPECTED = {
    "sample": PROBS,
    "sample:temperature=0.5": renormalised({i: p**2 for i, p in enumerate(PROBS)}),
    "sample:temperature=2": renormalised({i: p**0.5 for i, p in enumerate(PROBS)}),
    "nucleus:p=0.6": renormalised({1: 0.4, 3: 0.25}),
    "nucleus": renormalised({1: 0.4, 3: 0.25, 4: 0.18, 5: 0.1}),
    "top-k:k=3": renormalised({1: 0.4, 3: 0.25, 4: 0.18}),
    "min-p:min_p=0.3": renormalised({1: 0.4, 3: 0.25, 4: 0.18}),
    # 0.05 * 0.4 = 0.02 is on the edge of the default: a bar a hair above it.
    "min-p:min_p=0.0501": renormalised({i: p for i, p in enumerate(PROBS) if i != 2}),
    # Entropy 1.48: the tokens lie 1.52, 0.56, 2.43, 0.09, 0.23 and 0.82 from it.
    "typical:typical=0.5": renormalised({3: 0.25, 4: 0.18, 1: 0.4}),
    "typical:typical=0.4": renormalised({3: 0.25, 4: 0.18}),
    "typical": renormalised({i: p for i, p in enumerate(PROBS) if i != 2}),
    # Temperature first, so that it changes the mass of which the nucleus is made.
    "sample:p=0.8,temperature=0.5": renormalised({1: 0.4**2, 3: 0.25**2}),
    "sample:top_k=4,p=0.8": renormalised({1: 0.4, 3: 0.25, 4: 0.18}),
}


@pytest.mark.parametrize("text", EXPECTED)
def test_a_long_text_has_the_distribution_of_the_formula(text: str) -> None:
    log_probs_1V = log([PROBS])

    def step(state: None, parents_R: Ids, tokens_R: Ids) -> tuple[LogProbs, None]:
        return log_probs_1V, None

    spec = parse_spec(text)
    start = SearchStart(log_probs_1V, None)
    *_, last = spec.decoder.search(step, start, spec.options, 2000, seeded(1))
    (hypothesis,) = last.hypotheses
    assert_distributed(hypothesis.tokens(), EXPECTED[text])
    gains = [math.log(EXPECTED[text][token]) for token in hypothesis.tokens()]
    assert_close(hypothesis.score, math.fsum(gains), terms=2000 * V)
    own = [math.log(PROBS[token]) for token in hypothesis.tokens()]
    assert_close(hypothesis.logprob, math.fsum(own), terms=2000)


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("nucleus", "sample:p=0.9"),
        ("top-k", "sample:top_k=10"),
        ("min-p", "sample:min_p=0.05"),
        ("typical", "sample:typical=0.95"),
    ],
)
def test_a_decoder_with_a_filter_of_its_own_is_sample_with_that_filter(
    short: str, long: str
) -> None:
    rows_VV = log(np.random.default_rng(2).dirichlet([0.3] * 12, size=12))

    def step(state: None, parents_R: Ids, tokens_R: Ids) -> tuple[LogProbs, None]:
        return rows_VV[tokens_R], None

    texts = []
    for text in (short, long):
        spec = parse_spec(text)
        start = SearchStart(rows_VV[:5], None)
        *_, last = spec.decoder.search(step, start, spec.options, 60, seeded(5))
        texts.append([h.tokens() for h in last.hypotheses])
        assert spec.decoder.is_random
    assert texts[0] == texts[1]
    assert parse_spec(short).chain == parse_spec(long).chain


def test_samples_of_consecutive_seeds_are_as_independent_as_those_of_one() -> None:
    log_probs_RV = np.broadcast_to(log(PROBS), (4000, V))
    generators = seeded(4000, first=1_000_003)
    tokens_R = draw(log_probs_RV, list(range(4000)), generators)
    assert_distributed(tokens_R.tolist(), PROBS)
    second_R = draw(log_probs_RV, list(range(4000)), generators)
    assert_distributed(second_R.tolist(), PROBS)
    pairs = (tokens_R * V + second_R).tolist()
    expected = [p * q for p in PROBS for q in PROBS]
    # 35 degrees of freedom; 1 in 10,000 exceeds 75.
    assert chi_square(pairs, expected) < 75


def test_each_token_is_drawn_given_the_one_before() -> None:
    rows = np.array([[0.1, 0.7, 0.2], [0.6, 0.0, 0.4], [0.25, 0.25, 0.5]])
    log_rows = log(rows)

    def step(state: None, parents_R: Ids, tokens_R: Ids) -> tuple[LogProbs, None]:
        return log_rows[tokens_R], None

    spec = parse_spec("sample")
    start = SearchStart(log_rows[:1], None)
    *_, last = spec.decoder.search(step, start, spec.options, 4000, seeded(1, first=3))
    tokens = last.hypotheses[0].tokens()
    for before in range(3):
        followers = [b for a, b in itertools.pairwise(tokens) if a == before]
        assert_distributed(followers, rows[before].tolist())


def test_first_sample_draws_the_first_token_and_is_greedy_afterwards() -> None:
    rows_VV = log(np.random.default_rng(5).dirichlet([1.0] * V, size=V))

    def step(state: None, parents_R: Ids, tokens_R: Ids) -> tuple[LogProbs, None]:
        return rows_VV[tokens_R], None

    spec = parse_spec("first-sample")
    start = SearchStart(np.broadcast_to(log(PROBS), (2000, V)), None)
    *_, last = spec.decoder.search(step, start, spec.options, 4, seeded(2000))
    texts = [hypothesis.tokens() for hypothesis in last.hypotheses]
    assert_distributed([tokens[0] for tokens in texts], PROBS)
    best = rows_VV.argmax(1).tolist()
    for tokens in texts:
        assert tokens[1:] == [best[token] for token in tokens[:-1]]


@pytest.mark.parametrize("uniform", [0.0, 0.5, 1 - 2**-53])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_token_without_probability_is_never_drawn(uniform: float, dtype: type) -> None:
    """Not even at the very ends of what the generator gives."""
    probs_RV = np.array([[0, 0.5, 0, 0.5, 0], [0, 0, 1, 0, 0], [1 / 3, 1 / 3, 0, 1 / 3, 0]])
    tokens_R = draw(log(probs_RV).astype(dtype), [0, 1, 2], [Fixed(uniform)] * 3)
    assert np.take_along_axis(probs_RV, tokens_R[:, None], 1).min() > 0
    assert tokens_R[1] == 2


def test_draw_inverts_the_cumulative_distribution() -> None:
    expected = {0.0: 0, 0.2499: 0, 0.2501: 1, 0.4999: 1, 0.5001: 2, 0.9999: 2}
    found = {
        uniform: draw(log([[0.25, 0.25, 0.5]]), [0], [Fixed(uniform)]).item()
        for uniform in expected
    }
    assert found == expected


def test_a_row_draws_with_its_own_generator_whoever_is_beside_it() -> None:
    log_probs_RV = np.broadcast_to(log(PROBS), (50, V))
    together_R = draw(log_probs_RV, list(range(50)), seeded(50))
    some = [3, 17, 49]
    assert draw(log_probs_RV[some], some, seeded(50)).tolist() == together_R[some].tolist()


def test_ended_rows_leave_the_batch_and_take_their_state_along() -> None:
    """Row i reads i, i-1, ... and ends at 0; its state must stay its own."""
    seen: list[tuple[list[int], list[int]]] = []

    def log_probs(tokens_R: Ids) -> LogProbs:
        found_RV = np.full((len(tokens_R), 5), -np.inf)
        found_RV[np.arange(len(tokens_R)), tokens_R - 1] = 0.0
        return found_RV

    def step(state: Ids, parents_R: Ids, tokens_R: Ids) -> tuple[LogProbs, Ids]:
        assert (state[parents_R] == tokens_R + 1).all()
        seen.append((parents_R.tolist(), tokens_R.tolist()))
        return log_probs(tokens_R), state[parents_R] - 1

    firsts = np.array([2, 4, 1, 3])
    spec = parse_spec("greedy")
    start = SearchStart(log_probs(firsts), firsts, eos=0)
    *_, last = spec.decoder.search(step, start, spec.options, 9, seeded(4))
    assert [h.tokens() for h in last.hypotheses] == [[1, 0], [3, 2, 1, 0], [0], [2, 1, 0]]
    assert seen == [([0, 1, 3], [1, 3, 2]), ([1, 2], [2, 1]), ([0], [1])]
    assert last.last == "ended"


def test_a_row_that_no_filter_leaves_a_token_stays_as_it_is_beside_the_others() -> None:
    """There are two tokens: a row that has written both cannot be extended."""
    log_probs_PV = log([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.0, 0.0, 1.0]])

    def step(state: Ids, parents_R: Ids, tokens_R: Ids) -> tuple[LogProbs, Ids]:
        return log_probs_PV[state[parents_R]], state[parents_R]

    spec = parse_spec("greedy:no_repeat=1")
    start = SearchStart(log_probs_PV, np.arange(3))
    *_, last = spec.decoder.search(step, start, spec.options, 9, seeded(3))
    assert [h.tokens() for h in last.hypotheses] == [[0], [0, 1], [2]]
    assert not any(h.is_finished for h in last.hypotheses)
    assert last.last == "ended"

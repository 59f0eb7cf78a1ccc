"""What the random decoders write against the formula: chi-square, fixed seed, stated bound.

Shapes: R rows, V tokens of the vocabulary.
"""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from torch import Tensor

from rnnlab.decoding import Start, parse_spec
from rnnlab.decoding._rows import draw

State = tuple[tuple[Tensor, ...], ...]
PROBS = [0.05, 0.4, 0.02, 0.25, 0.18, 0.1]
V = len(PROBS)
CHI_SQUARE_BOUND = {1: 15.1, 2: 18.4, 3: 21.1, 4: 23.5, 5: 25.7}
"""By degrees of freedom: a true sampler exceeds it once in 10,000 seeds, and ours is fixed."""


def chi_square(tokens: list[int], expected: list[float]) -> float:
    """Pearson's statistic; infinite when a token came that cannot come."""
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
    # Temperature first, so that it changes the mass of which the nucleus is made.
    "sample:p=0.8,temperature=0.5": renormalised({1: 0.4**2, 3: 0.25**2}),
    "sample:top_k=4,p=0.8": renormalised({1: 0.4, 3: 0.25, 4: 0.18}),
}


@pytest.mark.parametrize("text", EXPECTED)
def test_a_long_text_has_the_distribution_of_the_formula(text: str) -> None:
    log_probs_1V = torch.tensor([PROBS]).log()

    def step(state: State, tokens_R: Tensor) -> tuple[Tensor, State]:
        return log_probs_1V, state

    spec = parse_spec(text)
    start = Start(log_probs_1V, ())
    *_, last = spec.decoder.search(
        step, start, spec.options, 2000, [torch.Generator().manual_seed(1)]
    )
    (hypothesis,) = last.hypotheses
    assert_distributed(hypothesis.tokens(), EXPECTED[text])
    gains = [math.log(EXPECTED[text][token]) for token in hypothesis.tokens()]
    assert hypothesis.score == pytest.approx(math.fsum(gains), rel=1e-5)


def test_samples_of_consecutive_seeds_are_as_independent_as_those_of_one() -> None:
    log_probs_RV = torch.tensor(PROBS).log().expand(4000, V)
    generators = [torch.Generator().manual_seed(1_000_003 + row) for row in range(4000)]
    tokens_R = draw(log_probs_RV, list(range(4000)), generators)
    assert_distributed(tokens_R.tolist(), PROBS)
    second_R = draw(log_probs_RV, list(range(4000)), generators)
    assert_distributed(second_R.tolist(), PROBS)
    pairs = (tokens_R * V + second_R).tolist()
    expected = [p * q for p in PROBS for q in PROBS]
    # 35 degrees of freedom; 1 in 10,000 exceeds 75.
    assert chi_square(pairs, expected) < 75


def test_each_token_is_drawn_given_the_one_before() -> None:
    rows = torch.tensor([[0.1, 0.7, 0.2], [0.6, 0.0, 0.4], [0.25, 0.25, 0.5]])

    def step(state: State, tokens_R: Tensor) -> tuple[Tensor, State]:
        return rows[tokens_R].log(), state

    spec = parse_spec("sample")
    start = Start(rows[:1].log(), ())
    *_, last = spec.decoder.search(
        step, start, spec.options, 4000, [torch.Generator().manual_seed(3)]
    )
    tokens = last.hypotheses[0].tokens()
    for before in range(3):
        followers = [b for a, b in itertools.pairwise(tokens) if a == before]
        assert_distributed(followers, rows[before].tolist())


def test_first_sample_draws_the_first_token_and_is_greedy_afterwards() -> None:
    rows = torch.rand(V, V, generator=torch.Generator().manual_seed(5)).log_softmax(-1)

    def step(state: State, tokens_R: Tensor) -> tuple[Tensor, State]:
        return rows[tokens_R], state

    spec = parse_spec("first-sample")
    generators = [torch.Generator().manual_seed(row) for row in range(2000)]
    start = Start(torch.tensor(PROBS).log().expand(2000, V), ())
    *_, last = spec.decoder.search(step, start, spec.options, 4, generators)
    texts = [hypothesis.tokens() for hypothesis in last.hypotheses]
    assert_distributed([tokens[0] for tokens in texts], PROBS)
    best = rows.argmax(1).tolist()
    for tokens in texts:
        assert tokens[1:] == [best[token] for token in tokens[:-1]]


@pytest.mark.parametrize("uniform", [0.0, 0.5, 1 - 2**-53])
def test_a_token_without_probability_is_never_drawn(
    uniform: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even at the very ends of what the generator gives."""
    monkeypatch.setattr(torch, "rand", lambda *_, **__: torch.tensor(uniform, dtype=torch.float64))
    probs_RV = torch.tensor([[0, 0.5, 0, 0.5, 0], [0, 0, 1, 0, 0], [1 / 3, 1 / 3, 0, 1 / 3, 0]])
    tokens_R = draw(probs_RV.log(), [0, 1, 2], [torch.Generator()] * 3)
    assert probs_RV.gather(1, tokens_R[:, None]).min() > 0
    assert tokens_R[1] == 2


def test_draw_inverts_the_cumulative_distribution(monkeypatch: pytest.MonkeyPatch) -> None:
    log_probs_1V = torch.tensor([[0.25, 0.25, 0.5]], dtype=torch.float64).log()
    expected = {0.0: 0, 0.2499: 0, 0.2501: 1, 0.4999: 1, 0.5001: 2, 0.9999: 2}
    for uniform, token in expected.items():
        given = torch.tensor(uniform, dtype=torch.float64)
        monkeypatch.setattr(torch, "rand", lambda *_, given=given, **__: given)
        assert draw(log_probs_1V, [0], [torch.Generator()]).tolist() == [token]


def test_ended_rows_leave_the_batch_and_take_their_state_along() -> None:
    """Row i reads i, i-1, ... and ends at 0; its state must stay its own."""
    sizes: list[int] = []

    def log_probs(tokens_R: Tensor) -> Tensor:
        logits = torch.full((len(tokens_R), 5), -math.inf)
        return logits.scatter(1, (tokens_R - 1)[:, None], 0.0)

    def step(state: State, tokens_R: Tensor) -> tuple[Tensor, State]:
        ((countdown_R1,),) = state
        assert torch.equal(countdown_R1[:, 0], tokens_R + 1)
        sizes.append(len(tokens_R))
        return log_probs(tokens_R), ((countdown_R1 - 1,),)

    firsts = torch.tensor([2, 4, 1, 3])
    spec = parse_spec("greedy")
    start = Start(log_probs(firsts), ((firsts[:, None],),), eos=0)
    *_, last = spec.decoder.search(step, start, spec.options, 9, [torch.Generator()] * 4)
    assert [h.tokens() for h in last.hypotheses] == [[1, 0], [3, 2, 1, 0], [0], [2, 1, 0]]
    assert sizes == [3, 2, 1]

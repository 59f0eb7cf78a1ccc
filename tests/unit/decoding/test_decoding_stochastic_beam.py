"""Stochastic beam search against sampling without replacement, computed over all texts.

Shapes: R rows, V tokens of the vocabulary.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from functools import cache

import numpy as np
import pytest

from rnnlab.decoding import Frame, Prompt, SearchStart, parse_spec
from rnnlab.decoding.stochastic_beam import with_maximum
from tests.toys.numeric import assert_close
from tests.toys.searches import (
    EOS,
    PARTS,
    Array,
    History,
    Tree,
    V,
    after,
    answers,
    is_true_logprob,
)

NUM_SEEDS = 2000
SEED = 4
CHI_SQUARE_BOUND = 39.1
"""For 12 degrees of freedom: a true sampler exceeds it once in 10,000 seeds, and ours are fixed."""


def search(
    spec: str, tree: Tree, eos: int | None, length: int, seeds: list[int], prompts: list[History]
) -> list[Frame]:
    parsed = parse_spec(spec)
    chance = [np.random.default_rng(seed) for seed in seeds]
    start = tree.start(eos, prompts)
    return list(parsed.decoder.search(tree.step, start, parsed.options, length, chance))


@cache
def draws(spec: str) -> list[list[tuple[History, float]]]:
    """Texts of at most two tokens that each of many seeds draws, with their scores."""
    *_, last = search(spec, Tree(SEED), EOS, 2, list(range(NUM_SEEDS)), [()] * NUM_SEEDS)
    found: list[list[tuple[History, float]]] = [[] for _ in range(NUM_SEEDS)]
    for h in last.hypotheses:
        found[h.prompt].append((tuple(h.tokens()), h.score))
    return found


def probs_of_texts(temperature: float = 1.0) -> dict[History, float]:
    def probs(history: History) -> Array:
        unnormalised = np.exp(after(SEED, history) / temperature)
        found: Array = unnormalised / unnormalised.sum()
        return found

    ended = {(EOS,): float(probs(())[EOS])}
    others = [t for t in range(V) if t != EOS]
    return ended | {(a, b): float(probs(())[a] * probs((a,))[b]) for a in others for b in range(V)}


def inclusion(p: dict[History, float], k: int) -> dict[History, float]:
    """Probability that a text is among k drawn one by one, each from what is left."""
    found = dict.fromkeys(p, 0.0)
    for drawn in itertools.permutations(p, k):
        prob, left = 1.0, 1.0
        for text in drawn:
            prob *= p[text] / left
            left -= p[text]
        for text in drawn:
            found[text] += prob
    return found


def chi_square(counts: Counter[History], p: dict[History, float]) -> float:
    assert set(counts) <= set(p)
    num = counts.total()
    return math.fsum((counts[text] - num * q) ** 2 / (num * q) for text, q in p.items())


@pytest.mark.parametrize("temperature", [1.0, 0.6])
def test_one_draw_is_a_sample(temperature: float) -> None:
    found = draws(f"stochastic-beam:k=1,temperature={temperature}")
    assert all(len(texts) == 1 for texts in found)
    counts = Counter(texts[0][0] for texts in found)
    assert chi_square(counts, probs_of_texts(temperature)) < CHI_SQUARE_BOUND
    other = probs_of_texts(1.6 - temperature)
    assert chi_square(counts, other) > 3 * CHI_SQUARE_BOUND


@pytest.mark.parametrize("k", [2, 4])
def test_texts_are_drawn_as_often_as_without_replacement(k: int) -> None:
    found = draws(f"stochastic-beam:k={k}")
    assert all(len({text for text, _ in texts}) == k for texts in found)
    counts = Counter(text for texts in found for text, _ in texts)
    for text, q in inclusion(probs_of_texts(), k).items():
        assert abs(counts[text] - NUM_SEEDS * q) < 4 * math.sqrt(NUM_SEEDS * q * (1 - q)), text


def test_the_order_is_that_of_the_draws() -> None:
    p = probs_of_texts()
    found = [[text for text, _ in texts] for texts in draws("stochastic-beam:k=2")]
    assert chi_square(Counter(texts[0] for texts in found), p) < CHI_SQUARE_BOUND
    likely = max(p, key=lambda text: p[text])
    second = Counter(texts[1] for texts in found if texts[0] == likely)
    left = {text: q / (1 - p[likely]) for text, q in p.items() if text != likely}
    assert chi_square(second, left) < CHI_SQUARE_BOUND


def test_kappa_weights_the_draws_without_bias() -> None:
    """Horvitz and Thompson: over the draws, p / q comes to 1 on average, and so does any mean."""
    p = probs_of_texts()
    ones, lengths = [], []
    *_, last = search("stochastic-beam:k=3", Tree(SEED), EOS, 2, list(range(800)), [()] * 800)
    for prompt, drawn in itertools.groupby(last.hypotheses, lambda h: h.prompt):
        *_, worst = hypotheses = list(drawn)
        kappa = float(last.note(prompt).removeprefix("kappa: "))
        texts = [tuple(h.tokens()) for h in hypotheses]
        weights = [p[text] / -math.expm1(-math.exp(math.log(p[text]) - kappa)) for text in texts]
        ones.append(math.fsum(weights))
        lengths.append(math.fsum(w * len(text) for w, text in zip(weights, texts, strict=True)))
        assert kappa < worst.score
    assert len(ones) == 800
    for values, mean in ((ones, 1.0), (lengths, math.fsum(q * len(t) for t, q in p.items()))):
        error = np.std(values) / math.sqrt(len(values))
        assert abs(np.mean(values) - mean) < 4 * error
        assert error < 0.05


@pytest.mark.parametrize("eos", [EOS, None])
def test_no_text_is_drawn_twice_and_the_best_keeps_its_place(eos: int | None) -> None:
    for seed in range(10):
        frames = search("stochastic-beam:k=6", Tree(seed), eos, 6, [seed], [()])
        # The greatest perturbed log-prob of all texts is passed down to one of each length.
        (best,) = {frame.hypotheses[0].score for frame in frames}
        for frame in frames:
            assert len(set(answers(frame))) == len(frame.hypotheses)
            scores = [h.score for h in frame.hypotheses]
            assert scores == sorted(scores, reverse=True)
            assert len(set(scores)) == len(scores)
        assert len(frames[-1].hypotheses) == 6
        assert best == frames[-1].hypotheses[0].score


def test_a_beam_wider_than_the_tree_draws_all_texts() -> None:
    *_, last = search("stochastic-beam:k=14", Tree(1), EOS, 2, [3], [()])
    assert sorted(answers(last)) == sorted(probs_of_texts())
    assert last.note(0) == "kappa: none"
    *_, last = search("stochastic-beam:k=13", Tree(1), EOS, 2, [3], [()])
    assert last.note(0) == "kappa: none"
    *_, last = search("stochastic-beam:k=12", Tree(1), EOS, 2, [3], [()])
    assert last.note(0) != "kappa: none"


@pytest.mark.parametrize("forgets", [None, *PARTS])
def test_the_state_follows_its_hypothesis(forgets: tuple[int, int] | None) -> None:
    frames = search("stochastic-beam:k=5,p=0.9", Tree(2, forgets), EOS, 6, [1], [()])
    is_right = [is_true_logprob(2, h) for frame in frames for h in frame.hypotheses]
    assert all(is_right) == (forgets is None)


def test_each_prompt_draws_with_its_own_generator() -> None:
    prompts: list[History] = [(0, 1), (2,), ()]
    together = search("stochastic-beam:k=3", Tree(3), EOS, 5, [7, 8, 9], prompts)[-1]
    for number, prompt in enumerate(prompts):
        alone = search("stochastic-beam:k=3", Tree(3), EOS, 5, [7 + number], [prompt])[-1]
        mine = [(h.tokens(), h.score) for h in together.hypotheses if h.prompt == number]
        assert mine == [(h.tokens(), h.score) for h in alone.hypotheses]
    other = search("stochastic-beam:k=3", Tree(3), EOS, 5, [1, 2, 3], prompts)[-1]
    assert answers(other) != answers(together)


def test_a_text_that_cannot_go_on_stays_among_the_draws() -> None:
    """No token can follow 0, any can follow 1: 0 is a complete text."""
    nothing, anything = [-math.inf] * 2, np.log([0.5, 0.5]).tolist()

    def step(state: None, parents_R: Array, tokens_R: Array) -> tuple[Array, None]:
        return np.array([anything if token else nothing for token in tokens_R.tolist()]), None

    spec = parse_spec("stochastic-beam:k=5")
    start = SearchStart(np.log([[0.5, 0.5]]), None, prompts=[Prompt()])
    chance = [np.random.default_rng(1)]
    *_, last = spec.decoder.search(step, start, spec.options, 3, chance)
    assert sorted(answers(last)) == [(0,), (1, 0), (1, 1, 0), (1, 1, 1)]
    assert last.note(0) == "kappa: none"


def test_gumbels_are_moved_to_their_maximum_as_the_plain_formula_has_it() -> None:
    perturbed_RV = np.random.default_rng(1).gumbel(size=(50, 7))
    goals_R = np.random.default_rng(2).gumbel(size=50)
    moved_RV = with_maximum(perturbed_RV, goals_R)
    best_R1 = perturbed_RV.max(-1, keepdims=True)
    plain_RV = -np.log(np.exp(-goals_R[:, None]) - np.exp(-best_R1) + np.exp(-perturbed_RV))
    # The plain formula subtracts exp(-best), which loses as many digits as it is larger.
    lost = int(np.exp(goals_R[:, None] - best_R1).max()) + 1
    assert_close(moved_RV, plain_RV, terms=7 * lost)
    np.testing.assert_array_equal(moved_RV.argmax(-1), perturbed_RV.argmax(-1))


def test_moving_neither_overflows_nor_cancels_far_from_zero() -> None:
    """Texts of thousands of tokens have log-probs at which exp is 0 or infinite."""
    perturbed_RV = np.array(
        [[-5000.0, -5000.0 - 2.0**-30, -5001.0, -math.inf], [4000.0, 1.0, -3e5, -math.inf]]
    )
    goals_R = np.array([-4000.0, -7000.0])
    with np.errstate(all="raise", divide="ignore", under="ignore"):
        moved_RV = with_maximum(perturbed_RV, goals_R)
    np.testing.assert_array_equal(moved_RV.max(-1), goals_R)
    assert (np.diff(moved_RV[0]) < 0).all()
    assert np.isfinite(moved_RV[:, :3]).all()
    assert (moved_RV[:, 3] == -math.inf).all()
    # exp(-G) of the second: exp(5000) (exp(2^-30) - 1), beside which exp(4000) is nothing.
    assert moved_RV[0, 1] == pytest.approx(-5000 + 30 * math.log(2), rel=1e-11)


def test_the_chain_says_what_the_score_is() -> None:
    spec = parse_spec("stochastic-beam:k=4,p=0.9")
    assert spec.chain == [
        "top-p=0.9",
        "stochastic beam k=4",
        "sample without replacement",
        "rank by perturbed log-prob",
    ]
    assert spec.options.num_answers() == 4
    assert spec.decoder.is_random

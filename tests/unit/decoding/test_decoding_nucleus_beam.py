"""The nucleus beam: within the nucleus, ranked by the model or by the nucleus."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rnnlab.decoding import SearchStart, parse_spec
from tests.toys.numeric import assert_close
from tests.toys.searches import (
    EOS,
    Array,
    History,
    Tree,
    V,
    after,
    answers,
    brute_force,
    no_chance,
    run,
    true_logprob,
)


def nucleus(log_probs_V: Array, p: float) -> list[int]:
    kept: list[int] = []
    mass = 0.0
    for token in np.argsort(-log_probs_V).tolist():
        if mass >= p:
            break
        kept.append(token)
        mass += math.exp(log_probs_V[token])
    return kept


@pytest.mark.parametrize("spec", ["beam:k=6,p=0.8", "nucleus-beam:k=6,p=0.8,rank=filtered"])
@pytest.mark.parametrize("eos", [EOS, None])
def test_a_nucleus_beam_extends_a_hypothesis_only_within_its_nucleus(
    spec: str, eos: int | None
) -> None:
    num_outside = 0
    for seed in range(5):
        for hypothesis in run(spec, Tree(seed), eos, 6)[-1].hypotheses:
            tokens = tuple(hypothesis.tokens())
            for i, token in enumerate(tokens):
                assert token in nucleus(after(seed, tokens[:i]), 0.8)
        plain = answers(run("beam:k=6", Tree(seed), eos, 6)[-1])
        num_outside += sum(
            tokens[i] not in nucleus(after(seed, tokens[:i]), 0.8)
            for tokens in plain
            for i in range(len(tokens))
        )
    assert num_outside > 0  # the plain beam does leave it


def test_a_wide_nucleus_beam_finds_all_texts_of_nuclei_and_ranks_them_by_the_model() -> None:
    """The definition of the course: extend by all tokens of the nucleus, keep the k best of all."""
    num_texts = 0
    for seed in range(4):
        expected = [
            tokens
            for tokens, _ in brute_force(seed, EOS, 4)
            if all(t in nucleus(after(seed, tokens[:i]), 0.85) for i, t in enumerate(tokens))
        ]
        frames = run("nucleus-beam:k=400,p=0.85", Tree(seed), EOS, 4)
        assert answers(frames[-1]) == expected
        num_texts += len(expected)
    assert num_texts > 4 * 4


def test_a_nucleus_of_one_token_leaves_one_hypothesis() -> None:
    for seed in range(5):
        frames = run("nucleus-beam:k=5,p=0.01", Tree(seed), None, 5)
        assert answers(frames[-1]) == answers(run("greedy", Tree(seed), None, 5)[-1])


def nucleus_score(seed: int, tokens: History, p: float) -> float:
    """Log-prob within the nucleus, renormalised over it."""
    score = 0.0
    for i, token in enumerate(tokens):
        log_probs_V = after(seed, tokens[:i])
        mass = math.fsum(math.exp(log_probs_V[kept]) for kept in nucleus(log_probs_V, p))
        score += float(log_probs_V[token]) - math.log(mass)
    return score


@pytest.mark.parametrize("eos", [EOS, None])
def test_a_nucleus_beam_ranks_by_the_model_or_by_the_nucleus(eos: int | None) -> None:
    for seed in range(5):
        for rank in ("", ",rank=model"):
            for hypothesis in run(f"beam:k=4,p=0.7{rank}", Tree(seed), eos, 5)[-1].hypotheses:
                expected = true_logprob(seed, tuple(hypothesis.tokens()))
                assert_close(hypothesis.score, expected, terms=hypothesis.length)
        for hypothesis in run("beam:k=4,p=0.7,rank=filtered", Tree(seed), eos, 5)[-1].hypotheses:
            tokens = tuple(hypothesis.tokens())
            terms = 2 * V * hypothesis.length  # a sum of V exponentials for each token
            assert_close(hypothesis.score, nucleus_score(seed, tokens, 0.7), terms=terms)
            assert_close(hypothesis.logprob, true_logprob(seed, tokens), terms=terms)


@pytest.mark.parametrize(("rank", "best"), [("model", [0, 0]), ("filtered", [1, 0])])
def test_the_two_rankings_can_disagree(rank: str, best: list[int]) -> None:
    """After 0 the nucleus is wide and shares its mass; after 1 it is a single token.

    By the model 0.5 x 0.65 beats 0.4 x 0.8; within the nuclei (p = 0.79) 5/9 x 13/17 loses to 4/9.
    """
    rows = np.log([[0.65, 0.15, 0.20], [0.80, 0.10, 0.10], [0.4, 0.3, 0.3]])

    def step(state: object, parents_R: Array, tokens_R: Array) -> tuple[Array, object]:
        return rows[tokens_R], state

    spec = parse_spec(f"nucleus-beam:k=2,p=0.79,rank={rank}")
    start = SearchStart(np.log([[0.5, 0.4, 0.1]]), None)
    *_, last = spec.decoder.search(step, start, spec.options, 2, no_chance(1))
    assert last.hypotheses[0].tokens() == best


def test_the_nucleus_beam_is_the_beam_with_a_nucleus() -> None:
    for seed in range(5):
        named, spelled = (
            run(spec, Tree(seed), EOS, 6) for spec in ("nucleus-beam:k=3", "beam:k=3,p=0.9")
        )
        assert list(map(answers, named)) == list(map(answers, spelled))

"""Beam search on a tree of histories, small enough for an exhaustive search.

Shapes: R rows, V tokens of the vocabulary.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from rnnlab.decoding import Hypothesis, Options, parse_spec
from tests.toys.numeric import assert_close
from tests.toys.searches import (
    EOS,
    PARTS,
    History,
    Tree,
    V,
    after,
    answers,
    brute_force,
    figures,
    is_true_logprob,
    naive_beam,
    run,
    run_flat,
)


def power(a: float) -> Callable[[int], float]:
    return lambda length: length**a


def wu(a: float) -> Callable[[int], float]:
    return lambda length: ((5 + length) / 6) ** a


PENALTIES = {
    "": power(0),
    "length_penalty=0.7": power(0.7),
    "length_penalty=1": power(1),
    "length_penalty=2": power(2),
    "length_penalty=0.8,penalty=wu": wu(0.8),
    "length_penalty=3,penalty=wu": wu(3),
}
"""Divisor of the log-prob in a score, after Wu et al. (2016, equation 14) or as a power."""


@pytest.mark.parametrize("eos", [EOS, None])
@pytest.mark.parametrize(
    "options", ["", ",length_penalty=1,early=full", ",rank=filtered,temperature=0.6"]
)
def test_a_beam_of_one_is_greedy(eos: int | None, options: str) -> None:
    """With a length penalty, a longer text could still win; `early=full` makes the beam stop."""
    num_finished = 0
    for seed in range(25):
        greedy = run("greedy", Tree(seed), eos, 6)
        beam = run(f"beam:k=1{options}", Tree(seed), eos, 6)
        assert answers(beam[-1]) == answers(greedy[-1])
        assert len(beam) == len(greedy)
        num_finished += beam[-1].hypotheses[0].is_finished
    assert num_finished == 0 if eos is None else 5 < num_finished < 25


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("eos", [EOS, None])
def test_a_beam_as_wide_as_the_tree_ranks_all_texts_as_brute_force(
    eos: int | None, penalty: str
) -> None:
    for seed in (1, 2):
        expected = brute_force(seed, eos, 4, PENALTIES[penalty])
        width = len(expected) + 1  # wider than there are texts, so that all of them are answers
        frames = run(f"beam:k={width},{penalty or 'early=decided'}", Tree(seed), eos, 4)
        found = frames[-1].hypotheses
        assert answers(frames[-1]) == [tokens for tokens, _ in expected]
        assert_close([h.score for h in found], [score for _, score in expected], terms=4 + 2)


@pytest.mark.parametrize("early", ["decided", "full", "never"])
@pytest.mark.parametrize(("k", "n"), [(1, 1), (2, 1), (3, 3), (5, 2)])
@pytest.mark.parametrize("penalty", ["", "length_penalty=1", "length_penalty=0.8,penalty=wu"])
def test_a_narrow_beam_is_the_naive_one(k: int, n: int, early: str, penalty: str) -> None:
    for seed in range(12):
        for gap in (0.0, 0.7):
            spec = f"beam:k={k},n={n},early={early},gap={gap},{penalty or 'length_penalty=0'}"
            expected, num_steps = naive_beam(
                seed, EOS, 7, k, n, PENALTIES[penalty], early, gap or math.inf
            )
            frames = run(spec, Tree(seed), EOS, 7)
            assert answers(frames[-1]) == [tokens for tokens, _ in expected]
            scores = [h.score for h in frames[-1].hypotheses]
            assert_close(scores, [score for _, score in expected], terms=7 + 2)
            assert len(frames) == num_steps


def test_the_first_step_expands_one_hypothesis_only() -> None:
    tree = Tree(3)
    frames = run("beam:k=3", tree, None, 3)
    first = np.argsort(-after(3, ()))[:3].tolist()
    assert answers(frames[0]) == [(token,) for token in first]
    assert tree.rows_read[0] == first
    assert [h.length for h in frames[0].expansions[0].hypotheses()] == [0]


@pytest.mark.parametrize("width", [1, 2, 3, 5])
def test_eos_cannot_starve_the_beam(width: int) -> None:
    """The end is probable at every step, yet k hypotheses stay live if the tree has as many."""
    likely_eos = np.log([0.03, 0.04, 0.03, 0.9])
    frames, num_rows = run_flat(f"beam:k={width},early=never", likely_eos, 4, EOS)
    assert num_rows == [min(width, 3 ** (i + 1)) for i in range(3)]
    assert not any(h.is_finished for frame in frames for h in frame.expansions[0].hypotheses())
    # The best texts are those that end soonest, and there are k of them.
    assert len(frames[-1].hypotheses) == width
    assert answers(frames[-1])[:2] == [(EOS,), (1, EOS)][:width]


def test_an_unlikely_text_does_not_push_a_finished_one_out() -> None:
    """A finished text stays among the answers while longer ones fall below it."""
    for seed in range(20):
        frames = run("beam:k=4", Tree(seed), EOS, 8)
        best: dict[History, float] = {}
        for frame in frames:
            best.update((tuple(h.tokens()), h.score) for h in frame.hypotheses if h.is_finished)
        kept = set(answers(frames[-1]))
        worst = frames[-1].hypotheses[-1].score
        assert all(tokens in kept for tokens, score in best.items() if score > worst)


def test_of_equally_probable_texts_the_lowest_ids_are_kept_in_their_order() -> None:
    frames, _ = run_flat("beam:k=5", np.log(np.full(3, 1 / 3)), 3)
    assert answers(frames[0]) == [(0,), (1,), (2,)]
    assert answers(frames[1]) == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1)]
    assert answers(frames[2]) == [(0, 0, 0), (0, 0, 1), (0, 0, 2), (0, 1, 0), (0, 1, 1)]


# The state


def has_true_logprobs(seed: int, hypotheses: list[Hypothesis], prompts: list[History]) -> bool:
    return all(is_true_logprob(seed, h, prompts[h.prompt]) for h in hypotheses)


@pytest.mark.parametrize("eos", [EOS, None])
@pytest.mark.parametrize("prompts", [[()], [(1,), (0, 2), (), (2, 2, 1)]])
def test_the_state_follows_its_hypothesis(eos: int | None, prompts: list[History]) -> None:
    for seed in range(5):
        frames = run("beam:k=5", Tree(seed), eos, 8, prompts)
        assert has_true_logprobs(seed, [h for frame in frames for h in frame.hypotheses], prompts)


@pytest.mark.parametrize("forgotten", PARTS)
def test_the_test_above_notices_any_part_that_does_not_heed_the_parents(
    forgotten: tuple[int, int],
) -> None:
    frames = run("beam:k=5", Tree(1, forgets=forgotten), None, 8)
    assert not has_true_logprobs(1, frames[-1].hypotheses, [()])


def test_prompts_of_different_fates_are_each_searched_as_if_alone() -> None:
    """Some prompts end early: their answers stay, and the others keep their states."""
    prompts: list[History] = [(), (1,), (2, 0), (0, 0, 1), (1, 2, 2)]
    num_steps = set()
    together = run("beam:k=3", Tree(4), EOS, 9, prompts)
    for number, prompt in enumerate(prompts):
        alone = run("beam:k=3", Tree(4), EOS, 9, [prompt])
        num_steps.add(len(alone))
        for i, frame in enumerate(together):
            mine = [figure[1:] for figure in figures(frame) if figure[0] == number]
            assert mine == [figure[1:] for figure in figures(alone[min(i, len(alone) - 1)])]
    assert len(num_steps) > 2
    assert len(together) == max(num_steps)


def test_scores_of_long_texts_do_not_drift_from_their_logprobs() -> None:
    random_V = np.log(np.random.default_rng(1).dirichlet(np.ones(V))).astype(np.float32)
    frames, _ = run_flat("beam:k=4", random_V, 300)
    for hypothesis in frames[-1].hypotheses:
        exact = math.fsum(hypothesis.token_logprobs())
        assert_close([hypothesis.score, hypothesis.logprob], [exact, exact], terms=300)


def test_a_text_of_thousands_of_tokens_is_spelled_out_at_the_end() -> None:
    """All hypotheses are created on one access: recursion would be too deep."""
    frames, _ = run_flat("beam:k=2", np.log([0.75, 0.25]), 5000)
    best, second = frames[-1].hypotheses
    assert best.tokens() == [0] * 5000
    assert sorted(second.tokens()) == [0] * 4999 + [1]
    assert_close(best.logprob, 5000 * math.log(0.75), terms=5000)


REORDERING = [
    "repetition=1.5", "presence=0.5", "frequency=0.5", "bias=b=-1", "temperature=0.5",
]  # fmt: skip
DROPPING = [
    "temperature=0.5,p=0.7",
    "top_k=3",
    "p=0.7",
    "min_p=0.1",
    "no_repeat=2",
    "ban=c",
    "eos=ban",
]


@pytest.mark.parametrize("option", REORDERING + DROPPING)
def test_by_itself_a_beam_ranks_by_the_filtered_probability_where_a_penalty_is_set(
    option: str,
) -> None:
    expected = "filtered" if option in REORDERING else "model"
    spec = parse_spec(f"beam:{option}")
    assert f"rank by {expected} probability" in spec.chain
    scores = {
        name: [
            [(h.tokens(), h.score) for h in run(f"beam:k=3,{option}{rank}", *search)[-1].hypotheses]
            for search in [(Tree(seed), EOS, 5, [()], "abcd") for seed in range(3)]
        ]
        for name, rank in [("auto", ""), ("model", ",rank=model"), ("filtered", ",rank=filtered")]
    }
    assert scores["auto"] == scores[expected]
    assert scores["model"] != scores["filtered"]


def test_the_chain_says_what_was_asked_for_where_the_ranking_is_named() -> None:
    assert "rank by model probability" in parse_spec("beam:repetition=2,rank=model").chain
    assert "rank by filtered probability" in parse_spec("beam:rank=filtered").chain


def test_options_are_frozen() -> None:
    options: Options = parse_spec("beam").options
    with pytest.raises(AttributeError, match="immutable"):
        options.last = 5

"""The stop criteria of a beam, stop strings and dead ends."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from rnnlab.decoding import Hypothesis, Prompt, SearchStart, parse_spec
from tests.toys.searches import (
    EOS,
    Array,
    History,
    Tree,
    answers,
    figures,
    given_up,
    no_chance,
    run,
    run_flat,
)

PENALTIES = ["length_penalty=0", "length_penalty=0.7", "length_penalty=2,penalty=wu"]
BOTH = ["p=0.9,rank=filtered", "repetition=1.4", "gap=1.5"]


# Stop criteria


@pytest.mark.parametrize("options", [*PENALTIES, *(f"length_penalty=1,{both}" for both in BOTH)])
def test_a_decided_search_has_the_answers_of_one_that_goes_on(options: str) -> None:
    """A total only falls, so that no live text could have entered the n best."""
    num_saved = 0
    for seed, (k, n) in itertools.product(range(12), [(1, 1), (2, 1), (4, 0), (5, 2)]):
        decided, never = (
            run(f"beam:k={k},n={n},{options},early={early}", Tree(seed), EOS, 9)
            for early in ("decided", "never")
        )
        assert figures(decided[-1]) == figures(never[-1])
        num_saved += len(never) - len(decided)
    assert num_saved > 0


def test_a_search_is_not_decided_while_a_live_text_can_still_win() -> None:
    """The next step may not lower the best live total at all: the stop criterion must allow it.

    The best live text of the frame before the last could have become a better answer.
    """
    for seed, penalty in itertools.product(range(20), (0.0, 1.0)):
        frames = run(f"beam:k=4,n=2,length_penalty={penalty}", Tree(seed), EOS, 9)
        for frame, following in itertools.pairwise(frames):
            ended = [h.score for h in frame.hypotheses if h.is_finished]
            live = max(h.logprob for h in following.expansions[0].hypotheses())
            assert len(ended) < 2 or live / 9**penalty > ended[1]


def test_a_full_search_ends_once_k_texts_have() -> None:
    num_full = 0
    for seed in range(20):
        *before, last = run("beam:k=3,early=full,length_penalty=3", Tree(seed), EOS, 12)
        assert not any(all(h.is_finished for h in frame.hypotheses) for frame in before)
        if last.last == "ended":
            num_full += 1
            assert [h.is_finished for h in last.hypotheses] == [True] * 3
            assert given_up(last, "k texts are finished")
            assert not given_up(last, "cannot win")
    assert num_full > 5


def test_a_full_search_counts_only_ends_among_the_k_best_candidates() -> None:
    """The end of `b` ranks third: with it two texts would be complete, and `a a` given up."""
    a, b, end = range(3)
    after_a = [[0.79, 0.01, 0.2], [0.05, 0.05, 0.9]]
    """After a first and a second `a`."""
    after_b = [0.3, 0.25, 0.45]

    def step(state: Array, parents_R: Array, tokens_R: Array) -> tuple[Array, Array]:
        lengths_R = state[parents_R] + 1
        pairs = zip(tokens_R.tolist(), lengths_R.tolist(), strict=True)
        rows = [after_a[length - 1] if token == a else after_b for token, length in pairs]
        return np.log(rows), lengths_R

    start = SearchStart(np.log([[0.6, 0.25, 0.15]]), np.zeros(1, int), end, [Prompt(())], ())
    spec = parse_spec("beam:k=2,early=full")
    *before, last = spec.decoder.search(step, start, spec.options, 3, no_chance(1))
    assert answers(last) == [(a, a, end), (a, end)]
    beyond = given_up(before[-1], "beyond the beam's width")
    assert (b, end) in [tuple(h.tokens()) for h in beyond]


def test_a_search_that_never_stops_early_writes_to_the_full_length() -> None:
    for seed in range(10):
        frames = run("beam:k=3,early=never", Tree(seed), EOS, 9)
        assert len(frames) == 9
        assert frames[-1].last == "length"


@pytest.mark.parametrize("early", ["decided", "never"])
def test_fewer_answers_than_hypotheses_are_the_best_of_them(early: str) -> None:
    for seed in range(10):
        spec = f"beam:k=5,early={early},length_penalty=1"
        five = figures(run(spec, Tree(seed), EOS, 7)[-1])
        for n in (1, 2, 4):
            assert figures(run(f"{spec},n={n}", Tree(seed), EOS, 7)[-1]) == five[:n]


def test_the_gap_gives_up_what_is_further_below_the_best() -> None:
    num_given_up = 0
    for seed in range(10):
        frames = run("beam:k=5,gap=1,length_penalty=1", Tree(seed), EOS, 6)
        for frame, following in itertools.pairwise(frames):
            best = frame.hypotheses[0].score
            live = following.expansions[0].hypotheses()
            far = given_up(frame, "more than 1 below the best")
            assert all(h.score >= best - 1 for h in live)
            assert all(h.score < best - 1 for h in far)
            num_given_up += len(far)
    assert num_given_up > 0


@pytest.mark.parametrize("option", ["", ",max_length=3"])
def test_a_search_is_as_long_as_it_was_told(option: str) -> None:
    frames = run(f"beam:k=3{option}", Tree(1), None, 5)
    assert len(frames) == (3 if option else 5)
    assert [frame.last for frame in frames] == [None] * (len(frames) - 1) + ["length"]
    assert {h.length for h in frames[-1].hypotheses} == {len(frames)}
    assert len(run("beam:k=3,max_length=9", Tree(1), None, 5)) == 5


def test_the_greatest_length_of_the_options_decides_what_a_live_text_can_come_to() -> None:
    """With a length penalty, the upper bound is lower if the maximum length is."""
    asked, options = (
        [
            len(run(f"beam:k=2,length_penalty=1{option}", Tree(seed), EOS, length))
            for seed in range(20)
        ]
        for option, length in (("", 5), (",max_length=5", 50))
    )
    assert options == asked
    assert min(asked) < 5


def test_a_search_gives_what_it_has_when_its_time_is_up() -> None:
    now = [100.0]
    tree = Tree(2)

    def slow_step(state: object, parents_R: Array, tokens_R: Array) -> tuple[Array, object]:
        now[0] += 1.0
        return tree.step(state, parents_R, tokens_R)  # type: ignore[arg-type]

    spec = parse_spec("beam:k=3,max_time=2.5")
    start = tree.start(None)._replace(clock=lambda: now[0])
    found = list(spec.decoder.search(slow_step, start, spec.options, 50, no_chance(1)))
    assert [frame.last for frame in found] == [None, None, None, "time"]
    assert figures(found[-1]) == figures(run("beam:k=3", Tree(2), None, 50)[3])


# Stop strings

PIECES = ["a", "b", ".", "!.", "?.", ".x.", "x.", "c"]


def test_many_ends_of_one_row_leave_the_beam_full_of_live_ones() -> None:
    """Tokens 2 to 6 all write the stop string and are the likeliest: thrice the width of ends."""
    log_probs_V = np.log([0.03, 0.02, 0.3, 0.2, 0.15, 0.15, 0.1, 0.05])
    frames, num_rows = run_flat('beam:k=2,stop=".",early=never', log_probs_V, 4, pieces=PIECES)
    assert num_rows == [2, 2, 2]
    assert [h.end for h in frames[-1].hypotheses] == ["stop", "stop"]
    for frame in frames:
        assert [h.tokens()[-1] for h in frame.hypotheses][:2] == [2, 3]
        for hypothesis in frame.expansions[0].hypotheses():
            assert set(hypothesis.tokens()) <= {0, 7}


def run_pieces(
    stop: str, tokens: list[int], pieces: list[str], prompt: list[int] | None = None
) -> Hypothesis:
    """Let a beam of one write given tokens until a stop string ends it."""
    table = np.full((len(tokens) + 1, len(pieces)), -math.inf)
    table[range(len(tokens)), tokens] = 0.0
    table[-1, 0] = 0.0

    def step(state: int, parents_R: Array, tokens_R: Array) -> tuple[Array, int]:
        return table[[min(state, len(tokens))] * len(tokens_R)], state + 1

    spec = parse_spec(f'beam:k=1,stop="{stop}"')
    start = SearchStart(table[:1], 1, None, [Prompt(prompt or [])], pieces)
    *_, last = spec.decoder.search(step, start, spec.options, 10, no_chance(1))
    return last.hypotheses[0]


@pytest.mark.parametrize(
    ("stop", "written", "num_tokens"),
    [
        ("b", "ab", 2),
        ("abc", "aabc", 4),  # over several tokens
        ("d|bc", "abcd", 3),  # whichever comes first
        ("ca", "a!cab", 3),  # within a piece that goes on
        ("aa", "a_a", 3),  # a silent token parts nothing
        ("aab", "aa___b", 6),
    ],
)
def test_a_text_ends_with_the_token_that_completes_a_stop_string(
    stop: str, written: str, num_tokens: int
) -> None:
    pieces = ["a", "b", "c", "d", "xcay", ""]
    tokens = ["abcd!_".index(letter) for letter in written]
    if "!" in written:
        tokens, num_tokens = [0, 4, 1], 2
    found = run_pieces(stop, tokens, pieces)
    assert (found.length, found.end, found.is_finished) == (num_tokens, "stop", True)


def test_a_stop_string_begun_in_the_prompt_is_not_one() -> None:
    found = run_pieces("ab", [1, 1, 0, 1], ["a", "b"], prompt=[0])
    assert found.tokens() == [1, 1, 0, 1]


def test_the_end_of_the_sentence_and_a_stop_string_are_told_apart() -> None:
    frames = run("beam:k=6,stop=b", Tree(1), EOS, 5, pieces=["a", "b", "c", ""])
    ends = {h.tokens()[-1]: h.end for h in frames[-1].hypotheses if h.is_finished}
    assert ends == {1: "stop", EOS: "eos"}


# Dead ends


def test_a_search_that_may_write_nothing_ends_with_the_empty_text() -> None:
    frames = run('beam:k=3,ban="a|b|c|d"', Tree(1), None, 5, pieces="abcd")
    assert [frame.last for frame in frames] == ["ended"]
    assert figures(frames[0]) == [(0, (), 0.0, 0.0, None)]


@pytest.mark.parametrize("prompts", [[()], [(), (1,), (0, 1, 2, 3)]])
def test_texts_that_nothing_can_follow_are_the_answers(prompts: list[History]) -> None:
    """No token may occur twice, including the prompt: after four there is none left."""
    frames = run("beam:k=3,no_repeat=1", Tree(1), None, 9, prompts)
    longest = 4 - min(map(len, prompts))
    assert len(frames) == longest + 1
    assert frames[-1].last == "ended"
    for number, prompt in enumerate(prompts):
        found = [h for h in frames[-1].hypotheses if h.prompt == number]
        assert len(found) == (3 if len(prompt) < 3 else 1)
        for hypothesis in found:
            assert sorted([*prompt, *hypothesis.tokens()]) == [0, 1, 2, 3]
            assert not hypothesis.is_finished
    assert len(answers(frames[-2])) == len(answers(frames[-1]))


def test_a_text_that_nothing_can_follow_gives_way_to_those_that_go_on() -> None:
    """No token can follow token 0, which is the most probable one."""
    table = np.log([[0.9, 0.1], [0.5, 0.5]])
    table[1, 0] = -math.inf

    def step(state: object, parents_R: Array, tokens_R: Array) -> tuple[Array, object]:
        rows = table[[1] * len(tokens_R)].copy()
        rows[tokens_R == 0] = -math.inf
        return rows, state

    spec = parse_spec("beam:k=2")
    start = SearchStart(table[:1], None, leaves_out=True)
    frames = list(spec.decoder.search(step, start, spec.options, 3, no_chance(1)))
    assert answers(frames[0]) == [(0,), (1,)]
    assert [h.tokens() for h in given_up(frames[1], "no token can follow")] == [[0]]
    assert answers(frames[-1]) == [(1, 1, 1)]

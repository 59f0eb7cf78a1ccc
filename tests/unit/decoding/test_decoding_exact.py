"""Exact search against brute force: the best text, the proof, and the upper bound without one.

Shapes: R rows, V tokens of the vocabulary.
"""

from __future__ import annotations

import itertools
import math
import re
from functools import cache

import numpy as np
import pytest

from rnnlab.decoding import Frame, Hypothesis, SearchStart, parse_spec
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
    no_chance,
    run,
    true_logprob,
)

PIECES = ["a", "b", "c", ""]
ROUNDED = 2 * V
"""Operations behind a token's filtered log-prob: a sum of V exponentials, and what follows."""


def nucleus(log_probs_V: Array, p: float) -> dict[int, float]:
    """Log-probs of the tokens in the nucleus, renormalised over it."""
    if p == 1:
        return dict(enumerate(log_probs_V.tolist()))
    kept: dict[int, float] = {}
    for token in np.argsort(-log_probs_V, kind="stable").tolist():
        if math.fsum(map(math.exp, kept.values())) >= p:
            break
        kept[token] = float(log_probs_V[token])
    mass = math.log(math.fsum(map(math.exp, kept.values())))
    return {token: gain - mass for token, gain in kept.items()}


@cache
def brute_force(
    seed: int,
    eos: int | None,
    length: int,
    prompt: History = (),
    p: float = 1.0,
    *,
    by_model: bool = True,
    stop: str = "",
) -> tuple[History, float]:
    """The most probable of all texts, with its log-prob."""
    found: list[tuple[History, float]] = []
    growing: list[tuple[History, float]] = [((), 0.0)]
    while growing:
        tokens, total = growing.pop()
        text = "".join(PIECES[token] for token in tokens)
        if tokens[-1:] == (eos,) or len(tokens) == length or (stop and stop in text):
            found.append((tokens, total))
            continue
        log_probs_V = after(seed, (*prompt, *tokens))
        for token, gain in nucleus(log_probs_V, p).items():
            growing.append(
                ((*tokens, token), total + (float(log_probs_V[token]) if by_model else gain))
            )
    return max(found, key=lambda text: text[1])


def highest(note: str) -> float:
    found = re.search(r"no text has a log-prob above (\S+) nats", note)
    assert found
    return float(found[1])


def check(frames: list[Frame], expected: tuple[History, float]) -> None:
    (text,) = frames[-1].hypotheses
    assert tuple(text.tokens()) == expected[0]
    assert_close(text.score, expected[1], terms=ROUNDED * text.length)
    assert frames[-1].note(0).startswith("proved to be the most probable text")


@pytest.mark.parametrize("eos", [EOS, None])
@pytest.mark.parametrize("first", ["k=1", "k=10", "bound=greedy"])
def test_it_finds_what_brute_force_finds(eos: int | None, first: str) -> None:
    num_better = 0
    for seed in range(25):
        frames = run(f"exact:{first}", Tree(seed), eos, 5)
        check(frames, brute_force(seed, eos, 5))
        num_better += answers(frames[-1]) != answers(run("greedy", Tree(seed), eos, 5)[-1])
    assert num_better > 3


@pytest.mark.parametrize("eos", [EOS, None])
@pytest.mark.parametrize("p", [0.5, 0.8])
@pytest.mark.parametrize("rank", ["model", "filtered"])
def test_it_finds_the_best_of_what_filters_leave(eos: int | None, p: float, rank: str) -> None:
    for seed in range(15):
        expected = brute_force(seed, eos, 5, p=p, by_model=rank == "model")
        frames = run(f"exact:p={p},rank={rank},bound=greedy", Tree(seed), eos, 5)
        check(frames, expected)
        (text,) = frames[-1].hypotheses
        assert_close(text.logprob, true_logprob(seed, expected[0]), terms=text.length)


@pytest.mark.parametrize(("rank", "best"), [("model", (0, 0)), ("filtered", (1, 0))])
def test_the_two_rankings_can_disagree(rank: str, best: History) -> None:
    """After 0 the nucleus is wide and shares its mass; after 1 it is a single token.

    By the model 0.5 x 0.65 beats 0.4 x 0.8; within the nuclei (p = 0.79) 5/9 x 13/17 loses to 4/9.
    """
    rows = np.log([[0.65, 0.15, 0.20], [0.80, 0.10, 0.10], [0.4, 0.3, 0.3]])

    def step(state: None, parents_R: Array, tokens_R: Array) -> tuple[Array, None]:
        return rows[tokens_R], None

    spec = parse_spec(f"exact:p=0.79,bound=greedy,rank={rank}")
    start = SearchStart(np.log([[0.5, 0.4, 0.1]]), None)
    *_, last = spec.decoder.search(step, start, spec.options, 2, no_chance(1))
    assert answers(last) == [best]


def test_a_stop_string_completes_a_text() -> None:
    num_stopped = 0
    for seed in range(15):
        frames = run("exact:stop=ab,k=1", Tree(seed), EOS, 5, pieces=PIECES)
        check(frames, brute_force(seed, EOS, 5, stop="ab"))
        num_stopped += frames[-1].hypotheses[0].end == "stop"
    assert num_stopped > 1


def test_a_tree_of_more_rows_than_a_step_reads_is_searched_whole() -> None:
    """All tokens are about equally probable, so that hardly any text can be pruned."""

    def after_flat(history: History) -> Array:
        logits = 0.05 * after(1, history)
        found: Array = logits - np.log(np.exp(logits).sum())
        return found

    histories: list[History] = [()]

    def step(state: list[History], parents_R: Array, tokens_R: Array) -> tuple[Array, object]:
        pairs = zip(parents_R.tolist(), tokens_R.tolist(), strict=True)
        read = [(*state[parent], token) for parent, token in pairs]
        num_rows.append(len(read))
        return np.stack([after_flat(history) for history in read]), read

    num_rows: list[int] = []
    spec = parse_spec("exact:bound=greedy")
    start = SearchStart(after_flat(())[None], histories)
    *_, last = spec.decoder.search(step, start, spec.options, 5, no_chance(1))
    expected = max(
        (math.fsum(float(after_flat(t[:i])[t[i]]) for i in range(5)), t)
        for t in itertools.product(range(V), repeat=5)
    )
    assert answers(last) == [expected[1]]
    assert_close(last.hypotheses[0].score, expected[0], terms=5)
    assert last.note(0) == "proved to be the most probable text of 5 tokens"
    assert 100 < sum(num_rows) <= 4 + 16 + 64 + 256 + 4
    assert 8 < max(num_rows) < 100


def test_what_cannot_win_is_not_read() -> None:
    num_read = 0
    for seed in range(10):
        tree = Tree(seed)
        run("exact:k=5", tree, None, 6)
        num_read += sum(map(len, tree.rows_read))
    assert num_read < 10 * 400  # of 4 + 16 + 64 + 256 + 1024 each


@pytest.mark.parametrize("budget", [0, 1, 7])
def test_what_a_budget_leaves_open_bounds_every_text(budget: int) -> None:
    num_unproved = num_wrong = 0
    for seed in range(12):
        tree, greedy = Tree(seed), Tree(seed)
        *_, last = run(f"exact:bound=greedy,budget={budget}", tree, None, 6)
        run("beam:k=1", greedy, None, 6)
        num_read = sum(map(len, tree.rows_read)) - sum(map(len, greedy.rows_read))
        assert num_read <= budget
        (text,) = last.hypotheses
        best, logprob = brute_force(seed, None, 6)
        if last.note(0).startswith("proved"):
            assert tuple(text.tokens()) == best
            continue
        assert num_read == budget
        assert last.note(0).startswith(f"budget of {budget} rows ran out: not proved; no text has")
        assert logprob <= highest(last.note(0))
        assert text.score <= highest(last.note(0))
        num_unproved += 1
        num_wrong += tuple(text.tokens()) != best
    assert num_unproved > 3
    assert num_wrong > 0


def test_a_greater_budget_narrows_the_bound() -> None:
    seed = 0
    notes = [
        run(f"exact:bound=greedy,budget={budget}", Tree(seed), None, 12)[-1].note(0)
        for budget in (0, 4, 60)
    ]
    bounds = list(map(highest, notes))
    assert bounds[0] > bounds[1] > bounds[2]
    # Before any row is read, the bound is the log-prob of the first token.
    first = float(after(seed, ()).max())
    assert first <= bounds[0] <= first + 1.001e-4


def test_frames_show_the_best_so_far_which_only_gets_better() -> None:
    for seed in range(10):
        frames = run("exact:bound=greedy", Tree(seed), EOS, 6)
        num_first = len(run("beam:k=1", Tree(seed), EOS, 6))
        scores = [frame.hypotheses[0].score for frame in frames[num_first - 1 :]]
        assert scores == sorted(scores)
        assert [frame.is_last for frame in frames] == [False] * (len(frames) - 1) + [True]
        assert not any(frame.notes for frame in frames[:-1])


def test_every_text_that_is_read_goes_on_from_one_that_was_seen() -> None:
    """So that a trace can follow it back, whichever prompt is searched."""
    seen: set[Hypothesis] = set()
    num_checked = 0
    for frame in run("exact:bound=greedy", Tree(3), EOS, 7, [(), (1, 1), (2, 0)]):
        for expansion in frame.expansions:
            for hypothesis in expansion.hypotheses():
                assert hypothesis.parent is None or hypothesis.parent in seen
                num_checked += hypothesis.parent is not None
        seen.update(h for expansion in frame.expansions for h in expansion.hypotheses())
    assert num_checked > 10


def test_frames_hold_what_was_read_and_what_was_cut() -> None:
    frames = run("exact:bound=greedy", Tree(3), None, 7)
    num_first = 7
    cut = 0
    for frame in frames[num_first:]:
        (expansion,) = frame.expansions
        hypotheses = expansion.hypotheses()
        for row, hypothesis in enumerate(hypotheses):
            expected = after(3, tuple(hypothesis.tokens()))
            np.testing.assert_array_equal(expansion.log_probs_RV[row], expected)
        for choose, reason in frame.pruned:
            assert reason == "no better text begins like this"
            assert all(h.parent in hypotheses for h in choose())
            assert all(h.score < frame.hypotheses[0].score for h in choose())
            cut += len(choose())
    assert len(frames) > num_first
    assert cut > 10


@pytest.mark.parametrize("eos", [EOS, None])
def test_prompts_are_searched_as_if_alone(eos: int | None) -> None:
    prompts: list[History] = [(0, 1), (2,), (), (1, 1, 0)]
    *_, last = run("exact:bound=greedy", Tree(6), eos, 5, prompts)
    expected = [brute_force(6, eos, 5, prompt)[0] for prompt in prompts]
    assert answers(last) == expected
    assert [h.prompt for h in last.hypotheses] == [0, 1, 2, 3]
    assert (
        last.note(0)
        == f"proved to be the most probable text of {'' if eos is None else 'at most '}5 tokens"
    )


def test_a_note_tells_prompts_apart_where_they_differ() -> None:
    notes: set[str] = set()
    for seed in range(10):
        *_, last = run("exact:bound=greedy,budget=8", Tree(seed), None, 5, [(0,), (1,)])
        alone = [
            run("exact:bound=greedy,budget=8", Tree(seed), None, 5, [prompt])[-1].note(0)
            for prompt in [(0,), (1,)]
        ]
        assert last.notes == alone
        notes.update(note.partition(" ")[0] for note in alone)
    assert notes == {"proved", "budget"}


@pytest.mark.parametrize("forgets", [None, *PARTS])
def test_the_state_follows_its_hypothesis(forgets: tuple[int, int] | None) -> None:
    is_right = []
    for seed in range(4):
        for frame in run("exact:bound=greedy", Tree(seed, forgets), None, 6, [(0,), (1, 2)]):
            for expansion in frame.expansions:
                for row, h in enumerate(expansion.hypotheses()):
                    read = (*[(0,), (1, 2)][h.prompt], *h.tokens())
                    is_right.append(np.array_equal(expansion.log_probs_RV[row], after(seed, read)))
    assert all(is_right) == (forgets is None)


def test_the_search_gives_its_best_when_time_is_up() -> None:
    prompts: list[History] = [(0,), (1,)]
    *_, last = run("exact:max_time=0.000001", Tree(1), None, 6, prompts)
    assert last.last == "time"
    assert [h.prompt for h in last.hypotheses] == [0, 1]
    for number, prompt in enumerate(prompts):
        note = last.note(number)
        assert "time ran out: not proved" in note
        assert brute_force(1, None, 6, prompt)[1] <= highest(note)


@pytest.mark.parametrize("is_dead_from_the_start", [True, False])
def test_a_tree_in_which_no_text_is_complete_says_so(is_dead_from_the_start: bool) -> None:
    nothing_V = np.full(V, -math.inf)

    def step(state: None, parents_R: Array, tokens_R: Array) -> tuple[Array, None]:
        return np.tile(nothing_V, (len(tokens_R), 1)), None

    spec = parse_spec("exact")
    first_V = nothing_V if is_dead_from_the_start else np.log(np.full(V, 1 / V))
    *_, last = spec.decoder.search(
        step, SearchStart(first_V[None], None), spec.options, 3, no_chance(1)
    )
    (text,) = last.hypotheses
    assert text.length == (0 if is_dead_from_the_start else 1)
    assert last.note(0) == "proved that no text of 3 tokens is possible"
    assert last.last == "ended"


def test_a_first_text_that_nothing_can_beat_ends_the_search_at_once() -> None:
    sure_V = np.array([-math.inf, -math.inf, -math.inf, 0.0])

    def step(state: None, parents_R: Array, tokens_R: Array) -> tuple[Array, None]:
        raise AssertionError("there is nothing to read")

    spec = parse_spec("exact")
    frames = list(
        spec.decoder.search(
            step, SearchStart(sure_V[None], None, EOS), spec.options, 9, no_chance(1)
        )
    )
    assert list(map(answers, frames)) == [[(EOS,)]]
    assert frames[0].note(0) == "proved to be the most probable text of at most 9 tokens"


def test_the_chain_names_bound_and_budget() -> None:
    spec = parse_spec("exact:budget=1_000")
    assert spec.chain == [
        "first text: beam k=10",
        "branch and bound by model probability",
        "budget=1000",
    ]
    greedy = parse_spec("exact:bound=greedy,repetition=1.5")
    assert greedy.options.search_chain()[:2] == [
        "first text: greedy",
        "branch and bound by filtered probability",
    ]
    assert spec.options.num_answers() == 1
    assert not spec.decoder.is_random

"""Contrastive search against a naive one that reads the whole text for every candidate.

Shapes: R rows, T tokens read, F features, V tokens of the vocabulary.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest

from rnnlab.base.errors import BadInputError
from rnnlab.decoding import Frame, Prompt, SearchStart, parse_spec
from tests.toys.numeric import assert_close
from tests.toys.searches import (
    EOS,
    PARTS,
    Array,
    History,
    State,
    Tree,
    V,
    after,
    answers,
    figures,
    is_true_logprob,
    no_chance,
    run,
)

PROMPTS: list[History] = [(0, 1), (2,), (), (1, 1, 0)]
ROUNDED = 8
"""Operations behind a candidate's value: a cosine of three features, a probability, a sum."""


def features_of(history: History) -> list[float]:
    """Features of the last token, which only depend on the token before it: texts repeat."""
    chance = random.Random(f"features {history[-2:]}")
    return [chance.gauss(0, 1) for _ in range(3)]


class Seen(Tree):
    """A tree with features."""

    def begin(self, eos: int | None, prompts: Sequence[History]) -> SearchStart:
        read = [
            Prompt(prompt, np.array([features_of(prompt[: i + 1]) for i in range(len(prompt))]))
            for prompt in prompts
        ]
        start = self.start(eos, prompts)
        return start._replace(prompts=read, features=self.features)

    def features(self, state: State) -> Array:
        numbers = state[0][0][:, 0].tolist()
        return np.array([features_of(self.histories[number]) for number in numbers])


def search(
    spec: str, tree: Seen, eos: int | None = EOS, length: int = 8, prompts: list[History] = PROMPTS
) -> list[Frame]:
    parsed = parse_spec(spec)
    start = tree.begin(eos, prompts)
    generators = no_chance(len(prompts))
    return list(parsed.decoder.search(tree.step, start, parsed.options, length, generators))


def cosine(a: list[float], b: list[float]) -> float:
    product = math.fsum(x * y for x, y in zip(a, b, strict=True))
    return product / math.hypot(*a) / math.hypot(*b)


def naive(
    seed: int, prompt: History, eos: int | None, length: int, k: int, alpha: float
) -> tuple[History, float]:
    tokens: History = ()
    score = 0.0
    while len(tokens) < length and tokens[-1:] != (eos,):
        read = (*prompt, *tokens)
        earlier = [features_of(read[: i + 1]) for i in range(len(read))]
        probs = np.exp(after(seed, read)).tolist()
        values = {}
        for token in sorted(sorted(range(V), key=lambda token: -probs[token])[:k]):
            now = features_of((*read, token))
            similarity = max((cosine(now, one) for one in earlier), default=0.0)
            values[token] = (1 - alpha) * probs[token] - alpha * similarity
        best = max(values, key=lambda token: values[token])
        tokens, score = (*tokens, best), score + values[best]
    return tokens, score


@pytest.mark.parametrize("eos", [EOS, None])
@pytest.mark.parametrize(("k", "alpha"), [(2, 0.3), (3, 0.6), (V, 0.9), (10, 0.95)])
def test_it_writes_what_a_naive_one_writes(eos: int | None, k: int, alpha: float) -> None:
    num_changed = 0
    for seed in range(10):
        *_, last = search(f"contrastive:k={k},alpha={alpha}", Seen(seed), eos)
        expected = [naive(seed, prompt, eos, 8, k, alpha) for prompt in PROMPTS]
        assert answers(last) == [tokens for tokens, _ in expected]
        scores = [h.score for h in last.hypotheses]
        assert_close(scores, [score for _, score in expected], terms=8 * ROUNDED)
        num_changed += answers(last) != answers(run("greedy", Tree(seed), eos, 8, PROMPTS)[-1])
    assert num_changed > 2


@pytest.mark.parametrize("options", ["alpha=0", "k=1,alpha=0.9", "p=0.001,alpha=0.9"])
def test_without_a_penalty_or_a_choice_it_is_greedy(options: str) -> None:
    for seed in range(5):
        found = search(f"contrastive:{options}", Seen(seed))
        greedy = run("greedy", Tree(seed), EOS, 8, PROMPTS)
        assert list(map(answers, found)) == list(map(answers, greedy))
        assert [frame.last for frame in found] == [frame.last for frame in greedy]


def test_the_first_token_after_no_prompt_is_the_most_probable() -> None:
    for seed in range(10):
        frames = search("contrastive:k=4,alpha=0.9", Seen(seed), prompts=[()])
        assert answers(frames[0]) == [(int(after(seed, ()).argmax()),)]


def test_one_model_step_a_token_reads_all_candidates_of_all_texts() -> None:
    tree = Seen(3)
    frames = search("contrastive:k=3", tree, eos=None, length=5)
    assert [len(tokens) for tokens in tree.rows_read] == [3 * len(PROMPTS)] * 5
    for frame, read in zip(frames, tree.rows_read, strict=True):
        chosen = [h.tokens()[-1] for h in frame.hypotheses]
        given_up = [h.tokens()[-1] for choose, _ in frame.pruned for h in choose()]
        assert sorted(read) == sorted([*chosen, *given_up])


def test_candidates_not_taken_are_given_up_with_their_value_and_why() -> None:
    frames = search("contrastive:k=3,alpha=0.5", Seen(1), prompts=PROMPTS[:1])
    for before, frame in pairwise(frames):
        (best,) = frame.hypotheses
        assert len(frame.pruned) == 2
        for choose, reason in frame.pruned:
            (other,) = choose()
            assert other.parent is before.hypotheses[0] is best.parent
            assert other.score < best.score
            p, similarity = (float(part.partition("=")[2]) for part in reason.split(","))
            assert p == pytest.approx(math.exp(other.token_logprob), rel=0.01)
            value = other.score - before.hypotheses[0].score
            assert 0.5 * p - 0.5 * similarity == pytest.approx(value, abs=0.01)


@pytest.mark.parametrize("forgets", [None, *PARTS])
def test_the_state_follows_its_text(forgets: tuple[int, int] | None) -> None:
    is_right = []
    for seed in range(3):
        frames = search("contrastive:k=3", Seen(seed, forgets))
        is_right += [is_true_logprob(seed, h, PROMPTS[h.prompt]) for h in frames[-1].hypotheses]
    assert all(is_right) == (forgets is None)


def test_a_long_text_compares_with_all_of_its_past() -> None:
    """The memory grows beyond its first rows, and holds all of a prompt longer than these."""
    long: History = tuple(random.Random(1).choices(range(3), k=40))
    for prompt in ((), long):
        *_, last = search("contrastive:k=3", Seen(2), None, 70, [prompt])
        expected, score = naive(2, prompt, None, 70, 3, 0.6)
        assert answers(last) == [expected]
        assert_close(last.hypotheses[0].score, score, terms=70 * ROUNDED)


def test_the_lowest_of_equal_candidates_is_taken() -> None:
    equal_V = np.log(np.full(V, 1 / V))
    # Of length 1: no product is rounded, whatever the order in which a BLAS takes the rows.
    same = Prompt((0,), np.array([[1.0, 0.0]], np.float32))

    def step(state: int, parents_R: Array, tokens_R: Array) -> tuple[Array, int]:
        return np.tile(equal_V, (len(tokens_R), 1)), len(tokens_R)

    spec = parse_spec("contrastive:k=3")
    start = SearchStart(
        equal_V[None], 1, None, [same], features=lambda num: np.tile([1.0, 0.0], (num, 1))
    )
    *_, last = spec.decoder.search(step, start, spec.options, 3, no_chance(1))
    assert answers(last) == [(0, 0, 0)]
    assert_close(last.hypotheses[0].score, 3 * (0.4 / V - 0.6), terms=3 * ROUNDED)


def test_the_lowest_of_equal_values_is_taken_though_another_is_more_probable() -> None:
    """With all weight on similarity and an empty text, the value of both candidates is 0."""
    tree = Seen(1)
    start = tree.begin(None, [()])._replace(log_probs_PV=np.log([[0.2, 0.3, 0.1, 0.4]]))
    spec = parse_spec("contrastive:k=2,alpha=1")
    (only,) = spec.decoder.search(tree.step, start, spec.options, 1, no_chance(1))
    assert answers(only) == [(1,)]


def test_features_of_zero_are_like_nothing() -> None:
    tree = Seen(1)
    start = tree.begin(EOS, [(0,)])._replace(
        prompts=[Prompt((0,), np.zeros((1, 3)))],
        features=lambda state: np.zeros((len(state[0][0]), 3)),
    )
    spec = parse_spec("contrastive:k=3,alpha=0.9")
    *_, last = spec.decoder.search(tree.step, start, spec.options, 6, no_chance(1))
    assert answers(last) == answers(run("greedy", Tree(1), EOS, 6, [(0,)])[-1])


def test_a_text_that_cannot_go_on_is_left_as_it_is() -> None:
    spec = parse_spec("contrastive:k=2")
    tree = Seen(5)
    start = tree.begin(None, [(0,), (1,)])
    dead_PV = start.log_probs_PV.copy()
    dead_PV[0] = -math.inf
    start = start._replace(log_probs_PV=dead_PV)
    filtered = parse_spec("contrastive:k=2,p=0.99")
    for one in (spec, filtered):
        frames = list(one.decoder.search(tree.step, start, one.options, 4, no_chance(2)))
        assert [h.length for h in frames[-1].hypotheses] == [0, 4]
    both = start._replace(log_probs_PV=np.full((2, V), -math.inf))
    (only,) = spec.decoder.search(tree.step, both, spec.options, 4, no_chance(2))
    assert [h.length for h in only.hypotheses] == [0, 0]
    assert only.last == "ended"


def test_a_model_without_features_is_refused() -> None:
    spec = parse_spec("contrastive")
    tree = Tree(1)
    with pytest.raises(BadInputError, match="top layer"):
        next(spec.decoder.search(tree.step, tree.start(EOS), spec.options, 5, no_chance(1)))
    assert spec.decoder.needs_features


def test_a_frame_stays_as_it_was() -> None:
    tree = Seen(4)
    parsed = parse_spec("contrastive")
    start = tree.begin(EOS, PROMPTS)
    kept, seen = [], []
    for frame in parsed.decoder.search(tree.step, start, parsed.options, 8, no_chance(4)):
        kept.append(frame)
        seen.append(figures(frame))
    assert [figures(frame) for frame in kept] == seen


def test_the_chain_names_candidates_and_penalty() -> None:
    spec = parse_spec("contrastive:k=4,top_k=2")
    assert spec.chain == ["top-k=2", "contrastive k=4 alpha=0.6"]
    assert not spec.decoder.is_random
    assert spec.options.num_answers() == 1

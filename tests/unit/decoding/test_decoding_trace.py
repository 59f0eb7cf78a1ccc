"""A trace lists the distributions of a search, what it kept, and what it pruned and why.

Shapes: R rows, V tokens of the vocabulary.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from rnnlab.base import registry
from rnnlab.decoding import (
    Frame,
    Prompt,
    SearchStart,
    TracedHypothesis,
    TracedStep,
    Tracer,
    grow_tree,
    parse_spec,
)
from tests.toys.numeric import assert_close

Array = npt.NDArray[Any]
NAMES = "abcd$"
V, EOS = 5, 4
SPECS = [
    *registry.names("decoding"),
    "beam:k=3,n=2",
    "beam:k=4,p=0.8,temperature=0.7",
    "sample:no_repeat=1,eos=ban",
    "greedy:prefix=cab",
    'beam:k=3,stop="ab|d"',
]


def log_table(seed: int = 1) -> Array:
    """Log-probs [V, V] of the next token after each; some are impossible."""
    logits_VV = 1.5 * np.random.default_rng(seed).normal(size=(V, V))
    logits_VV[1, 2] = -np.inf
    found: Array = logits_VV - np.log(np.exp(logits_VV).sum(-1, keepdims=True))
    return found


TABLE = log_table()


def step(state: Array, parents_R: Array, tokens_R: Array) -> tuple[Array, Array]:
    assert (parents_R < len(state)).all()
    return TABLE[tokens_R], tokens_R


def features(state: Array) -> Array:
    found: Array = np.cos(np.outer(state + 1.0, [1.0, 2.0, 3.0]))
    return found


def start_of(prompts: list[int], eos: int | None = EOS) -> SearchStart:
    read = [Prompt([token], features(np.array([token]))) for token in prompts]
    pieces = [*NAMES[:EOS], ""] if eos is not None else [*NAMES]
    return SearchStart(TABLE[prompts], np.array(prompts), eos, read, pieces, features)


def search(
    spec: str, length: int = 6, prompts: list[int] | None = None, eos: int | None = EOS
) -> tuple[list[Frame], list[TracedStep], SearchStart]:
    """Search; return the frames, and the trace with its start. Each search runs once."""
    return recorded(spec, length, tuple(prompts or [0]), eos)


@cache
def recorded(
    spec: str, length: int, prompts: tuple[int, ...], eos: int | None
) -> tuple[list[Frame], list[TracedStep], SearchStart]:
    parsed = parse_spec(spec)
    start = start_of(list(prompts), eos)
    chance = [np.random.default_rng(row) for row in range(len(start.prompts))]
    frames = list(parsed.decoder.search(step, start, parsed.options, length, chance))
    tracer = Tracer(parsed.options, start, NAMES, length)
    steps = [step for frame in frames for step in tracer.add(frame)]
    return frames, steps, start


def by_id(steps: list[TracedStep]) -> dict[int, TracedHypothesis]:
    return {h.id: h for step in steps for h in step.hypotheses}


def text(node: int, made: dict[int, TracedHypothesis]) -> str:
    letters = ""
    while node:
        letters, node = made[node].token + letters, made[node].parent
    return letters


@pytest.mark.parametrize("prompts", [[0], [2, 0, 1]])
@pytest.mark.parametrize("spec", SPECS)
class TestEveryDecoder:
    def test_ids_are_unique_and_parents_come_before(self, spec: str, prompts: list[int]) -> None:
        _, steps, _ = search(spec, prompts=prompts)
        known = {0}
        for step in steps:
            for hypothesis in step.hypotheses:
                assert hypothesis.id not in known
                assert hypothesis.parent in known
                assert hypothesis.parent < hypothesis.id
                known.add(hypothesis.id)
            assert {row.id for row in step.rows} <= known

    def test_the_answers_are_the_last_frames(self, spec: str, prompts: list[int]) -> None:
        frames, steps, _ = search(spec, prompts=prompts)
        made = by_id(steps)
        for prompt in range(len(prompts)):
            (last,) = [step for step in steps if step.prompt == prompt and step.last]
            assert last is [step for step in steps if step.prompt == prompt][-1]
            mine = [h for h in frames[-1].hypotheses if h.prompt == prompt]
            texts = ["".join(NAMES[t] for t in h.tokens()) for h in mine]
            assert [text(answer.id, made) for answer in last.answers] == texts
            for answer, hypothesis in zip(last.answers, mine, strict=True):
                assert (answer.end in {"eos", "stop"}) == hypothesis.is_finished
                node, total = answer.id, 0.0
                while node:
                    total += made[node].token_logprob
                    node = made[node].parent
                assert_close(total, hypothesis.logprob, terms=6)  # tokens
                if answer.id:
                    assert made[answer.id].logprob == hypothesis.logprob
                    assert made[answer.id].score == hypothesis.score

    def test_what_was_kept_is_what_the_next_step_extends(
        self, spec: str, prompts: list[int]
    ) -> None:
        if spec == "exact":
            pytest.skip("it goes on from wherever it left off")
        _, steps, _ = search(spec, prompts=prompts)
        for prompt in range(len(prompts)):
            mine = [step for step in steps if step.prompt == prompt]
            assert [row.id for row in mine[0].rows] in ([0], [])  # a prefix may not be possible
            for now, following in pairwise(mine):
                if following.rows:
                    kept = {h.id for h in now.hypotheses if h.fate == "kept"}
                    assert kept == {row.id for row in following.rows}

    def test_figures_are_the_chains_own(self, spec: str, prompts: list[int]) -> None:
        _, steps, _ = search(spec, prompts=prompts)
        made = by_id(steps)
        for step in steps:
            for row in step.rows:
                last = made[row.id].token if row.id else NAMES[prompts[step.prompt]]
                own_V = TABLE[NAMES.index(last)]
                possible = [p for p in own_V.tolist() if p > -math.inf]
                entropy = -sum(p * math.exp(p) for p in possible)
                assert_close(row.entropy_nats, entropy, terms=V)
                shown = [token.token for token in row.tokens]
                assert len(shown) == len(set(shown)) == len(possible)
                logprobs = [token.logprob for token in row.tokens]
                assert logprobs == [own_V[NAMES.index(token)] for token in shown]
                assert logprobs == sorted(logprobs, reverse=True)
                left = [t.filtered_logprob for t in row.tokens if t.filtered_logprob is not None]
                assert row.num_left == len(left)
                assert_close(sum(map(math.exp, left)), 1.0, terms=2 * V)
                naive = -sum(p * math.exp(p) for p in left)
                assert_close(row.filtered_entropy_nats, naive, terms=2 * V)
            for hypothesis in step.hypotheses:
                before = made[hypothesis.parent].token if hypothesis.parent else None
                last = before or NAMES[prompts[step.prompt]]
                own = TABLE[NAMES.index(last), NAMES.index(hypothesis.token)]
                assert hypothesis.token_logprob == own

    def test_fates_of_tokens_and_hypotheses_agree(self, spec: str, prompts: list[int]) -> None:
        _, steps, _ = search(spec, prompts=prompts)
        for step in steps:
            fates = {(h.parent, h.token): h.fate for h in step.hypotheses}
            assert all(
                (fate == "eos") == (token == "$")
                for (_, token), fate in fates.items()
                if fate in {"eos", "kept", "stop"}
            )
            for row in step.rows:
                for token in row.tokens:
                    if token.filtered_logprob is None:
                        assert token.fate.startswith("dropped by ")
                    elif (row.id, token.token) in fates:
                        assert token.fate == fates[row.id, token.token]
                    elif spec != "exact":
                        assert token.fate == "not taken"

    def test_its_tree_has_the_answers_for_leaves(self, spec: str, prompts: list[int]) -> None:
        frames, steps, _ = search(spec, prompts=prompts)
        for prompt in range(len(prompts)):
            found = []
            growing = [(grow_tree([s for s in steps if s.prompt == prompt]), "")]
            while growing:
                branch, before = growing.pop()
                letters = before + "".join(branch.tokens)
                if branch.fate and branch.is_alive:
                    found.append((letters, branch.logprob))
                growing += [(below, letters) for below in branch.branches]
            mine = [h for h in frames[-1].hypotheses if h.prompt == prompt]
            texts = [("".join(NAMES[t] for t in h.tokens()), h.logprob) for h in mine]
            assert sorted(found) == sorted(texts)

    def test_it_is_json_without_a_number_that_json_has_not(
        self, spec: str, prompts: list[int]
    ) -> None:
        _, steps, _ = search(spec, prompts=prompts)
        for step in steps:
            line = json.dumps(asdict(step), allow_nan=False)
            assert json.loads(line)["answers"] == [asdict(answer) for answer in step.answers]


def test_a_trace_needs_every_frame_and_gives_nothing_too_early() -> None:
    parsed = parse_spec("beam:k=2")
    start = start_of([0])
    tracer = Tracer(parsed.options, start, NAMES, 4)
    frames = list(parsed.decoder.search(step, start, parsed.options, 4, []))
    assert [len(tracer.add(frame)) for frame in frames] == [0, *[1] * (len(frames) - 2), 2]


def test_the_filter_that_dropped_a_token_is_named() -> None:
    _, steps, _ = search("greedy:ban=a,top_k=3,p=0.5,min_length=2", length=1)
    (row,) = steps[0].rows
    best_first = ["".join(NAMES[i]) for i in np.argsort(-TABLE[0])]
    fates = {token.token: token.fate for token in row.tokens}
    assert fates["a"] == "dropped by ban"
    assert fates["$"] == "dropped by min-length"
    left = [token for token in best_first if token not in "a$"]
    assert fates[left[0]] == "kept"
    assert {fates[token] for token in left[1:]} <= {"dropped by top-p", "not taken"}
    _, steps, _ = search("greedy:top_k=2,p=0.5", length=1)
    fates = {token.token: token.fate for token in steps[0].rows[0].tokens}
    assert {fates[token] for token in best_first[2:]} == {"dropped by top-k"}
    assert fates[best_first[1]] in {"dropped by top-p", "not taken"}
    _, steps, _ = search("greedy:p=0.01", length=1)
    fates = {token.token: token.fate for token in steps[0].rows[0].tokens}
    assert [fates[token] for token in best_first] == ["eos", *["dropped by top-p"] * 4]


def test_what_falls_off_the_beam_says_so() -> None:
    _, steps, _ = search("beam:k=2,early=never", length=3)
    fates = [h.fate for step in steps for h in step.hypotheses]
    assert set(fates) == {"kept", "eos", "beyond the beam's width"}
    for step in steps:
        kept = [h.score for h in step.hypotheses if h.fate == "kept"]
        behind = [h.score for h in step.hypotheses if h.fate == "beyond the beam's width"]
        assert behind
        assert min(kept) >= max(behind)


def test_why_a_text_ends_is_told() -> None:
    ends = {
        'greedy:stop="a|b|c|d|$",eos=ban': "stop",
        "greedy:eos=ban": "length",
        "greedy:eos=ban,no_repeat=1": "stuck",
        "greedy:eos=ban,max_time=1e-9": "time",
        "beam:k=1,min_length=2,early=never": "eos",
    }
    for spec, end in ends.items():
        _, steps, _ = search(spec, length=6)
        assert steps[-1].answers[0].end == end, spec


def test_a_text_without_any_token_is_the_root() -> None:
    _, steps, _ = search('sample:prefix="%"', prompts=[0, 1])
    assert [(s.prompt, s.rows, s.hypotheses) for s in steps] == [(0, [], []), (1, [], [])]
    assert [[(a.id, a.end) for a in s.answers] for s in steps] == [[(0, "stuck")]] * 2


def test_a_prompt_that_ended_earlier_has_a_last_step_without_rows() -> None:
    _, steps, _ = search("greedy", length=4, prompts=[0, 2])
    first, second = ([step for step in steps if step.prompt == prompt] for prompt in (0, 1))
    assert [answer.end for answer in first[-1].answers] == ["eos"]
    assert (len(first), first[-1].rows, first[-1].hypotheses) == (2, [], [])
    assert len(second) > 2
    assert all(step.rows for step in second)
    for mine in (first, second):
        assert [bool(step.last) for step in mine] == [False] * (len(mine) - 1) + [True]


def test_of_a_large_vocabulary_the_best_and_the_taken_are_listed() -> None:
    spec = parse_spec("sample")
    flat_V = np.log(np.full(200, 1 / 200))
    start = SearchStart(flat_V[None], None)
    chance = [np.random.default_rng(3)]
    names = [str(i) for i in range(200)]
    tracer = Tracer(spec.options, start, names, 1)
    frames = spec.decoder.search(lambda *_: pytest.fail("no step"), start, spec.options, 1, chance)
    ((traced,),) = [tracer.add(frame) for frame in frames]
    (row,) = traced.rows
    (taken,) = traced.hypotheses
    assert {token.token for token in row.tokens} == {*names[:10], taken.token}
    assert row.num_left == 200
    assert [token.fate for token in row.tokens if token.token == taken.token] == ["kept"]

"""The frames of a beam: each candidate of a step is kept, ended, or given up with a reason."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np
import pytest

from rnnlab.decoding import Frame, Options, Rows, parse_spec
from tests.toys.numeric import assert_close
from tests.toys.searches import (
    EOS,
    History,
    Tree,
    V,
    after,
    answers,
    figures,
    given_up,
    no_chance,
    run,
)

OPTIONS = [
    "k=3",
    "k=2,early=never",
    "k=3,early=full,length_penalty=2",
    "k=4,n=2,gap=1.2",
    "k=3,p=0.8",
    "k=2,repetition=1.5,temperature=0.7",
    "k=3,no_repeat=1",
    "k=40,top_k=2",
]
PROMPTS: list[History] = [(), (1,), (2, 0)]
Scored = tuple[History, float]


def candidates(frame: Frame, options: str, prompt: int = 0) -> list[Scored]:
    """Every text of a frame's step that a kept token extends, with its total, best first."""
    found = []
    for expansion in frame.expansions:
        for row, old in enumerate(expansion.hypotheses()):
            if old.prompt != prompt:
                continue
            is_filtered = "repetition" in options
            gains_V = (expansion.filtered_RV if is_filtered else expansion.log_probs_RV)[row]
            total = old.score * (1.0 if not old.length else scale(options, old.length))
            found += [
                ((*old.tokens(), token), total + float(gains_V[token]))
                for token in np.flatnonzero(expansion.filtered_RV[row] > -math.inf).tolist()
            ]
    return sorted(found, key=lambda text: -text[1])


def scale(options: str, length: int) -> float:
    return float(length**2) if "length_penalty=2" in options else 1.0


@pytest.fixture(params=OPTIONS)
def options(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def searches(options: str) -> Iterator[tuple[int, list[Frame]]]:
    for seed in range(6):
        yield seed, run(f"beam:{options}", Tree(seed), EOS, 7, PROMPTS)


def test_every_candidate_of_a_step_is_kept_or_ended_or_given_up_with_a_reason(options: str) -> None:
    """All candidates have one fate, except those below the 2k best, which are not listed."""
    spec = parse_spec(f"beam:{options}").options
    k = int(options[2:].partition(",")[0])
    is_whole = k == 40  # there is room for all that the filter leaves
    num_given_up = 0
    for _, frames in searches(options):
        for frame, following in itertools.pairwise(frames):
            assert all(why for _, why in frame.pruned)
            for prompt in range(len(PROMPTS)):
                all_ = candidates(frame, options, prompt)
                live = {
                    tuple(h.tokens())
                    for expansion in following.expansions
                    for h in expansion.hypotheses()
                    if h.prompt == prompt
                }
                shown = [h for h in frame.hypotheses if h.prompt == prompt]
                ended = {tuple(h.tokens()) for h in shown if h.is_finished}
                gone = [tuple(h.tokens()) for h in given_up(frame, prompt=prompt)]
                num_given_up += len(gone)
                assert len(set(gone)) == len(gone)
                assert live <= {tokens for tokens, _ in all_}
                assert not live & set(gone)
                assert not {tuple(h.tokens()) for h in shown} & set(gone)
                for tokens, total in all_[: 2 * k]:
                    if tokens in live or tokens in ended or tokens in gone:
                        continue
                    # An end that is not among the answers: they are enough, and better.
                    assert tokens[-1] == EOS
                    assert len(shown) == spec.num_answers()
                    assert total / scale(options, len(tokens)) <= shown[-1].score + 1e-9
    assert (num_given_up == 0) == is_whole


def test_no_text_is_given_up_twice_or_comes_back(options: str) -> None:
    for _, frames in searches(options):
        gone: set[tuple[int, History]] = set()
        for frame in frames:
            now = [(h.prompt, tuple(h.tokens())) for h in given_up(frame)]
            assert not gone & set(now)
            gone |= set(now)
            assert not gone & {(h.prompt, tuple(h.tokens())) for h in frame.hypotheses}


def test_a_text_that_has_ended_is_an_answer_or_given_up() -> None:
    """A finished text that better ones displace is listed as pruned."""
    num_displaced = 0
    for seed in range(20):
        frames = run("beam:k=2,length_penalty=2", Tree(seed), EOS, 12)
        if frames[-1].last != "ended":
            continue
        ended = {tuple(h.tokens()) for frame in frames for h in frame.hypotheses if h.is_finished}
        left = ended - set(answers(frames[-1]))
        gone = {tuple(h.tokens()) for frame in frames for h in given_up(frame)}
        assert left <= gone
        num_displaced += len(left)
    assert num_displaced > 0


def test_expansions_hold_the_distributions_from_which_the_tokens_came(options: str) -> None:
    parsed = parse_spec(f"beam:{options}").options
    for seed, frames in searches(options):
        start = Tree(seed).start(EOS, PROMPTS)
        for frame in frames:
            rows = {}
            for expansion in frame.expansions:
                old = expansion.hypotheses()
                assert expansion.log_probs_RV.shape == expansion.filtered_RV.shape
                assert len(old) == len(expansion.log_probs_RV)
                for row, hypothesis in enumerate(old):
                    history = (*PROMPTS[hypothesis.prompt], *hypothesis.tokens())
                    assert (expansion.log_probs_RV[row] == after(seed, history)).all()
                    alone_RV = parsed.filter(
                        after(seed, history)[None], Rows([hypothesis], start, parsed.last)
                    )
                    assert_close(expansion.filtered_RV[row], alone_RV[0], terms=V)
                    rows[id(hypothesis)] = (expansion.log_probs_RV[row], expansion.filtered_RV[row])
            for hypothesis in [*frame.hypotheses, *given_up(frame)]:
                if id(hypothesis.parent) in rows:  # it is new
                    log_probs_V, filtered_V = rows[id(hypothesis.parent)]
                    assert hypothesis.token_logprob == log_probs_V[hypothesis.token]
                    assert filtered_V[hypothesis.token] > -math.inf


def told(frame: Frame) -> object:
    return (
        figures(frame),
        [(sorted(h.tokens() for h in hypotheses()), why) for hypotheses, why in frame.pruned],
        [
            ([h.tokens() for h in e.hypotheses()], e.log_probs_RV.tolist(), e.filtered_RV.tolist())
            for e in frame.expansions
        ],
    )


def test_frames_looked_at_late_tell_what_they_told_at_once(options: str) -> None:
    parsed = parse_spec(f"beam:{options}")
    for seed, late in searches(options):
        tree = Tree(seed)
        start = tree.start(EOS, PROMPTS)
        search = parsed.decoder.search(tree.step, start, parsed.options, 7, no_chance(3))
        assert [told(frame) for frame in search] == [told(frame) for frame in late]


def test_the_chain_tells_how_the_search_ends() -> None:
    chains: dict[str, list[str]] = {
        "k=3": ["beam k=3", "rank by model probability"],
        "k=3,n=2": ["beam k=3", "rank by model probability", "best 2"],
        "early=full": ["beam k=5", "rank by model probability", "stop when k texts are finished"],
        "early=never": ["beam k=5", "rank by model probability", "never stop early"],
        "gap=1.5": ["beam k=5", "rank by model probability", "gap=1.5"],
        "length_penalty=0.6,penalty=wu": [
            "beam k=5",
            "rank by model probability",
            "length_penalty=0.6 (Wu)",
        ],
    }
    for options, chain in chains.items():
        made: Options = parse_spec(f"beam:{options}").options
        assert made.chain() == chain

"""Diverse beam search against a naive one, and by hand with three tokens."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pytest

from rnnlab.base.errors import BadInputError
from rnnlab.decoding import parse_spec
from tests.toys.searches import (
    EOS,
    PARTS,
    History,
    Tree,
    V,
    after,
    answers,
    figures,
    is_true_logprob,
    run,
    run_flat,
)

THREE = np.log([0.5, 0.3, 0.2])
Text = tuple[History, float]


@dataclass
class Group:
    """A beam in plain lists."""

    live: list[Text] = field(default_factory=lambda: [((), 0.0)])
    finished: list[Text] = field(default_factory=list)

    def grow(self, width: int, penalty: list[float], seed: int, eos: int | None) -> list[int]:
        """Extend by a token; return the tokens that were chosen."""
        grown = [
            (total + gain - penalty[token], (*tokens, token), total + gain)
            for tokens, total in self.live
            for token, gain in enumerate(after(seed, tokens).tolist())
        ]
        self.live, chosen = [], []
        for _, tokens, total in sorted(grown, reverse=True):
            if len(self.live) == width:
                break
            (self.finished if tokens[-1] == eos else self.live).append((tokens, total))
            chosen.append(tokens)
        self.finished = sorted(self.finished, key=lambda text: -text[1])[:width]
        best = max((total for _, total in self.live), default=-math.inf)
        if len(self.finished) == width and best <= self.finished[-1][1]:
            chosen = [tokens for tokens in chosen if tokens[-1] == eos]
            self.live = []
        return [tokens[-1] for tokens in chosen]


def naive(
    seed: int, eos: int | None, length: int, k: int, num_groups: int, diversity: float
) -> list[Text]:
    groups = [Group() for _ in range(num_groups)]
    for _ in range(length):
        penalty = [0.0] * V
        for group in groups:
            for token in group.grow(k // num_groups, penalty, seed, eos):
                penalty[token] += diversity
    found = {
        text
        for group in groups
        for text in sorted([*group.finished, *group.live], key=lambda text: -text[1])[
            : k // num_groups
        ]
    }
    return sorted(found, key=lambda text: -text[1])[:k]


@pytest.mark.parametrize("eos", [EOS, None])
@pytest.mark.parametrize("options", ["", ",n=2,length_penalty=1", ",gap=1.5", ",p=0.8,early=full"])
def test_one_group_is_a_beam_whatever_its_diversity(eos: int | None, options: str) -> None:
    for seed in range(5):
        spec = f"diverse-beam:k=4,groups=1,diversity=3{options}"
        diverse, beam = run(spec, Tree(seed), eos, 6), run(f"beam:k=4{options}", Tree(seed), eos, 6)
        assert list(map(figures, diverse)) == list(map(figures, beam))
        assert [frame.last for frame in diverse] == [frame.last for frame in beam]
        for one, other in zip(diverse, beam, strict=True):
            assert [reason for _, reason in one.pruned] == [reason for _, reason in other.pruned]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("k=2,groups=2,diversity=0", [0]),
        ("k=2,groups=2,diversity=0.5", [0]),  # 0.5 e^-0.5 = 0.303 > 0.3
        ("k=2,groups=2,diversity=0.52", [0, 1]),
        ("k=3,groups=3,diversity=0.5", [0, 1]),  # the third sees 0 chosen twice: 0.18 < 0.3
        ("k=3,groups=3,diversity=1", [0, 1, 2]),  # 0.184 < 0.3, then 0.184 and 0.11 < 0.2
        ("k=4,groups=2,diversity=1", [0, 1, 2]),  # 0 and 1, then 2 and, of 0.184 and 0.11, 0
    ],
)
def test_a_token_loses_the_diversity_for_each_time_it_was_chosen(
    spec: str, expected: list[int]
) -> None:
    frames, _ = run_flat(f"diverse-beam:{spec}", THREE, 1)
    assert answers(frames[-1]) == [(token,) for token in expected]
    # What an answer is ranked by knows nothing of it.
    assert [h.score for h in frames[-1].hypotheses] == [THREE[token] for token in expected]


def test_the_gap_is_measured_from_the_best_without_the_diversity() -> None:
    """In the second group 2 comes before 0, yet its score is log 0.4 below."""
    for gap, expected in ((1, [0, 1, 2]), (0.8, [0, 1])):
        frames, _ = run_flat(f"diverse-beam:k=4,groups=2,diversity=1,gap={gap}", THREE, 1)
        assert answers(frames[-1]) == [(token,) for token in expected]


def test_an_end_counts_as_chosen_too() -> None:
    frames, _ = run_flat("diverse-beam:k=2,groups=2,diversity=2,early=never", THREE, 1, eos=0)
    # The first group ends with 0 and goes on with 1: the second has both 2 nats lower.
    assert answers(frames[-1]) == [(0,), (2,)]


@pytest.mark.parametrize("eos", [EOS, None])
@pytest.mark.parametrize(("k", "groups"), [(2, 2), (4, 2), (6, 3)])
@pytest.mark.parametrize("diversity", [0, 0.5, 2])
def test_it_finds_what_a_naive_one_finds(
    eos: int | None, k: int, groups: int, diversity: float
) -> None:
    num_changed = 0
    for seed in range(8):
        spec = f"diverse-beam:k={k},groups={groups},diversity={diversity}"
        frames = run(spec, Tree(seed), eos, 5)
        expected = naive(seed, eos, 5, k, groups, diversity)
        assert answers(frames[-1]) == [tokens for tokens, _ in expected]
        # Both add the log-probs of a text in its order, from the first token on.
        assert [h.score for h in frames[-1].hypotheses] == [s for _, s in expected]
        num_changed += answers(frames[-1]) != answers(run(f"beam:k={k}", Tree(seed), eos, 5)[-1])
    assert num_changed > 0


@pytest.mark.parametrize("forgets", [None, *PARTS])
def test_the_state_follows_its_hypothesis(forgets: tuple[int, int] | None) -> None:
    is_right = []
    for seed in range(3):
        frames = run("diverse-beam:k=6,diversity=1", Tree(seed, forgets), None, 6)
        is_right += [is_true_logprob(seed, h) for frame in frames for h in frame.hypotheses]
    assert all(is_right) == (forgets is None)


def test_prompts_do_not_see_each_others_choices() -> None:
    prompts: list[History] = [(0, 1), (2,), ()]
    together = run("diverse-beam", Tree(3), EOS, 5, prompts)[-1]
    for number, prompt in enumerate(prompts):
        alone = run("diverse-beam", Tree(3), EOS, 5, [prompt])[-1]
        mine = [h for h in together.hypotheses if h.prompt == number]
        assert [h.tokens() for h in mine] == [h.tokens() for h in alone.hypotheses]


def test_all_groups_first_read_the_one_row_of_their_prompt() -> None:
    frames = run("diverse-beam:k=4,groups=2", Tree(1), None, 3, [(), (0,)])
    (first, second) = frames[0].expansions
    assert [len(first.log_probs_RV), len(first.hypotheses())] == [1, 1]
    assert [h.prompt for h in second.hypotheses()] == [1]
    parents = {h.parent for h in frames[0].hypotheses}
    assert parents == {*first.hypotheses(), *second.hypotheses()}
    assert all(len(e.hypotheses()) == len(e.log_probs_RV) == 4 for e in frames[1].expansions)


def test_groups_of_unequal_size_are_refused() -> None:
    with pytest.raises(BadInputError, match=r"k=5 is not a multiple of groups=3.*k=6"):
        parse_spec("diverse-beam:k=5")


def test_the_chain_names_groups_and_diversity() -> None:
    spec = parse_spec("diverse-beam:k=4,groups=2,early=full,n=3")
    assert spec.chain == [
        "diverse beam k=4: groups=2 of 2",
        "diversity=0.5",
        "rank by model probability",
        "stop a group when 2 texts are finished",
        "best 3",
    ]
    assert spec.options.num_answers() == 3
    assert not spec.decoder.is_random

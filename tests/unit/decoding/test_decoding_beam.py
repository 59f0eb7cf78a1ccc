"""Beam search on a tree of histories, small enough to be searched whole.

Shapes: R rows, V tokens of the vocabulary.
"""

from __future__ import annotations

import itertools
import math
import random
from functools import cache

import pytest
import torch
from torch import Tensor

from rnnlab.decoding import Frame, Hypothesis, Options, Start, parse_spec

State = tuple[tuple[Tensor, ...], ...]
History = tuple[int, ...]
V, EOS = 4, 3
PARTS = [(0, 0), (0, 1), (1, 0), (1, 1)]
"""h and c of two layers."""


@cache
def part_logits(seed: int, part: int, history: History) -> Tensor:
    chance = random.Random(f"{seed} {part} {history}")
    return torch.tensor([chance.gauss(0, 1) for _ in range(V)], dtype=torch.float64)


@cache
def log_probs_after(seed: int, histories: tuple[History, ...]) -> Tensor:
    """Log-probs [V] of the next token, to which each part of the state gives its share."""
    logits = [part_logits(seed, part, history) for part, history in enumerate(histories)]
    return torch.stack(logits).sum(0).log_softmax(0)


def after(seed: int, history: History) -> Tensor:
    return log_probs_after(seed, (history,) * len(PARTS))


class Tree:
    """A step whose state is the history: every part of it numbers the tokens read so far."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.rows_read: list[list[int]] = []
        """Tokens of each call of `step`."""
        self._numbers: dict[History, int] = {(): 0}
        self._histories: list[History] = [()]

    def start(self, eos: int | None, prompts: int = 1) -> Start:
        nothing = torch.zeros(prompts, 1, dtype=torch.int64)
        return Start(
            after(self.seed, ()).expand(prompts, V), ((nothing, nothing), (nothing, nothing)), eos
        )

    def step(self, state: State, tokens_R: Tensor) -> tuple[Tensor, State]:
        tokens = tokens_R.tolist()
        self.rows_read.append(tokens)
        grown = [self._grown(state[layer][part], tokens) for layer, part in PARTS]
        log_probs_RV = torch.stack(
            [log_probs_after(self.seed, histories) for histories in zip(*grown, strict=True)]
        )
        numbered = [self._number(histories) for histories in grown]
        return log_probs_RV, ((numbered[0], numbered[1]), (numbered[2], numbered[3]))

    def _grown(self, part_R1: Tensor, tokens: list[int]) -> list[History]:
        numbers = part_R1[:, 0].tolist()
        assert len(numbers) == len(tokens)
        return [(*self._histories[n], token) for n, token in zip(numbers, tokens, strict=True)]

    def _number(self, histories: list[History]) -> Tensor:
        for history in histories:
            if history not in self._numbers:
                self._numbers[history] = len(self._histories)
                self._histories.append(history)
        return torch.tensor([[self._numbers[history]] for history in histories])


def run(spec: str, tree: Tree, eos: int | None, length: int, prompts: int = 1) -> list[Frame]:
    parsed = parse_spec(spec)
    generators = [torch.Generator()] * prompts
    start = tree.start(eos, prompts)
    return list(parsed.decoder.search(tree.step, start, parsed.options, length, generators))


def answers(frame: Frame) -> list[History]:
    return [tuple(hypothesis.tokens()) for hypothesis in frame.hypotheses]


def true_logprob(seed: int, tokens: History) -> float:
    return math.fsum(after(seed, tokens[:i])[token].item() for i, token in enumerate(tokens))


def brute_force(
    seed: int, eos: int | None, length: int, penalty: float = 0.0
) -> list[tuple[History, float]]:
    """All texts with their scores, best first."""
    found = []
    for size in range(1, length + 1):
        for tokens in itertools.product(range(V), repeat=size):
            is_finished = tokens[-1] == eos
            if eos in tokens[:-1] or (size < length and not is_finished):
                continue
            found.append((tokens, true_logprob(seed, tokens) / size**penalty))
    return sorted(found, key=lambda text: -text[1])


@pytest.mark.parametrize("eos", [EOS, None])
@pytest.mark.parametrize("options", ["", ",length_penalty=1", ",rank=filtered,temperature=0.6"])
def test_a_beam_of_one_is_greedy(eos: int | None, options: str) -> None:
    num_finished = 0
    for seed in range(25):
        greedy = run("greedy", Tree(seed), eos, 6)
        beam = run(f"beam:k=1{options}", Tree(seed), eos, 6)
        assert answers(beam[-1]) == answers(greedy[-1])
        assert len(beam) == len(greedy)
        num_finished += beam[-1].hypotheses[0].is_finished
    assert num_finished == 0 if eos is None else 5 < num_finished < 25


@pytest.mark.parametrize("penalty", [0, 0.7, 1, 2])
@pytest.mark.parametrize("eos", [EOS, None])
def test_a_beam_as_wide_as_the_tree_ranks_all_texts_as_brute_force(
    eos: int | None, penalty: float
) -> None:
    for seed in (1, 2):
        expected = brute_force(seed, eos, 4, penalty)
        width = len(expected) + 1  # with as many finished ones as asked for it would end early
        frames = run(f"beam:k={width},length_penalty={penalty}", Tree(seed), eos, 4)
        found = frames[-1].hypotheses
        assert answers(frames[-1]) == [tokens for tokens, _ in expected]
        assert [h.score for h in found] == pytest.approx([score for _, score in expected])


def test_without_a_length_penalty_the_search_ends_once_no_live_text_can_win() -> None:
    num_early = 0
    for seed in range(6):
        frames = run("beam:k=5", Tree(seed), EOS, 7)
        if len(frames) < 7:
            num_early += 1
            assert all(hypothesis.is_finished for hypothesis in frames[-1].hypotheses)
            wide = run("beam:k=200", Tree(seed), EOS, 7)
            assert answers(frames[-1])[0] == answers(wide[-1])[0]
    assert num_early > 1


def test_the_first_step_expands_one_hypothesis_only() -> None:
    tree = Tree(3)
    frames = run("beam:k=3", tree, None, 3)
    first = after(3, ()).argsort(descending=True)[:3].tolist()
    assert answers(frames[0]) == [(token,) for token in first]
    assert tree.rows_read[0] == first


@pytest.mark.parametrize("width", [1, 2, 3, 5])
def test_eos_cannot_starve_the_beam(width: int) -> None:
    """A probable end at every step: still so many hypotheses go on as the tree has room for."""
    tree = Tree(0)
    likely_eos = torch.tensor([0.03, 0.04, 0.03, 0.9], dtype=torch.float64).log()
    calls = []

    def step(state: State, tokens_R: Tensor) -> tuple[Tensor, State]:
        calls.append(tokens_R.tolist())
        return likely_eos.expand(len(tokens_R), V), state

    start = tree.start(EOS)._replace(log_probs_PV=likely_eos[None])
    spec = parse_spec(f"beam:k={width}")
    frames = list(spec.decoder.search(step, start, spec.options, 4, [torch.Generator()]))
    assert [len(tokens) for tokens in calls] == [
        min(width, 3 ** (i + 1)) for i in range(len(calls))
    ]
    assert not any(EOS in tokens for tokens in calls)
    # The best texts are those that end soonest, and there are as many as asked for.
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


def has_true_logprobs(seed: int, hypotheses: list[Hypothesis]) -> bool:
    return all(
        math.isclose(h.logprob, true_logprob(seed, tuple(h.tokens())), abs_tol=1e-9)
        for h in hypotheses
    )


@pytest.mark.parametrize("eos", [EOS, None])
def test_the_state_follows_its_hypothesis(eos: int | None) -> None:
    for seed in range(5):
        frames = run("beam:k=5", Tree(seed), eos, 8)
        assert has_true_logprobs(seed, [h for frame in frames for h in frame.hypotheses])


@pytest.mark.parametrize("forgotten", PARTS)
def test_the_test_above_notices_any_part_that_is_not_reordered(forgotten: tuple[int, int]) -> None:
    layer, part = forgotten
    tree = Tree(1)
    last: State | None = None

    def step(state: State, tokens_R: Tensor) -> tuple[Tensor, State]:
        nonlocal last
        if last is not None:  # put the rows of one part back into their old order
            layers = [list(parts) for parts in state]
            old = last[layer][part][: len(tokens_R)]
            layers[layer][part] = torch.cat([old, layers[layer][part][len(old) :]])
            state = tuple(tuple(parts) for parts in layers)
        log_probs_RV, last = tree.step(state, tokens_R)
        return log_probs_RV, last

    spec = parse_spec("beam:k=5")
    frames = list(spec.decoder.search(step, tree.start(None), spec.options, 8, [torch.Generator()]))
    assert not has_true_logprobs(1, frames[-1].hypotheses)


def test_prompts_searched_together_keep_their_states_apart() -> None:
    alone = run("beam:k=3", Tree(4), EOS, 6)[-1].hypotheses
    together = run("beam:k=3", Tree(4), EOS, 6, prompts=3)[-1].hypotheses
    for prompt in range(3):
        mine = [(h.tokens(), h.score) for h in together if h.prompt == prompt]
        assert mine == [(h.tokens(), h.score) for h in alone]


def test_scores_of_long_texts_do_not_drift_from_their_logprobs() -> None:
    random_V = torch.rand(V, generator=torch.Generator().manual_seed(1)).log_softmax(0)

    def step(state: State, tokens_R: Tensor) -> tuple[Tensor, State]:
        return random_V.expand(len(tokens_R), V), state

    spec = parse_spec("beam:k=4")
    start = Start(random_V[None], ((torch.zeros(1, 1),),))
    assert random_V.dtype == torch.float32
    *_, last = spec.decoder.search(step, start, spec.options, 300, [torch.Generator()])
    for hypothesis in last.hypotheses:
        exact = math.fsum(hypothesis.token_logprobs())
        assert hypothesis.score == pytest.approx(exact, abs=1e-9)
        assert hypothesis.logprob == pytest.approx(exact, abs=1e-9)


# Nucleus beam


def nucleus(log_probs_V: Tensor, p: float) -> list[int]:
    kept: list[int] = []
    mass = 0.0
    for token in log_probs_V.argsort(descending=True).tolist():
        if mass >= p:
            break
        kept.append(token)
        mass += log_probs_V[token].exp().item()
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


def test_a_nucleus_of_one_token_leaves_one_hypothesis() -> None:
    for seed in range(5):
        frames = run("nucleus-beam:k=5,p=0.01", Tree(seed), None, 5)
        assert answers(frames[-1]) == answers(run("greedy", Tree(seed), None, 5)[-1])


def nucleus_score(seed: int, tokens: History, p: float) -> float:
    """Log-prob within the nucleus, renormalised over it."""
    score = 0.0
    for i, token in enumerate(tokens):
        log_probs_V = after(seed, tokens[:i])
        mass = math.fsum(log_probs_V[kept].exp().item() for kept in nucleus(log_probs_V, p))
        score += log_probs_V[token].item() - math.log(mass)
    return score


@pytest.mark.parametrize("eos", [EOS, None])
def test_a_nucleus_beam_ranks_by_the_model_or_by_the_nucleus(eos: int | None) -> None:
    for seed in range(5):
        for hypothesis in run("beam:k=4,p=0.7", Tree(seed), eos, 5)[-1].hypotheses:
            assert hypothesis.score == pytest.approx(true_logprob(seed, tuple(hypothesis.tokens())))
        for hypothesis in run("beam:k=4,p=0.7,rank=filtered", Tree(seed), eos, 5)[-1].hypotheses:
            tokens = tuple(hypothesis.tokens())
            assert hypothesis.score == pytest.approx(nucleus_score(seed, tokens, 0.7), abs=1e-9)
            assert hypothesis.logprob == pytest.approx(true_logprob(seed, tokens))


@pytest.mark.parametrize(("rank", "best"), [("model", [0, 0]), ("filtered", [1, 0])])
def test_the_two_rankings_can_disagree(rank: str, best: list[int]) -> None:
    """After 0 the nucleus is wide and shares its mass; after 1 it is a single token.

    By the model 0.5 x 0.65 beats 0.4 x 0.8; within the nuclei (p = 0.79) 5/9 x 13/17 loses to 4/9.
    """
    rows = torch.tensor([[0.65, 0.15, 0.20], [0.80, 0.10, 0.10], [0.4, 0.3, 0.3]]).log()

    def step(state: State, tokens_R: Tensor) -> tuple[Tensor, State]:
        return rows[tokens_R], state

    spec = parse_spec(f"nucleus-beam:k=2,p=0.79,rank={rank}")
    start = Start(torch.tensor([[0.5, 0.4, 0.1]]).log(), ((torch.zeros(1, 1),),))
    *_, last = spec.decoder.search(step, start, spec.options, 2, [torch.Generator()])
    assert last.hypotheses[0].tokens() == best


def test_the_nucleus_beam_is_the_beam_with_a_nucleus() -> None:
    for seed in range(5):
        named, spelled = (
            run(spec, Tree(seed), EOS, 6) for spec in ("nucleus-beam:k=3", "beam:k=3,p=0.9")
        )
        assert list(map(answers, named)) == list(map(answers, spelled))


def test_options_are_frozen() -> None:
    options: Options = parse_spec("beam").options
    with pytest.raises(ValueError, match="frozen"):
        options.p = 0.5  # type: ignore[misc]

"""Mirostat against its formula, token by token, and its mean surprise over a long text."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from rnnlab.decoding import Frame, SearchStart, parse_spec
from tests.toys.searches import EOS, Array, History, Tree, after, answers, log_softmax, run

ZIPF = log_softmax(-1.5 * np.log(np.arange(1, 51)))
"""50 tokens: 2.3 nats, of which the first has 0.85."""


def write(spec: str, log_probs_V: Array, length: int, seed: int = 1) -> Frame:
    def step(state: None, parents_R: Array, tokens_R: Array) -> tuple[Array, None]:
        return log_probs_V[None], None

    parsed = parse_spec(spec)
    start = SearchStart(log_probs_V[None], None)
    chance = [np.random.default_rng(seed)]
    *_, last = parsed.decoder.search(step, start, parsed.options, length, chance)
    return last


def naive(seed: int, tau: float, rate: float, length: int, chance_seed: int) -> History:
    chance = np.random.default_rng(chance_seed)
    bar = 2 * tau
    tokens: History = ()
    while len(tokens) < length and tokens[-1:] != (EOS,):
        log_probs = after(seed, tokens).tolist()
        best = log_probs.index(max(log_probs))
        kept = {t: math.exp(x) for t, x in enumerate(log_probs) if -x <= bar or t == best}
        goal = chance.random() * sum(kept.values())
        masses = itertools.accumulate(kept.values())
        token = next(t for t, mass in zip(kept, masses, strict=True) if mass > goal)
        bar -= rate * (-log_probs[token] - tau)
        tokens = (*tokens, token)
    return tokens


@pytest.mark.parametrize(("tau", "rate"), [(1.0, 0.1), (0.6, 1.0), (0.3, 0.5)])
def test_it_writes_what_a_naive_loop_writes(tau: float, rate: float) -> None:
    texts = set()
    num_changed = 0
    for seed in range(30):
        parsed = parse_spec(f"mirostat:tau={tau},rate={rate}")
        tree = Tree(seed)
        chance = [np.random.default_rng(9)]
        *_, last = parsed.decoder.search(tree.step, tree.start(EOS), parsed.options, 12, chance)
        assert answers(last) == [naive(seed, tau, rate, 12, 9)]
        texts.update(answers(last))
        num_changed += answers(last) != [naive(seed, 100, rate, 12, 9)]
    assert len(texts) > 10
    assert num_changed > 2


@pytest.mark.parametrize("tau", [1.4, 2.0])
@pytest.mark.parametrize("filters", ["", ",temperature=1.3"])
def test_the_mean_surprise_of_a_long_text_is_the_target(tau: float, filters: str) -> None:
    length, rate = 1500, 0.1
    (text,) = write(f"mirostat:tau={tau}{filters}", ZIPF, length).hypotheses
    # By the rule the sum of errors is what the bar has moved, over the rate: at most as far as to
    # the surprise of the rarest token. The score is the surprise under the filters.
    assert abs(-text.score / length - tau) < -ZIPF.min() / (rate * length)
    (plain,) = write(f"sample:p=1{filters}", ZIPF, length).hypotheses
    assert -plain.score / length > 2.2


def test_a_target_out_of_reach_leaves_the_most_probable_token() -> None:
    (text,) = write("mirostat:tau=0.01", ZIPF, 50).hypotheses
    assert text.tokens() == [0] * 50


def test_each_row_has_a_bar_of_its_own() -> None:
    prompts: list[History] = [(0,), (1, 2), (2, 2, 0)]
    spec = parse_spec("mirostat:tau=0.7,rate=1")

    def texts(numbers: list[int]) -> list[History]:
        tree = Tree(5)
        start = tree.start(None, [prompts[i] for i in numbers])
        chance = [np.random.default_rng(i) for i in numbers]
        *_, last = spec.decoder.search(tree.step, start, spec.options, 20, chance)
        return answers(last)

    assert texts([0, 1, 2]) == [texts([i])[0] for i in range(3)]


def test_a_row_goes_on_below_its_bar_after_another_has_ended() -> None:
    """Seven rows of one tree end one after another; each is as if it were alone."""
    spec = parse_spec("mirostat:tau=0.9,rate=1")
    tree = Tree(2)
    chance = [np.random.default_rng(i) for i in range(7)]
    start = tree.start(EOS, [()] * 7)
    *_, last = spec.decoder.search(tree.step, start, spec.options, 15, chance)
    assert answers(last) == [naive(2, 0.9, 1.0, 15, i) for i in range(7)]
    assert len({len(text) for text in answers(last)}) > 2


def test_filters_come_first() -> None:
    for frame in run("mirostat:top_k=1", Tree(4), EOS, 8), run("greedy", Tree(4), EOS, 8):
        assert answers(frame[-1]) == answers(run("greedy", Tree(4), EOS, 8)[-1])


def test_the_chain_names_target_and_rate() -> None:
    spec = parse_spec("mirostat:tau=2,rate=0.2,eta=0.01")
    assert spec.chain == ["eta=0.01", "mirostat tau=2 rate=0.2", "sample"]
    assert spec.decoder.is_random
    assert spec.options.num_answers() == 1

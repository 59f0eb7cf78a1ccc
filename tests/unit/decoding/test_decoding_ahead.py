"""A writer that takes several steps in one call gives the same frames as single steps.

It does so even if it is wrong: the search checks each of its choices.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from rnnlab.decoding import (
    FILTERS,
    BeamRules,
    BeamStep,
    Filtering,
    Goals,
    LiveBeam,
    SearchStart,
    Writer,
    Written,
    WrittenBeams,
    draw_at,
    parse_spec,
)
from tests.toys.searches import EOS, Array, Tree, V

PROMPTS: list[tuple[int, ...]] = [(), (1,), (2, 0), (0, 0, 1)]
LENGTH = 11


class AheadTree(Tree):
    """A tree that is also its own `Writer`: step by step, in the writer's own order.

    Its beams have no stop criterion, and it applies no filter: both are often wrong. So is one in
    `wrong_every` of its choices, if this is set.
    """

    def __init__(self, seed: int, stretch: int, wrong_every: int = 0) -> None:
        super().__init__(seed)
        self.most, self.wrong_every, self.num_chosen = stretch, wrong_every, 0
        self.filters = frozenset(FILTERS) - {"ban"}
        self.lengths: list[int] = []
        """Steps of each call of `write` or `write_beams`."""

    def stretch(self, num_rows: int) -> int:
        assert num_rows > 0
        return self.most

    def write(
        self, state: Any, parents_R: Array, log_probs_RV: Array, num: int, goals_TR: Goals,
        eos: int | None, filtering: Filtering | None,
    ) -> Written:  # fmt: skip
        assert 0 < num <= self.most
        tokens, after = [], []
        has_ended_R = np.zeros(len(parents_R), dtype=bool)
        for t in range(num):
            tokens_R = log_probs_RV.argmax(-1)
            if goals_TR is not None:
                tokens_R = draw_at(log_probs_RV, goals_TR[t])
            if filtering and self._is_wrong():
                tokens_R = (tokens_R + 1) % V
            log_probs_RV, state = self.step(state, parents_R, tokens_R)
            parents_R = np.arange(len(tokens_R))
            tokens.append(tokens_R)
            after.append(log_probs_RV)
            has_ended_R |= tokens_R == eos
            if has_ended_R.all():
                break
        self.lengths.append(len(tokens))
        return Written(np.stack(tokens), np.stack(after), state)

    def write_beams(
        self, state: Any, log_probs_RV: Array, num: int, length: int, rules: BeamRules,
        beams: Sequence[LiveBeam], filtering: Filtering | None,
    ) -> WrittenBeams:  # fmt: skip
        totals_P = [beam.totals_R for beam in beams]
        steps_TP, after, dropped = [], [], []
        for _ in range(num):
            steps_P, parents, tokens, first = [], [], [], 0
            dropped.append(np.zeros(log_probs_RV.shape, dtype=bool))
            for number, totals_R in enumerate(totals_P):
                rows_RV = log_probs_RV[first : first + len(totals_R)]
                sums = (rows_RV + totals_R[:, None]).reshape(-1)
                best = np.argsort(-sums, kind="stable")[: 2 * rules.width]
                best = best[sums[best] > -np.inf]
                rows_N, tokens_N = np.divmod(best, V)
                live_N = np.flatnonzero(tokens_N != rules.eos)[: rules.width]
                if self._is_wrong():
                    live_N = live_N[:-1]
                steps_P.append(
                    BeamStep(
                        rows_N,
                        tokens_N,
                        rows_RV.reshape(-1)[best],
                        sums[best],
                        len(live_N),
                        may_end=rules.eos is not None,
                    )
                )
                parents.append(rows_N[live_N] + first)
                tokens.append(tokens_N[live_N])
                first += len(totals_R)
                totals_P[number] = sums[best][live_N]
            steps_TP.append(steps_P)
            tokens_R = np.concatenate(tokens)
            if not len(tokens_R):
                break
            log_probs_RV, state = self.step(state, np.concatenate(parents), tokens_R)
            after.append(log_probs_RV)
        self.lengths.append(len(steps_TP))
        return WrittenBeams(steps_TP, after, dropped if filtering else (), state)

    def _is_wrong(self) -> bool:
        self.num_chosen += 1
        return bool(self.wrong_every) and self.num_chosen % self.wrong_every == 0


def begun(tree: Tree, eos: int | None, writer: Writer | None) -> SearchStart:
    pieces = [*"abc", "" if eos is not None else "d"]
    return tree.start(eos, PROMPTS, pieces)._replace(writer=writer)


def frames(spec: str, tree: Tree, start: SearchStart, length: int = LENGTH) -> list[Any]:
    """All frames of a search, as plain values, read when the search is over."""
    parsed = parse_spec(spec)
    generators = [np.random.default_rng([7, row]) for row in range(len(PROMPTS))]
    found = list(parsed.decoder.search(tree.step, start, parsed.options, length, generators))
    return [
        (
            frame.last,
            [(h.tokens(), h.token_logprobs(), h.score, h.end) for h in frame.hypotheses],
            [
                ([h.tokens() for h in e.hypotheses()], e.log_probs_RV.tolist(),
                 e.filtered_RV.tolist())
                for e in frame.expansions
            ],
            [([h.tokens() for h in choose()], reason) for choose, reason in frame.pruned],
        )
        for frame in found
    ]  # fmt: skip


@pytest.mark.parametrize(("stretch", "wrong_every"), [(1, 0), (3, 5), (50, 0)])
@pytest.mark.parametrize("eos", [None, EOS])
@pytest.mark.parametrize(
    "spec",
    [
        "greedy", "sample", "first-sample", 'sample:stop="ab"', "sample:max_length=4",
        "sample:p=0.6", "sample:repetition=2,temperature=1.5", "greedy:frequency=1,last=3",
        'sample:top_k=3,stop="ca"', "beam:k=3", "beam:k=4,n=2,gap=1", "beam:k=2,length_penalty=1",
        "beam:k=3,p=0.7", "beam:k=3,early=full",
    ],
)  # fmt: skip
def test_the_frames_are_those_of_single_steps(
    spec: str, eos: int | None, stretch: int, wrong_every: int
) -> None:
    for seed in range(2):
        tree = AheadTree(seed, stretch, wrong_every)
        ahead = frames(spec, tree, begun(tree, eos, tree))
        assert tree.lengths or (stretch == 1 and "=" in spec), "the writer was never asked"
        single = Tree(seed)
        assert ahead == frames(spec, single, begun(single, eos, None))


@pytest.mark.parametrize("length", [1, 2, 3])
def test_no_step_is_taken_after_the_last_token(length: int) -> None:
    tree = AheadTree(0, 50)
    frames("greedy", tree, begun(tree, None, tree), length)
    assert len(tree.rows_read) == length - 1


@pytest.mark.parametrize(
    "spec", ["greedy:ban=a", "mirostat", 'beam:stop="ab"', "beam:presence=1", "diverse-beam"]
)
def test_what_a_filter_or_a_search_has_to_see_is_never_written_ahead(spec: str) -> None:
    tree = AheadTree(0, 50)
    frames(spec, tree, begun(tree, EOS, tree))
    assert not tree.lengths


def test_a_step_that_leaves_tokens_out_is_never_written_ahead() -> None:
    tree = AheadTree(0, 50)
    frames("sample", tree, begun(tree, EOS, tree)._replace(leaves_out=True))
    assert not tree.lengths


def test_rows_that_ended_are_not_written_on() -> None:
    """Row 0 ends with a stop string, which a writer does not know: the next call omits the row."""
    table_VV = np.full((V, V), -50.0)
    table_VV[0, 1] = table_VV[1, 1] = table_VV[2, 2] = 0.0
    asked: list[int] = []

    class Flat(AheadTree):
        def step(self, state: Any, parents_R: Array, tokens_R: Array) -> tuple[Array, Any]:
            return table_VV[tokens_R], state

        def stretch(self, num_rows: int) -> int:
            asked.append(num_rows)
            return super().stretch(num_rows)

    tree = Flat(0, 2)
    start = SearchStart(table_VV[[0, 2]], None, None, pieces=[*"abcd"], writer=tree)
    spec = parse_spec('greedy:stop="bb"')
    *_, last = spec.decoder.search(tree.step, start, spec.options, 9, [np.random.default_rng()] * 2)
    assert [h.tokens() for h in last.hypotheses] == [[1, 1], [2] * 9]
    assert asked[0] == 2
    assert set(asked[1:]) == {1}

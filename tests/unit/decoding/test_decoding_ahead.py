"""A writer that takes several steps in one call gives the same frames as single steps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rnnlab.decoding import Goals, SearchStart, Writer, Written, draw, parse_spec
from tests.toys.searches import EOS, Array, Tree, V

PROMPTS: list[tuple[int, ...]] = [(), (1,), (2, 0), (0, 0, 1)]
LENGTH = 11


class AheadTree(Tree):
    """A tree that is also its own `Writer`: step by step, in the writer's own order."""

    def __init__(self, seed: int, stretch: int) -> None:
        super().__init__(seed)
        self.most = stretch
        self.lengths: list[int] = []
        """Steps of each call of `write`."""

    def stretch(self, num_rows: int) -> int:
        assert num_rows > 0
        return self.most

    def write(
        self, state: Any, parents_R: Array, log_probs_RV: Array, num: int, goals_TR: Goals,
        eos: int | None,
    ) -> Written:  # fmt: skip
        assert 0 < num <= self.most
        tokens, after = [], []
        has_ended_R = np.zeros(len(parents_R), dtype=bool)
        for t in range(num):
            tokens_R = log_probs_RV.argmax(-1)
            if goals_TR is not None:
                tokens_R = draw(log_probs_RV, range(len(tokens_R)), [_At(g) for g in goals_TR[t]])
            log_probs_RV, state = self.step(state, parents_R, tokens_R)
            parents_R = np.arange(len(tokens_R))
            tokens.append(tokens_R)
            after.append(log_probs_RV)
            has_ended_R |= tokens_R == eos
            if has_ended_R.all():
                break
        self.lengths.append(len(tokens))
        return Written(np.stack(tokens), np.stack(after), state)


class _At(np.random.Generator):
    """A generator that always returns one number."""

    def __init__(self, goal: float) -> None:
        super().__init__(np.random.PCG64(0))
        self._goal = goal

    def random(self, *_: object, **__: object) -> float:  # type: ignore[override]
        return self._goal


def begun(tree: Tree, eos: int | None, writer: Writer | None) -> SearchStart:
    pieces = [*"abc", "" if eos is not None else "d"]
    return tree.start(eos, PROMPTS, pieces)._replace(writer=writer)


def frames(spec: str, tree: Tree, start: SearchStart, length: int = LENGTH) -> list[Any]:
    """All frames of a search, as plain values."""
    parsed = parse_spec(spec)
    generators = [np.random.default_rng([7, row]) for row in range(len(PROMPTS))]
    found = []
    for frame in parsed.decoder.search(tree.step, start, parsed.options, length, generators):
        (seen,) = frame.expansions
        found.append(
            (
                frame.last,
                [(h.tokens(), h.token_logprobs(), h.score, h.end) for h in frame.hypotheses],
                [h.tokens() for h in seen.hypotheses()],
                seen.log_probs_RV.tolist(),
                seen.filtered_RV.tolist(),
            )
        )
    return found


@pytest.mark.parametrize("stretch", [1, 2, 3, 50])
@pytest.mark.parametrize("eos", [None, EOS])
@pytest.mark.parametrize(
    "spec", ["greedy", "sample", "first-sample", 'sample:stop="ab"', "sample:max_length=4"]
)
def test_the_frames_are_those_of_single_steps(spec: str, eos: int | None, stretch: int) -> None:
    for seed in range(6):
        tree = AheadTree(seed, stretch)
        ahead = frames(spec, tree, begun(tree, eos, tree))
        assert tree.lengths, "the writer was never asked"
        single = Tree(seed)
        assert ahead == frames(spec, single, begun(single, eos, None))


@pytest.mark.parametrize("length", [1, 2, 3])
def test_no_step_is_taken_after_the_last_token(length: int) -> None:
    tree = AheadTree(0, 50)
    frames("greedy", tree, begun(tree, None, tree), length)
    assert len(tree.rows_read) == length - 1


@pytest.mark.parametrize("spec", ["sample:temperature=0.5", "greedy:ban=a", "mirostat"])
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
